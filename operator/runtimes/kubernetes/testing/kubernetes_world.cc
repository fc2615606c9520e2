// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/kubernetes/testing/kubernetes_world.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/check.h"
#include "common/concat.h"
#include "common/exit_code.h"
#include "operator/kubernetes/config.h"
#include "operator/plan/testing/broker_content.h"
#include "operator/runtimes/kubernetes/pod_state.h"

namespace petrel::ops {

using k8s::Json;

namespace {

const k8s::ObjectKey kCluster{"ns", "c"};

}  // namespace

// As an informer that is never behind: with the label that informers select by.
class KubernetesWorld::Cache final : public ChildCache {
 public:
  explicit Cache(const k8s::testing::FakeApiServer& server) : server_(server) {}

  std::shared_ptr<const Json> get(const k8s::ResourceType& type,
                                  const k8s::ObjectKey& key) const override {
    const auto object = server_.find(type, key);
    return object != nullptr && is_managed(*object) ? object : nullptr;
  }
  std::vector<std::shared_ptr<const Json>> list(const k8s::ResourceType& type,
                                                std::string_view in) const override {
    auto objects = server_.all(type);
    std::erase_if(objects, [&](const auto& object) {
      return !is_managed(*object) || k8s::key_of(*object).resource_namespace != in;
    });
    return objects;
  }
  void observe_write(const k8s::ResourceType&, const Json&) override {}
  void observe_removal(const k8s::ResourceType&, const k8s::ObjectKey&, std::string_view) override {
  }

 private:
  static bool is_managed(const Json& object) {
    return k8s::label_of(object, "app.kubernetes.io/managed-by") == "petrel-operator";
  }
  const k8s::testing::FakeApiServer& server_;
};

class KubernetesWorld::Brokers final : public ClusterBrokers {
 public:
  explicit Brokers(KubernetesWorld& world) : world_(world) {}

  void set(const std::map<MemberId, Address>& brokers) override { brokers_ = brokers; }

  std::map<MemberId, std::shared_ptr<const BrokerContent>> contents() override {
    std::map<MemberId, std::shared_ptr<const BrokerContent>> result;
    for (const auto& [id, address] : brokers_) {
      if (address.ready) {
        if (BrokerContent& of_id = content(id); of_id.store_id.empty()) {
          const std::string claim = ClusterNames{.cluster = kCluster}.claim(id);
          of_id.store_id =
              concat("store-", k8s::uid_of(world_.object(k8s::kPersistentVolumeClaims, claim)));
        }
        result[id] = std::make_shared<BrokerContent>(content(id));
      }
    }
    return result;
  }

  absl::Status write(const Action& action) override {
    PETREL_CHECK(brokers_.at(action.member).ready);
    apply_content(action, content(action.member));
    return absl::OkStatus();
  }

 private:
  BrokerContent& content(const MemberId& id) {
    return world_.contents[ClusterNames{.cluster = kCluster}.pod(id)];
  }

