// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/control/testing/simulated_clusters.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "common/concat.h"
#include "operator/plan/testing/broker_content.h"

namespace petrel::ops::testing {

class SimulatedClusters::SimulatedRuntime final : public ClusterRuntime {
 public:
  SimulatedRuntime(SimulatedClusters& world, k8s::ObjectKey key, std::function<void()> on_change)
      : world_(world), key_(std::move(key)), on_change_(std::move(on_change)) {
    const MutexLock lock(world_.mutex_);
    world_.clusters_[key_].runtime = this;
  }
  ~SimulatedRuntime() override {
    const MutexLock lock(world_.mutex_);
    world_.clusters_[key_].runtime = nullptr;
  }

  std::map<MemberId, std::string> declare(const DeclaredCluster& cluster,
                                          const nlohmann::json&) override {
    digest_ = concat("generation ", cluster.generation);
    std::map<MemberId, std::string> members;
    for (int i = 0; i < cluster.spec.nameservers; ++i) {
      members[{Role::kNameserver, i}] = digest_;
    }
    for (int i = 0; i < cluster.spec.broker_groups; ++i) {
      members[{Role::kBroker, i}] = digest_;
    }
    return members;
  }

  absl::StatusOr<Snapshot> observe() override {
    const MutexLock lock(world_.mutex_);
    ++world_.observations_;
    const Cluster& cluster = world_.clusters_[key_];
    Snapshot snapshot;
    for (const auto& [id, digest] : cluster.running) {
      snapshot.members[id] = {.running = true, .ready = true, .digest = digest};
    }
    if (cluster.knows_taken) {
      snapshot.refusals.push_back({"NameTaken", "Service demo: is another's", true});
    }
    if (world_.reachable_) {
      snapshot.brokers = cluster.contents;
    }
    return snapshot;
  }

  absl::Status act(const Action& action) override { return world_.act(key_, digest_, action); }

  nlohmann::json status_fields(const Snapshot& snapshot) const override {
    return {{"brokerGroups", {{"ready", snapshot.brokers.size()}}}};
  }

  void tell() { on_change_(); }

 private:
  SimulatedClusters& world_;
  const k8s::ObjectKey key_;
  const std::function<void()> on_change_;
  std::string digest_;
};

ClusterRuntimeFactory SimulatedClusters::factory() {
  return [this](const k8s::ObjectKey& cluster, std::function<void()> on_change) {
    return std::make_unique<SimulatedRuntime>(*this, cluster, std::move(on_change));
  };
}

absl::Status SimulatedClusters::act(const k8s::ObjectKey& key, const std::string& digest,
                                    const Action& action) {
  const MutexLock lock(mutex_);
  Cluster& cluster = clusters_[key];
  if (action.kind == ActionKind::kStartMember || action.kind == ActionKind::kRestartMember ||
      action.kind == ActionKind::kStopMember) {
    if (names_taken_) {
      cluster.knows_taken = true;
      return absl::FailedPreconditionError("the name is taken");
    }
    if (action.kind == ActionKind::kStartMember && !start_failure_.ok()) {
      return start_failure_;
    }
    ++member_changes_;
    if (action.kind == ActionKind::kStopMember) {
      cluster.running.erase(action.member);
      return absl::OkStatus();
    }
    cluster.running[action.member] = digest;
    if (action.member.role == Role::kBroker && !cluster.contents.contains(action.member)) {
      cluster.contents[action.member] = std::make_shared<const BrokerContent>();
    }
    return absl::OkStatus();
  }
  ++content_changes_;
  if (!reachable_) {
    return absl::UnavailableError("the broker does not answer");
  }
  auto content = std::make_shared<BrokerContent>(*cluster.contents.at(action.member));
  for (const TopicSettings& topic : action.topics) {
    if (topic.name == refused_) {
      return {refused_code_, concat("topic ", topic.name, " is not to my liking")};
    }
  }
  apply_content(action, *content);
  cluster.contents[action.member] = std::move(content);
  return absl::OkStatus();
}

void SimulatedClusters::change(const k8s::ObjectKey& cluster, const MemberId& broker,
                               const std::function<void(BrokerContent&)>& change) {
  const MutexLock lock(mutex_);
  Cluster& found = clusters_.at(cluster);
  auto content = std::make_shared<BrokerContent>(*found.contents.at(broker));
  change(*content);
  found.contents[broker] = std::move(content);
  if (found.runtime != nullptr) {
    found.runtime->tell();
  }
}

BrokerContent SimulatedClusters::content(const k8s::ObjectKey& cluster, const MemberId& broker) {
  const MutexLock lock(mutex_);
  const auto& contents = clusters_[cluster].contents;
  const auto found = contents.find(broker);
  return found == contents.end() ? BrokerContent() : *found->second;
}

bool SimulatedClusters::has_topic(const k8s::ObjectKey& cluster, const MemberId& broker,
                                  const std::string& topic) {
  return content(cluster, broker).topics.contains(topic);
}

void SimulatedClusters::set_reachable(bool reachable) {
  const MutexLock lock(mutex_);
  reachable_ = reachable;
}

void SimulatedClusters::take_names() {
  const MutexLock lock(mutex_);
  names_taken_ = true;
}

void SimulatedClusters::refuse(const std::string& topic, absl::StatusCode code) {
  const MutexLock lock(mutex_);
  refused_ = topic;
  refused_code_ = code;
}

void SimulatedClusters::fail_starts(const absl::Status& status) {
  const MutexLock lock(mutex_);
  start_failure_ = status;
}

int64_t SimulatedClusters::member_changes() {
  const MutexLock lock(mutex_);
  return member_changes_;
}

int64_t SimulatedClusters::content_changes() {
  const MutexLock lock(mutex_);
  return content_changes_;
}

int64_t SimulatedClusters::observations() {
  const MutexLock lock(mutex_);
  return observations_;
}

}  // namespace petrel::ops::testing
