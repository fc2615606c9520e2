// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/mutex.h"
#include "operator/control/cluster_runtime.h"

// Clusters whose members run as soon as they are started, and whose brokers keep what they are told
// while operators come and go. Safe from any thread.

namespace petrel::ops::testing {

class SimulatedClusters {
 public:
  // For Controller. This outlives it.
  ClusterRuntimeFactory factory();

  // The content of a broker as a person changes it behind the operator's back; the operator hears
  // of it.
  void change(const k8s::ObjectKey& cluster, const MemberId& broker,
              const std::function<void(BrokerContent&)>& change);
  BrokerContent content(const k8s::ObjectKey& cluster, const MemberId& broker);
  bool has_topic(const k8s::ObjectKey& cluster, const MemberId& broker, const std::string& topic);

  // Brokers answer, or not.
  void set_reachable(bool reachable);

  // Brokers answer calls with a topic of this name so.
  void refuse(const std::string& topic, absl::StatusCode code = absl::StatusCode::kInvalidArgument);

  // What starts a member fails with this.
  void fail_starts(const absl::Status& status);

  // Members cannot be started, because of a name that is taken; only an attempt shows that.
  void take_names();

  // Calls that change something: of members, and of brokers' contents.
  int64_t member_changes();
  int64_t content_changes();
  int64_t observations();

 private:
  class SimulatedRuntime;
  struct Cluster {
    std::map<MemberId, std::string> running;  // by digest
    std::map<MemberId, std::shared_ptr<const BrokerContent>> contents;
    SimulatedRuntime* runtime = nullptr;
    bool knows_taken = false;
  };

  absl::Status act(const k8s::ObjectKey& key, const std::string& digest, const Action& action);

  Mutex mutex_;
  std::map<k8s::ObjectKey, Cluster> clusters_ ABSL_GUARDED_BY(mutex_);
  std::string refused_ ABSL_GUARDED_BY(mutex_);
  absl::StatusCode refused_code_ ABSL_GUARDED_BY(mutex_) = absl::StatusCode::kOk;
  absl::Status start_failure_ ABSL_GUARDED_BY(mutex_);
  bool names_taken_ ABSL_GUARDED_BY(mutex_) = false;
  bool reachable_ ABSL_GUARDED_BY(mutex_) = true;
  int64_t member_changes_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t content_changes_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t observations_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace petrel::ops::testing
