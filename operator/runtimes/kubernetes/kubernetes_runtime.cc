// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/kubernetes/kubernetes_runtime.h"

#include <absl/strings/numbers.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/concat.h"
#include "operator/runtimes/kubernetes/ownership.h"
#include "operator/runtimes/kubernetes/pod_state.h"

namespace petrel::ops {

namespace {

using k8s::Json;

}  // namespace

KubernetesRuntime::KubernetesRuntime(k8s::ObjectKey cluster, Parts parts)
    : cluster_(std::move(cluster)), parts_(std::move(parts)) {}

KubernetesRuntime::~KubernetesRuntime() = default;

k8s::ObjectKey KubernetesRuntime::key(const std::string& name) const {
  return {cluster_.resource_namespace, name};
}

KubernetesRuntime::Pointer KubernetesRuntime::pod_of(const MemberId& member) const {
  return parts_.cache.get(k8s::kPods, key(children_.names.pod(member)));
}

std::vector<KubernetesRuntime::Pointer> KubernetesRuntime::children_of(
    const k8s::ResourceType& type) const {
  std::vector<Pointer> objects = parts_.cache.list(type, cluster_.resource_namespace);
  std::erase_if(objects, [&](const Pointer& object) {
    return k8s::label_of(*object, kClusterLabel) != cluster_.name;
  });
  return objects;
}

// Declaring ------------------------------------------------------------------------------------

std::map<MemberId, std::string> KubernetesRuntime::declare(const DeclaredCluster& cluster,
                                                           const Json& object) {
  children_ = {.names = {.cluster = cluster_, .cluster_domain = parts_.defaults.cluster_domain},
               .uid = k8s::uid_of(object),
               .spec = cluster.spec,
               .defaults = parts_.defaults};
  read_notes(object);
  notes_.pins = pins_of(cluster.spec);
  children_.defaults.broker_image = notes_.pins.broker_image;
  children_.defaults.nameserver_image = notes_.pins.nameserver_image;
  children_.settings_version = notes_.pins.settings_version;
  for (const auto& [broker, record] : notes_.stores) {
    if (!record.store_id.empty()) {
      children_.expected_stores[broker] = record.store_id;
    }
  }
  // A broker group that has, or had, a volume has messages.
  int broker_groups = cluster.spec.broker_groups;
  const auto count = [&](const std::optional<MemberId>& member) {
    if (member && member->role == Role::kBroker) {
      broker_groups = std::max(broker_groups, member->index + 1);
    }
  };
  for (const Pointer& claim : children_of(k8s::kPersistentVolumeClaims)) {
    count(children_.names.member_of_claim(k8s::key_of(*claim).name));
  }
  for (const Pointer& pod : children_of(k8s::kPods)) {
    count(children_.names.member_of_pod(k8s::key_of(*pod).name));
  }
  for (const auto& [broker, record] : notes_.stores) {
    count(broker);
  }
  digests_.clear();
  const auto add = [&](const MemberId& member) {
    digests_[member] = pod_digest(children_, member);
  };
  for (int i = 0; i < cluster.spec.nameservers; ++i) {
    add({Role::kNameserver, i});
  }
  for (int i = 0; i < broker_groups; ++i) {
    add({Role::kBroker, i});
  }
  return digests_;
}

void KubernetesRuntime::read_notes(const Json& object) {
  notes_ = {.resource_version = k8s::resource_version_of(object),
            .pins_text = k8s::annotation_of(object, kPinsAnnotation),
            .stores_text = k8s::annotation_of(object, kStoresAnnotation),
            .accepted_losses = accepted_losses(object),
            .renew = k8s::annotation_of(object, kRenewAnnotation)};
  const bool is_older = written_.resource_version == notes_.resource_version;
  absl::StatusOr<StoreRecords> stores = read_store_records(object);
  if (stores.ok()) {
    notes_.stores = *std::move(stores);
  } else {
    notes_.unreadable = std::string(stores.status().message());
  }
  if (is_older) {
    notes_.pins_text = written_.pins_text;
    notes_.stores_text = written_.stores_text;
    notes_.stores = written_.stores;
  }
}

// Without a note, a cluster that runs has what its Pods have.
Pins KubernetesRuntime::pins_of(const ClusterSpec& spec) const {
  Json noted = {{"metadata", {{"annotations", {{kPinsAnnotation, notes_.pins_text}}}}}};
  std::optional<Pins> pins = read_pins(noted);
  if (pins && pins->renewed == notes_.renew) {
    return *pins;
  }
  Pins present{.broker_image = parts_.defaults.broker_image,
               .nameserver_image = parts_.defaults.nameserver_image,
               .settings_version = parts_.defaults.settings_version,
               .renewed = notes_.renew};
  if (pins) {
    return present;
  }
  for (const Pointer& pod : children_of(k8s::kPods)) {
    const auto member = children_.names.member_of_pod(k8s::key_of(*pod).name);
    if (!member || owner_of(*pod, children_) != Owner::kThis) {
      continue;
    }
    const bool is_broker = member->role == Role::kBroker;
    const PodSettings& settings = is_broker ? spec.broker_pods : spec.nameserver_pods;
    if (settings.image.empty()) {
      (is_broker ? present.broker_image : present.nameserver_image) = image_of(*pod);
    }
    const std::string version = k8s::annotation_of(*pod, kSettingsVersionAnnotation);
    if (!absl::SimpleAtoi(version, &present.settings_version)) {
      present.settings_version = 1;
    }
  }
  return present;
}

// Status ---------------------------------------------------------------------------------------

Json KubernetesRuntime::status_fields(const Snapshot& snapshot) const {
  std::map<Role, std::pair<int, int>> counts;  // how many there are, and how many serve
  Json members = Json::array();
  for (const auto& [id, member] : snapshot.members) {
    if (!member.running) {
      continue;
    }
    counts[id.role].first += 1;
    counts[id.role].second += member.ready ? 1 : 0;
    Json shown = {{"name", children_.names.pod(id)},
                  {"role", id.role == Role::kBroker ? "Broker" : "Nameserver"},
                  {"ready", member.ready},
                  {"address", children_.names.address(id)}};
    if (const Pointer pod = pod_of(id); pod != nullptr && !node_of(*pod).empty()) {
      shown["node"] = node_of(*pod);
    }
    members.push_back(std::move(shown));
  }
  const auto& nameservers = counts[Role::kNameserver];
  const auto& brokers = counts[Role::kBroker];
  std::string selector;
  for (const auto& [label, value] : children_.names.selector(Role::kBroker)) {
    selector += concat(selector.empty() ? "" : ",", label, "=", value);
  }
  return {{"nameservers", {{"replicas", nameservers.first}, {"ready", nameservers.second}}},
          {"brokerGroups",
           {{"replicas", brokers.first},
            {"ready", brokers.second},
            {"summary", concat(brokers.second, "/", children_.spec.broker_groups)},
            {"selector", selector}}},
          {"accessPoint", children_.names.access_point()},
          {"members", std::move(members)}};
}

}  // namespace petrel::ops
