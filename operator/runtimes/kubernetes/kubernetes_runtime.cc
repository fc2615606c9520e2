// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/kubernetes/kubernetes_runtime.h"

#include <absl/strings/numbers.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"
#include "operator/runtimes/kubernetes/config_check.h"
#include "operator/runtimes/kubernetes/covers.h"
#include "operator/runtimes/kubernetes/ownership.h"
#include "operator/runtimes/kubernetes/pod_state.h"
#include "operator/runtimes/kubernetes/store_check.h"
#include "operator/runtimes/members/digest.h"

namespace petrel::ops {

namespace {

using k8s::Json;

constexpr log::Logger kLog("runtime");
// The version of settings that tells a broker what it must find on its volume.
constexpr int kExpectedStoreSince = 2;

// "Service/demo-brokers"
std::string id_of(const k8s::ResourceType& type, const std::string& name) {
  return concat(type.kind, "/", name);
}

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

// Observing ------------------------------------------------------------------------------------

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
  std::erase_if(taken_, [&](const auto& entry) {
    return now_us - entry.second.found_us >= kLookAgainMs * 1000;
  });
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
  if (may_write && !is_as_intended(type, intent)) {
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

// Acting ---------------------------------------------------------------------------------------

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
  if (const Pointer pod = pod_of(member); pod != nullptr && is_dead(*pod)) {
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
  return apply(repair.type, *repair.intent);
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
