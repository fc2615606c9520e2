// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "operator/kubernetes/api_client.h"
#include "operator/plan/reconcile.h"
#include "operator/runtimes/kubernetes/child_cache.h"
#include "operator/runtimes/kubernetes/children.h"
#include "operator/runtimes/kubernetes/cluster_brokers.h"
#include "operator/runtimes/kubernetes/cluster_notes.h"

namespace petrel::ops {

// One cluster as Pods and what they need (children.h), in the namespace of its PetrelCluster.
//
// It keeps nothing that matters: everything is read from the cache again in each observe(), and an
// object of this class may be dropped at any time and made anew. Everything is written by
// server-side apply, and only where the cache shows a difference in the fields that the operator
// owns. What must outlive all of that is noted in the cluster's document (cluster_notes.h). A Pod
// is never changed but replaced: kRestartMember deletes it, and once it is gone the planner asks
// for a start. Volumes are made, grown and never removed; Kubernetes removes those of a cluster
// with spec.broker.storage.deletionPolicy: Delete, and all other objects, as they are owned by the
// PetrelCluster.
//
// A name that the cluster needs and somebody else has (ownership.h) is never written; the snapshot
// refuses the cluster for it. What no cache shows is looked for before it is made, and what is
// found there is looked at again after kLookAgainMs.
//
// An observation that is not converged is worth repeating after some seconds even when no object
// has changed: a Pod that ended is replaced after kReplaceAfterMs (pod_state.h).
//
// declare() -> observe() -> act(), from one thread at a time.
class KubernetesRuntime final : public Runtime {
 public:
  static constexpr int64_t kLookAgainMs = 30'000;

  // All outlive the runtime.
  struct Parts {
    k8s::ApiClient& api;
    ChildCache& cache;
    ClusterBrokers& brokers;
    const Clock& clock;
    KubernetesDefaults defaults;
  };
  KubernetesRuntime(k8s::ObjectKey cluster, Parts parts);
  ~KubernetesRuntime() override;

  // Before each observe(): the cluster as it is declared now, and its object. Gives
  // Desired::members.
  std::map<MemberId, std::string> declare(const DeclaredCluster& cluster, const k8s::Json& object);

  absl::StatusOr<Snapshot> observe() override;
  // Unavailable, DeadlineExceeded, Aborted and ResourceExhausted are worth another try.
  absl::Status act(const Action& action) override;
  // Whoever uses it is told of changes by the cache's informers.
  void wait() override {}

  // What the status of the cluster tells besides conditions and counts of documents: nameservers,
  // brokerGroups, accessPoint, members. After observe().
  k8s::Json status_fields(const Snapshot& snapshot) const;

 private:
  using Pointer = std::shared_ptr<const k8s::Json>;
  // Something of Snapshot::objects_to_repair.
  struct Repair {
    k8s::ResourceType type;
    k8s::ObjectKey key;
    // Null: it is to be removed.
    Pointer intent;
    std::string uid;
  };
  // A write that the server took, but answered with something else than what was sent.
  struct Unsettled {
    std::string digest;
    std::string resource_version;
  };

  // "Service/demo-brokers"
  static std::string id_of(const k8s::ResourceType& type, const std::string& name) {
    return type.kind + "/" + name;
  }
  k8s::ObjectKey key(const std::string& name) const;
  Pointer pod_of(const MemberId& member) const;
  // Objects with the cluster's label.
  std::vector<Pointer> children_of(const k8s::ResourceType& type) const;

  // The cluster's document as declare() was told it, with what was written to it since.
  void read_notes(const k8s::Json& object);
  Pins pins_of(const ClusterSpec& spec) const;
  void observe_stores(Snapshot& snapshot);
  void compare_notes();
  absl::Status write_notes();
  absl::Status write_notes_and_let_go();
  absl::Status claim_volume(const MemberId& broker);
  void observe_members(Snapshot& snapshot);
  void observe_names(Snapshot& snapshot);
  std::vector<std::pair<k8s::ResourceType, std::string>> names_of(const MemberId& member) const;
  void observe_brokers(Snapshot& snapshot);
  void observe_objects(Snapshot& snapshot);
  void compare(const k8s::ResourceType& type, k8s::Json intent);
  void compare_pod_metadata(const MemberId& member, const k8s::Json& pod);
  bool is_being_changed(Role role, const Snapshot& snapshot) const;
  void observe_checks(Snapshot& snapshot);
  void find_surplus(const k8s::ResourceType& type, const Snapshot& snapshot);
  void observe_refusals(Snapshot& snapshot) const;

  bool is_as_intended(const k8s::ResourceType& type, const k8s::Json& intent) const;
  absl::StatusOr<bool> is_there(const k8s::ResourceType& type, const k8s::ObjectKey& key);
  absl::StatusOr<k8s::Json> write(const k8s::ResourceType& type, const k8s::Json& intent);
  absl::Status apply(const k8s::ResourceType& type, const k8s::Json& intent);
  absl::Status check_configuration(Role role);
  absl::Status start(const MemberId& member, bool as_before);
  absl::Status remove_pod(const MemberId& member, std::optional<int> grace_period_s);
  absl::Status remove(const k8s::ResourceType& type, const k8s::ObjectKey& key,
                      const std::string& uid, std::optional<int> grace_period_s);
  absl::Status repair(const std::string& object);

  const k8s::ObjectKey cluster_;
  const Parts parts_;
  ClusterChildren children_;
  std::map<MemberId, std::string> digests_;
  // By name, as of the last observe().
  std::map<std::string, Repair> repairs_;
  std::map<std::string, Unsettled> unsettled_;
  // What only an attempt shows: why, and when. It is tried again after kLookAgainMs.
  struct Found {
    std::string why;
    int64_t found_us = 0;
  };
  // Names that somebody else has, and no cache shows.
  std::map<std::string, Found> taken_;
  // Repairs that the API server does not take, as the growth of a volume that cannot grow.
  std::map<std::string, Found> refused_;
  // Of the cluster's document, and what is to stand in it.
  struct Notes {
    std::string resource_version;
    std::string pins_text;
    std::string stores_text;
    Pins pins;
    StoreRecords stores;
    // Why the noted stores cannot be read; then nothing is written over them.
    std::string unreadable;
    std::set<std::string> accepted_losses;
    std::string renew;
  };
  Notes notes_;
  // What was written last: the document that it was read from may be older than that.
  Notes written_;
  // Pods that were deleted, by uid, until the cache knows.
  std::map<MemberId, std::string> deleted_;
};

}  // namespace petrel::ops
