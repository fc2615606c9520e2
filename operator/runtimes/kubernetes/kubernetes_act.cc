// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// What KubernetesRuntime does. Nothing is taken over, and what must not be forgotten is noted
// first.
#include <nlohmann/json.hpp>
#include <utility>

#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"
#include "operator/runtimes/kubernetes/config_check.h"
#include "operator/runtimes/kubernetes/covers.h"
#include "operator/runtimes/kubernetes/kubernetes_runtime.h"
#include "operator/runtimes/kubernetes/ownership.h"
#include "operator/runtimes/kubernetes/pod_state.h"
#include "operator/runtimes/members/digest.h"

namespace petrel::ops {

namespace {

using k8s::Json;

constexpr log::Logger kLog("runtime");

}  // namespace

absl::Status KubernetesRuntime::act(const Action& action) {
  switch (action.kind) {
    case ActionKind::kCheckConfiguration:
      return check_configuration(action.member.role);
    case ActionKind::kRepairObject:
      return repair(action.object);
    case ActionKind::kStartMember:
      return start(action.member, action.as_before);
    case ActionKind::kStopMember:
    case ActionKind::kRestartMember:
      return remove_pod(action.member, std::nullopt);
    case ActionKind::kApplyTopics:
    case ActionKind::kDeleteTopics:
    case ActionKind::kApplyGroups:
    case ActionKind::kDeleteGroups:
      return parts_.brokers.write(action);
    case ActionKind::kForgetDocument:
      return absl::InternalError("documents are not the runtime's");
  }
  return absl::InternalError("unknown action");
}

// Whether there is an object of this name, which is then the cluster's own. What no cache shows may
// be there nevertheless: caches hold what has the operator's labels. FailedPrecondition when it is
// somebody else's, Unavailable while it is about to go.
absl::StatusOr<bool> KubernetesRuntime::is_there(const k8s::ResourceType& type,
                                                 const k8s::ObjectKey& object_key) {
  Pointer object = parts_.cache.get(type, object_key);
  if (object == nullptr) {
    absl::StatusOr<Json> found = parts_.api.get(type, object_key);
    if (absl::IsNotFound(found.status())) {
      return false;
    }
    PETREL_RETURN_IF_ERROR(found.status());
    object = std::make_shared<const Json>(*std::move(found));
  }
  switch (owner_of(*object, children_)) {
    case Owner::kThis:
      return true;
    case Owner::kPredecessor:
      return absl::UnavailableError(concat(id_of(type, object_key.name), " is about to go"));
    case Owner::kForeign:
      break;
  }
  const std::string why = why_foreign(type, *object);
  taken_[id_of(type, object_key.name)] = {why, parts_.clock.mono_us()};
  return absl::FailedPreconditionError(why);
}

// Nothing is taken over: who makes an object of the name just now keeps it.
//
// Apply merges lists by key: where somebody changed the key of an element, say a port's number, it
// adds ours beside theirs, which the server may refuse. A merge patch replaces the list.
absl::StatusOr<Json> KubernetesRuntime::write(const k8s::ResourceType& type, const Json& intent) {
  const k8s::ObjectKey object_key = k8s::key_of(intent);
  PETREL_ASSIGN_OR_RETURN(const bool is_own, is_there(type, object_key));
  k8s::ApiClient::ApplyOptions options;
  options.force = is_own;
  auto applied = parts_.api.apply(type, intent, options);
  if (!absl::IsInvalidArgument(applied.status()) || !is_own) {
    return applied;
  }
  auto patched = parts_.api.merge_patch(type, object_key, intent);
  return patched.ok() ? patched : applied;
}

absl::Status KubernetesRuntime::apply(const k8s::ResourceType& type, const Json& intent) {
  if (is_as_intended(type, intent)) {
    return absl::OkStatus();
  }
  PETREL_ASSIGN_OR_RETURN(const Json answer, write(type, intent));
  parts_.cache.observe_write(type, answer);
  const std::string id = id_of(type, k8s::key_of(intent).name);
  unsettled_.erase(id);
  if (!covers(answer, intent)) {
    kLog.warn("somebody else changes what the operator writes",
              {{"cluster", cluster_.str()}, {"object", id}});
    unsettled_[id] = {digest_of(intent.dump()), k8s::resource_version_of(answer)};
  }
  return absl::OkStatus();
}

absl::Status KubernetesRuntime::check_configuration(Role role) {
  const k8s::ObjectKey pod_key = key(children_.names.check_pod(role));
  if (const Pointer pod = parts_.cache.get(k8s::kPods, pod_key); pod != nullptr) {
    // It was about something else. The next round makes the new one.
    return remove(k8s::kPods, pod_key, k8s::uid_of(*pod), 0);
  }
  PETREL_RETURN_IF_ERROR(apply(k8s::kConfigMaps, check_config_map(children_, role)));
  PETREL_ASSIGN_OR_RETURN(const Json answer, write(k8s::kPods, check_pod(children_, role)));
  parts_.cache.observe_write(k8s::kPods, answer);
  return absl::OkStatus();
}

absl::Status KubernetesRuntime::start(const MemberId& member, bool as_before) {
  if (const Pointer pod = pod_of(member);
      pod != nullptr && (is_dead(*pod) || is_overdue(*pod, parts_.clock.wall_ms()))) {
    // The new one has the same name. The next round starts it.
    return remove_pod(member, 0);
  }
  Json intent = pod(children_, member);
  if (as_before) {
    const Pointer config =
        parts_.cache.get(k8s::kConfigMaps, key(children_.names.config_map(member)));
    std::optional<Json> before = config == nullptr ? std::nullopt : pod_before(children_, *config);
    if (!before) {
      return absl::AbortedError(concat(member.name(), " has nothing that it ran before"));
    }
    intent = *std::move(before);
  } else {
    PETREL_RETURN_IF_ERROR(apply(k8s::kConfigMaps, config_map(children_, member)));
  }
  if (member.role == Role::kBroker) {
    PETREL_RETURN_IF_ERROR(claim_volume(member));
  }
  PETREL_ASSIGN_OR_RETURN(const Json answer, write(k8s::kPods, intent));
  parts_.cache.observe_write(k8s::kPods, answer);
  return absl::OkStatus();
}

// The volume of a broker that is about to start. It is noted before there can be a message on it.
absl::Status KubernetesRuntime::claim_volume(const MemberId& broker) {
  const k8s::ObjectKey claim_key = key(children_.names.claim(broker));
  const Pointer claim = parts_.cache.get(k8s::kPersistentVolumeClaims, claim_key);
  if (claim == nullptr && notes_.stores.contains(broker)) {
    return absl::AbortedError(concat(claim_key.name, " has gone just now"));
  }
  PETREL_RETURN_IF_ERROR(
      apply(k8s::kPersistentVolumeClaims, volume_claim(children_, broker, claim.get())));
  const Pointer made = parts_.cache.get(k8s::kPersistentVolumeClaims, claim_key);
  if (made == nullptr) {
    return absl::AbortedError(concat(claim_key.name, " is not known yet"));
  }
  notes_.stores.try_emplace(broker, StoreRecord{k8s::uid_of(*made), ""});
  return text_of(notes_.stores) == notes_.stores_text ? absl::OkStatus() : write_notes();
}

absl::Status KubernetesRuntime::write_notes() {
  const std::string pins_text = text_of(notes_.pins);
  const std::string stores_text = text_of(notes_.stores);
  const Json patch = {
      {"metadata",
       {{"uid", children_.uid},
        {"annotations", {{kPinsAnnotation, pins_text}, {kStoresAnnotation, stores_text}}}}}};
  PETREL_RETURN_IF_ERROR(parts_.api.merge_patch(kPetrelClusters, cluster_, patch).status());
  notes_.pins_text = pins_text;
  notes_.stores_text = stores_text;
  written_ = notes_;
  return absl::OkStatus();
}

// A broker that was refused its volume, and whose messages are given up, begins anew: a restart of
// its container alone would find its old configuration for a while.
absl::Status KubernetesRuntime::write_notes_and_let_go() {
  PETREL_RETURN_IF_ERROR(write_notes());
  for (const auto& [id, digest] : digests_) {
    const Pointer pod = id.role == Role::kBroker ? pod_of(id) : nullptr;
    if (pod != nullptr && !notes_.stores.contains(id) && !wrong_store_words(*pod).empty()) {
      PETREL_RETURN_IF_ERROR(remove_pod(id, 0));
    }
  }
  return absl::OkStatus();
}

absl::Status KubernetesRuntime::remove_pod(const MemberId& member,
                                           std::optional<int> grace_period_s) {
  const Pointer pod = pod_of(member);
  if (pod == nullptr) {
    return absl::OkStatus();
  }
  const std::string uid = k8s::uid_of(*pod);
  PETREL_RETURN_IF_ERROR(remove(k8s::kPods, k8s::key_of(*pod), uid, grace_period_s));
  deleted_[member] = uid;
  return absl::OkStatus();
}

// What is gone already is removed.
absl::Status KubernetesRuntime::remove(const k8s::ResourceType& type,
                                       const k8s::ObjectKey& object_key, const std::string& uid,
                                       std::optional<int> grace_period_s) {
  const absl::Status removed = parts_.api.remove(
      type, object_key, {.uid = uid, .resource_version = "", .grace_period_s = grace_period_s});
  if (absl::IsNotFound(removed)) {
    parts_.cache.observe_removal(type, object_key, uid);
    return absl::OkStatus();
  }
  return removed;
}

absl::Status KubernetesRuntime::repair(const std::string& object) {
  const auto found = repairs_.find(object);
  if (found == repairs_.end()) {
    return absl::FailedPreconditionError(concat(object, " is not known to need a repair"));
  }
  const Repair& repair = found->second;
  if (repair.type == kPetrelClusters) {
    return write_notes_and_let_go();
  }
  if (repair.intent == nullptr) {
    PETREL_RETURN_IF_ERROR(remove(repair.type, repair.key, repair.uid, std::nullopt));
    if (repair.type != k8s::kPods) {  // whose end takes its time
      parts_.cache.observe_removal(repair.type, repair.key, repair.uid);
    }
    return absl::OkStatus();
  }
  if (repair.type == k8s::kPods) {
    PETREL_ASSIGN_OR_RETURN(const Json answer,
                            parts_.api.merge_patch(repair.type, repair.key, *repair.intent));
    parts_.cache.observe_write(repair.type, answer);
    return absl::OkStatus();
  }
  const absl::Status applied = apply(repair.type, *repair.intent);
  if (absl::IsInvalidArgument(applied) || absl::IsPermissionDenied(applied)) {
    refused_[object] = {std::string(applied.message()), parts_.clock.mono_us()};
  }
  return applied;
}

}  // namespace petrel::ops
