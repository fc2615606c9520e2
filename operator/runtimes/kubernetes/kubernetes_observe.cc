// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// What KubernetesRuntime sees: members, names, stores, checks, and objects that are to be repaired.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "common/concat.h"
#include "operator/runtimes/kubernetes/config_check.h"
#include "operator/runtimes/kubernetes/covers.h"
#include "operator/runtimes/kubernetes/kubernetes_runtime.h"
#include "operator/runtimes/kubernetes/ownership.h"
#include "operator/runtimes/kubernetes/pod_state.h"
#include "operator/runtimes/kubernetes/store_check.h"
#include "operator/runtimes/members/digest.h"

namespace petrel::ops {

namespace {

using k8s::Json;

// The version of settings that tells a broker what it must find on its volume.
constexpr int kExpectedStoreSince = 2;

}  // namespace

absl::StatusOr<Snapshot> KubernetesRuntime::observe() {
  Snapshot snapshot;
  observe_members(snapshot);
  observe_names(snapshot);
  observe_brokers(snapshot);
  observe_stores(snapshot);
  observe_checks(snapshot);
  observe_objects(snapshot);
  observe_refusals(snapshot);
  return snapshot;
}

void KubernetesRuntime::observe_members(Snapshot& snapshot) {
  for (const Pointer& claim : children_of(k8s::kPersistentVolumeClaims)) {
    if (const auto member = children_.names.member_of_claim(k8s::key_of(*claim).name)) {
      snapshot.members[*member];
    }
  }
  for (const Pointer& pod : children_of(k8s::kPods)) {
    const auto member = children_.names.member_of_pod(k8s::key_of(*pod).name);
    if (!member) {
      continue;
    }
    ObservedMember& observed = snapshot.members[*member];
    observed = observe_pod(*pod, children_.uid, parts_.clock.wall_ms());
    if (member->role == Role::kNameserver && is_overdue(*pod, parts_.clock.wall_ms())) {
      // It has no data that two of them could harm.
      observed.running = false;
      observed.stopping = false;
      continue;
    }
    const auto deleted = deleted_.find(*member);
    if (deleted != deleted_.end() && deleted->second == k8s::uid_of(*pod)) {
      observed.running = true;
      observed.ready = false;
      observed.stopping = true;
    }
  }
  std::erase_if(deleted_, [&](const auto& entry) {
    const Pointer pod = pod_of(entry.first);
    return pod == nullptr || k8s::uid_of(*pod) != entry.second;
  });
}

std::vector<std::pair<k8s::ResourceType, std::string>> KubernetesRuntime::names_of(
    const MemberId& member) const {
  std::vector<std::pair<k8s::ResourceType, std::string>> names = {
      {k8s::kPods, children_.names.pod(member)},
      {k8s::kConfigMaps, children_.names.config_map(member)}};
  if (member.role == Role::kBroker) {
    names.emplace_back(k8s::kPersistentVolumeClaims, children_.names.claim(member));
  }
  return names;
}

// Who has the names that the cluster needs.
void KubernetesRuntime::observe_names(Snapshot& snapshot) {
  const int64_t now_us = parts_.clock.mono_us();
  const auto is_old = [now_us](const auto& entry) {
    return now_us - entry.second.found_us >= kLookAgainMs * 1000;
  };
  std::erase_if(taken_, is_old);
  std::erase_if(refused_, is_old);
  std::map<std::string, std::string> foreign;
  for (const auto& [id, taken] : taken_) {
    foreign[id] = taken.why;
  }
  const auto look = [&](const k8s::ResourceType& type, const std::string& name) {
    const Pointer object = parts_.cache.get(type, key(name));
    const Owner owner = object == nullptr ? Owner::kThis : owner_of(*object, children_);
    if (owner == Owner::kForeign) {
      foreign[id_of(type, name)] = why_foreign(type, *object);
    }
    return owner;
  };
  for (const Role role : {Role::kNameserver, Role::kBroker}) {
    look(k8s::kServices, children_.names.members(role));
    look(k8s::kPodDisruptionBudgets, children_.names.members(role));
  }
  look(k8s::kServices, children_.names.client_service());
  for (const auto& [id, digest] : digests_) {
    for (const auto& [type, name] : names_of(id)) {
      if (look(type, name) == Owner::kPredecessor && !snapshot.members[id].running) {
        snapshot.members[id].stopping = true;
        snapshot.members[id].waiting =
            concat(type.kind, " ", name,
                   " belongs to a cluster of the same name that was deleted, and is about to go");
      }
    }
  }
  for (auto& [id, why] : foreign) {
    snapshot.refusals.push_back({"NameTaken", std::move(why), true});
  }
}

void KubernetesRuntime::observe_brokers(Snapshot& snapshot) {
  std::map<MemberId, ClusterBrokers::Address> addresses;
  for (const auto& [id, member] : snapshot.members) {
    if (id.role != Role::kBroker || !member.running || member.stopping) {
      continue;
    }
    const Pointer pod = pod_of(id);
    // The Pod's own address: a new Pod has another one, and no cache of names is in between.
    if (const std::string ip = pod == nullptr ? "" : pod_ip(*pod); !ip.empty()) {
      const bool v6 = ip.find(':') != std::string::npos;
      addresses[id] = {.host_port = concat(v6 ? "[" : "", ip, v6 ? "]:" : ":", kBrokerGrpcPort),
                       .ready = member.ready};
    }
  }
  parts_.brokers.set(addresses);
  snapshot.brokers = parts_.brokers.contents();
  std::erase_if(snapshot.brokers, [&](const auto& entry) {
    return !addresses.contains(entry.first) || entry.second == nullptr;
  });
}

void KubernetesRuntime::observe_stores(Snapshot& snapshot) {
  if (!notes_.unreadable.empty()) {
    snapshot.refusals.push_back({"UnreadableNotes", notes_.unreadable, true});
    return;
  }
  for (const auto& [id, digest] : digests_) {
    if (id.role != Role::kBroker) {
      continue;
    }
    const Pointer claim =
        parts_.cache.get(k8s::kPersistentVolumeClaims, key(children_.names.claim(id)));
    if (claim != nullptr && owner_of(*claim, children_) != Owner::kThis) {
      continue;
    }
    const Pointer pod = pod_of(id);
    const auto content = snapshot.brokers.find(id);
    const StoreFacts facts{
        .claim_name = children_.names.claim(id),
        .claim = claim.get(),
        .told_id = content == snapshot.brokers.end() ? "" : content->second->store_id,
        .refused_by_broker = pod == nullptr ? "" : wrong_store_words(*pod),
        .broker_verifies = children_.settings_version >= kExpectedStoreSince};
    const auto noted = notes_.stores.find(id);
    StoreVerdict verdict =
        check_store(noted == notes_.stores.end() ? std::nullopt : std::optional(noted->second),
                    facts, notes_.accepted_losses);
    if (!verdict.problem.empty()) {
      snapshot.members[id].data = std::move(verdict.problem);
    }
    if (verdict.record) {
      notes_.stores[id] = *std::move(verdict.record);
    } else {
      notes_.stores.erase(id);
      children_.expected_stores.erase(id);
    }
  }
}

void KubernetesRuntime::compare_notes() {
  if (notes_.unreadable.empty() &&
      (text_of(notes_.pins) != notes_.pins_text || text_of(notes_.stores) != notes_.stores_text)) {
    repairs_[id_of(kPetrelClusters, cluster_.name)] = {kPetrelClusters, cluster_, nullptr, ""};
  }
}

// A member is away, or does not run what it should.
bool KubernetesRuntime::is_being_changed(Role role, const Snapshot& snapshot) const {
  return std::any_of(digests_.begin(), digests_.end(), [&](const auto& entry) {
    const auto member = snapshot.members.find(entry.first);
    return entry.first.role == role &&
           (member == snapshot.members.end() || !member->second.running ||
            member->second.digest != entry.second);
  });
}

void KubernetesRuntime::observe_checks(Snapshot& snapshot) {
  for (const Role role : {Role::kNameserver, Role::kBroker}) {
    const Pointer pod = parts_.cache.get(k8s::kPods, key(children_.names.check_pod(role)));
    snapshot.checks[role] = observe_check(children_, role, pod.get());
  }
  for (const auto& [id, digest] : digests_) {
    const Pointer config = parts_.cache.get(k8s::kConfigMaps, key(children_.names.config_map(id)));
    const auto member = snapshot.members.find(id);
    if (config == nullptr || (member != snapshot.members.end() && member->second.running)) {
      continue;
    }
    const std::optional<Json> before = pod_before(children_, *config);
    snapshot.members[id].has_previous =
        before.has_value() && k8s::annotation_of(*before, kDigestAnnotation) != digest;
  }
}

void KubernetesRuntime::observe_objects(Snapshot& snapshot) {
  repairs_.clear();
  compare_notes();
  for (const Role role : {Role::kNameserver, Role::kBroker}) {
    compare(k8s::kServices, headless_service(children_, role));
    compare(k8s::kPodDisruptionBudgets, disruption_budget(children_, role));
  }
  compare(k8s::kServices, client_service(children_));
  for (const auto& [id, digest] : digests_) {
    const auto member = snapshot.members.find(id);
    const bool runs = member != snapshot.members.end() && member->second.running;
    // A member that has still to be replaced keeps the configuration that it was started with.
    // What a later operator wrote is left as it is.
    const bool is_of_later = children_.settings_version > parts_.defaults.settings_version;
    if (runs && member->second.digest == digest && !is_of_later) {
      compare(k8s::kConfigMaps, config_map(children_, id));
    }
    const Pointer claim =
        id.role == Role::kBroker
            ? parts_.cache.get(k8s::kPersistentVolumeClaims, key(children_.names.claim(id)))
            : nullptr;
    // A Pod waits for ever for a claim that is gone; one that is noted is never made again.
    const bool is_missing = claim == nullptr && id.role == Role::kBroker && runs &&
                            !notes_.stores.contains(id) && notes_.unreadable.empty();
    if (claim != nullptr || is_missing) {
      compare(k8s::kPersistentVolumeClaims, volume_claim(children_, id, claim.get()));
    }
    if (const Pointer pod = pod_of(id); runs && !member->second.stopping && pod != nullptr) {
      compare_pod_metadata(id, *pod);
    }
  }
  for (const k8s::ResourceType* type :
       {&k8s::kServices, &k8s::kConfigMaps, &k8s::kPodDisruptionBudgets, &k8s::kPods}) {
    find_surplus(*type, snapshot);
  }
  for (const auto& [id, repair] : repairs_) {
    snapshot.objects_to_repair.push_back(id);
    const Pointer actual = parts_.cache.get(repair.type, repair.key);
    if (repair.type == k8s::kPersistentVolumeClaims && actual != nullptr &&
        covers(*actual, owned_by(children_)) && !covers(*repair.intent, owned_by(children_))) {
      snapshot.objects_to_save.push_back(id);
    }
  }
}

// Whether there is nothing to write.
bool KubernetesRuntime::is_as_intended(const k8s::ResourceType& type, const Json& intent) const {
  const k8s::ObjectKey object_key = k8s::key_of(intent);
  const Pointer actual = parts_.cache.get(type, object_key);
  if (actual == nullptr) {
    return false;
  }
  if (covers(*actual, intent) || k8s::is_deleting(*actual)) {
    return true;
  }
  const auto unsettled = unsettled_.find(id_of(type, object_key.name));
  return unsettled != unsettled_.end() &&
         unsettled->second.resource_version == k8s::resource_version_of(*actual) &&
         unsettled->second.digest == digest_of(intent.dump());
}

void KubernetesRuntime::compare(const k8s::ResourceType& type, Json intent) {
  const k8s::ObjectKey object_key = k8s::key_of(intent);
  const Pointer actual = parts_.cache.get(type, object_key);
  const bool may_write = actual != nullptr ? owner_of(*actual, children_) == Owner::kThis
                                           : !taken_.contains(id_of(type, object_key.name));
  const bool is_refused = refused_.contains(id_of(type, object_key.name));
  if (may_write && !is_refused && !is_as_intended(type, intent)) {
    repairs_[id_of(type, object_key.name)] = {type, object_key,
                                              std::make_shared<Json>(std::move(intent)), ""};
  }
}

// Labels are what Services find a Pod by; an owner is what it goes with, and a Pod that outlived
// its cluster's document has none. The rest of a Pod is replaced with it.
void KubernetesRuntime::compare_pod_metadata(const MemberId& member, const Json& pod) {
  Json metadata = owned_by(children_);
  metadata["metadata"]["labels"] = children_.names.labels(member);
  if (!covers(pod, metadata)) {
    const k8s::ObjectKey pod_key = k8s::key_of(pod);
    repairs_[id_of(k8s::kPods, pod_key.name)] = {k8s::kPods, pod_key,
                                                 std::make_shared<Json>(metadata), ""};
  }
}

void KubernetesRuntime::find_surplus(const k8s::ResourceType& type, const Snapshot& snapshot) {
  std::set<std::string> wanted;
  for (const Role role : {Role::kNameserver, Role::kBroker}) {
    if (is_being_changed(role, snapshot)) {
      wanted.insert({children_.names.check_pod(role), children_.names.check_config_map(role)});
    }
  }
  if (type == k8s::kPods) {
    for (const auto& [id, member] : snapshot.members) {
      wanted.insert(children_.names.pod(id));
    }
  } else if (type == k8s::kConfigMaps) {
    for (const auto& [id, digest] : digests_) {
      wanted.insert(children_.names.config_map(id));
    }
    for (const auto& [id, member] : snapshot.members) {
      if (member.running) {
        wanted.insert(children_.names.config_map(id));
      }
    }
  } else {
    wanted.insert(
        {children_.names.members(Role::kNameserver), children_.names.members(Role::kBroker)});
    if (type == k8s::kServices) {
      wanted.insert(children_.names.client_service());
    }
  }
  for (const Pointer& object : children_of(type)) {
    const k8s::ObjectKey object_key = k8s::key_of(*object);
    // What nobody owns may be somebody's copy.
    const bool is_owned = covers(*object, owned_by(children_));
    if (is_owned && !wanted.contains(object_key.name) && !k8s::is_deleting(*object)) {
      repairs_[id_of(type, object_key.name)] = {type, object_key, nullptr, k8s::uid_of(*object)};
    }
  }
}

void KubernetesRuntime::observe_refusals(Snapshot& snapshot) const {
  for (const auto& [id, refused] : refused_) {
    snapshot.refusals.push_back(
        {"ChangeRefused", concat(id, ": the API server refuses the change: ", refused.why)});
  }
  for (const Role role : {Role::kNameserver, Role::kBroker}) {
    for (const RefusedKey& refused : pod_settings(children_, {role, 0}).refused) {
      snapshot.refusals.push_back({"InvalidConfiguration", refused.message});
    }
  }
  for (const Pointer& claim : children_of(k8s::kPersistentVolumeClaims)) {
    if (is_larger(children_, *claim)) {
      snapshot.refusals.push_back(
          {"StorageShrink",
           concat("spec.broker.storage.size: volumes do not shrink, and ", k8s::key_of(*claim).name,
                  " is larger than ", children_.spec.storage.size)});
      break;
    }
  }
}

}  // namespace petrel::ops