  KubernetesWorld& world_;
  std::map<MemberId, Address> brokers_;
};

KubernetesWorld::KubernetesWorld() : server({.clock = &clock}) {
  k8s::ClientConfig config;
  config.server = server.url();
  auto transport = k8s::make_http_transport(config, {}, clock);
  PETREL_CHECK_OK(transport);
  transport_ = *std::move(transport);
  k8s::ApiClient::Options options;
  options.field_manager = "petrel-operator";
  options.attempts_max = 1;
  api_ = std::make_unique<k8s::ApiClient>(*transport_, clock, std::move(options));
  cache_ = std::make_unique<Cache>(server);
  brokers_ = std::make_unique<Brokers>(*this);
  server.put(k8s::kNamespaces, {{"metadata", {{"name", "ns"}}}});
  server.hold_deletions(k8s::kPods);
  server.serve(kPetrelClusters);
  document_is_made_again();
}

KubernetesWorld::~KubernetesWorld() = default;

void KubernetesWorld::restart_operator() {
  runtime_ =
      std::make_unique<KubernetesRuntime>(kCluster, KubernetesRuntime::Parts{.api = *api_,
                                                                             .cache = *cache_,
                                                                             .brokers = *brokers_,
                                                                             .clock = clock,
                                                                             .defaults = defaults});
}

void KubernetesWorld::document_is_made_again() {
  uid = concat("document-", ++documents_);
  server.put(kPetrelClusters, {{"apiVersion", "petrel.io/v1alpha1"},
                               {"kind", "PetrelCluster"},
                               {"metadata", {{"namespace", "ns"}, {"name", "c"}, {"uid", uid}}}});
  restart_operator();
}

void KubernetesWorld::annotate(std::string_view annotation, const Json& text) {
  server.edit(kPetrelClusters, kCluster,
              {{"metadata", {{"annotations", {{std::string(annotation), text}}}}}});
}

std::string KubernetesWorld::annotation(std::string_view name) const {
  return k8s::annotation_of(*server.find(kPetrelClusters, kCluster), name);
}

void KubernetesWorld::declare(std::shared_ptr<const DeclaredCluster> cluster) {
  desired.cluster = std::move(cluster);
}

KubernetesWorld::Round KubernetesWorld::round() {
  Round round;
  desired.members = runtime_->declare(*desired.cluster, *server.find(kPetrelClusters, kCluster));
  auto snapshot = runtime_->observe();
  PETREL_CHECK_OK(snapshot);
  round.snapshot = *std::move(snapshot);
  round.plan = decide(desired, round.snapshot);
  for (const Action& action : round.plan.actions) {
    round.failures += action.kind != ActionKind::kForgetDocument && !runtime_->act(action).ok();
  }
  return round;
}

KubernetesWorld::Round KubernetesWorld::settle() {
  constexpr int kRoundsMax = 200;
  // What is refused never converges. A Pod that ended is waited for so many rounds.
  constexpr int kQuietRounds = kReplaceAfterMs / 1000 + 2;
  Round last;
  int quiet = 0;
  for (int i = 0; i < kRoundsMax && quiet < kQuietRounds; ++i) {
    last = round();
    kubelets();
    quiet = last.plan.actions.empty() ? quiet + 1 : 0;
    if (last.plan.converged()) {
      break;
    }
  }
  return last;
}

// Whether the Pod is one that only looks at a configuration; it has ended then.
bool KubernetesWorld::run_check(const Json& pod_object) {
  const Json arguments =
      pod_object.value(Json::json_pointer("/spec/containers/0/args"), Json::array());
  if (arguments.empty() || arguments.back() != "--check-config") {
    return false;
  }
  const std::string config =
      object(k8s::kConfigMaps,
             pod_object["spec"]["volumes"][0]["configMap"]["name"])["data"]["config.yaml"];
  const bool good = refused.empty() || config.find(refused) == std::string::npos;
  server.set_status(
      k8s::kPods, k8s::key_of(pod_object),
      {{"phase", good ? "Succeeded" : "Failed"},
       {"containerStatuses",
        Json::array(
            {{{"state",
               {{"terminated",
                 {{"exitCode", good ? 0 : 2},
                  {"message", "petrel-broker: there is no key x\nTry it --help\n"}}}}}}})}});
  ++checks_run;
  return true;
}

void KubernetesWorld::kubelets() {
  clock.advance_ms(1000);
  int not_ready = 0;
  for (const auto& pod_object : server.all(k8s::kPods)) {
    const k8s::ObjectKey key = k8s::key_of(*pod_object);
    if (k8s::is_deleting(*pod_object)) {
      server.finish_deletion(k8s::kPods, key);
      not_ready += key.name.ends_with("-check") ? 0 : 1;
      continue;
    }
    if (is_dead(*pod_object) || run_check(*pod_object)) {
      continue;
    }
    const bool ready = !broken.contains(key.name) && !strangers.contains(key.name);
    if (strangers.contains(key.name)) {
      server.set_status(k8s::kPods, key,
                        {{"containerStatuses",
                          Json::array({{{"restartCount", 1},
                                        {"lastState",
                                         {{"terminated",
                                           {{"exitCode", kExitWrongStore},
                                            {"message", "the directory holds no store"}}}}}}})}});
    }
    if (pod_ip(*pod_object).empty()) {
      ++not_ready;
      server.set_status(k8s::kPods, key,
                        {{"phase", "Running"}, {"podIP", concat("10.0.0.", ++ips_)}});
    } else {
      not_ready += ready ? 0 : 1;
      server.set_status(
          k8s::kPods, key,
          {{"conditions",
            Json::array({{{"type", "Ready"}, {"status", ready ? "True" : "False"}}})}});
    }
  }
  not_ready_max = std::max(not_ready_max, not_ready);
}

std::shared_ptr<const Json> KubernetesWorld::pod(const std::string& name) const {
  return server.find(k8s::kPods, {"ns", name});
}

Json KubernetesWorld::object(const k8s::ResourceType& type, const std::string& name) const {
  const auto found = server.find(type, {"ns", name});
  return found == nullptr ? Json() : *found;
}

std::set<std::string> KubernetesWorld::names(const k8s::ResourceType& type) const {
  std::set<std::string> names;
  for (const auto& found : server.all(type)) {
    names.insert(k8s::key_of(*found).name);
  }
  return names;
}

}  // namespace petrel::ops
