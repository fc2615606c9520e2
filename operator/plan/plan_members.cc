// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/plan/plan_members.h"

#include <algorithm>

#include "common/concat.h"

namespace petrel::ops {

namespace {

// How the members that should be there are.
struct Health {
  std::vector<MemberId> to_start;
  std::vector<MemberId> outdated;
  std::vector<MemberId> waited_for;  // running the right thing, not ready
  std::vector<std::string> failures;
  size_t ready = 0;
  bool an_outdated_is_ready = false;
};

Health examine(const Desired& desired, const Snapshot& snapshot) {
  Health health;
  for (const auto& [id, digest] : desired.members) {
    const auto found = snapshot.members.find(id);
    const ObservedMember member =
        found == snapshot.members.end() ? ObservedMember{} : found->second;
    if (!member.failure.empty()) {
      health.failures.push_back(concat(id.name(), " ", member.failure));
    } else if (!member.running) {
      health.to_start.push_back(id);
    } else if (member.digest != digest) {
      health.outdated.push_back(id);
      health.an_outdated_is_ready |= member.ready;
    } else if (!member.ready) {
      health.waited_for.push_back(id);
    } else {
      ++health.ready;
    }
  }
  return health;
}

Action action(ActionKind kind, const MemberId& member) {
  Action result;
  result.kind = kind;
  result.member = member;
  return result;
}

void add_restart(const Health& health, const Snapshot& snapshot, Plan& plan) {
  if (health.outdated.empty()) {
    return;
  }
  const auto broken =
      std::find_if(health.outdated.begin(), health.outdated.end(),
                   [&](const MemberId& id) { return !snapshot.members.at(id).ready; });
  if (broken != health.outdated.end()) {
    plan.actions.push_back(action(ActionKind::kRestartMember, *broken));
  } else if (health.to_start.empty() && health.waited_for.empty() && health.failures.empty()) {
    plan.actions.push_back(action(ActionKind::kRestartMember, health.outdated.front()));
  }
}

// Returns whether there are any.
bool add_stops(const Desired& desired, const Snapshot& snapshot, const Health& health, Plan& plan) {
  bool surplus = false;
  for (const auto& [id, member] : snapshot.members) {
    if (id.role == Role::kNameserver && member.running && !desired.members.contains(id)) {
      surplus = true;
      if (health.outdated.empty() && health.to_start.empty() && health.waited_for.empty()) {
        plan.actions.push_back(action(ActionKind::kStopMember, id));
      }
    }
  }
  return surplus;
}

std::string names(const std::vector<MemberId>& ids) {
  std::string text;
  for (const MemberId& id : ids) {
    text += concat(text.empty() ? "" : ", ", id.name());
  }
  return text;
}

Condition ready_condition(const Desired& desired, const Health& health, bool surplus) {
  Condition ready{.type = "Ready", .observed_generation = desired.cluster.generation};
  if (!health.failures.empty()) {
    ready.reason = "MemberFailed";
    for (const std::string& failure : health.failures) {
      ready.message += concat(ready.message.empty() ? "" : "; ", failure);
    }
  } else if (!health.to_start.empty()) {
    ready.reason = "MemberNotRunning";
    ready.message = concat("not running: ", names(health.to_start));
  } else if (!health.waited_for.empty()) {
    ready.reason = "MemberNotReady";
    ready.message = concat("not ready yet: ", names(health.waited_for));
  } else if (!health.outdated.empty()) {
    ready.reason = "MemberOutdated";
    ready.message = concat("to be restarted: ", names(health.outdated));
  } else if (surplus) {
    ready.reason = "MemberSurplus";
    ready.message = "nameservers beyond the declared ones still run";
  } else {
    ready.status = true;
    ready.reason = "AllMembersReady";
    ready.message = concat("all ", desired.members.size(), " members are ready");
  }
  return ready;
}

int broker_groups(const Desired& desired) {
  return static_cast<int>(
      std::count_if(desired.members.begin(), desired.members.end(),
                    [](const auto& member) { return member.first.role == Role::kBroker; }));
}

}  // namespace

void plan_members(const Desired& desired, const Snapshot& snapshot, Plan& plan) {
  const Health health = examine(desired, snapshot);
  for (const MemberId& id : health.to_start) {
    plan.actions.push_back(action(ActionKind::kStartMember, id));
  }
  add_restart(health, snapshot, plan);
  const bool surplus = add_stops(desired, snapshot, health, plan);
  plan.stuck = !health.failures.empty();

  std::vector<Condition>& conditions = plan.conditions[desired.cluster.resource.id()];
  conditions.push_back(ready_condition(desired, health, surplus));
  const int declared = cluster_spec(desired.cluster.resource).broker_groups;
  if (const int existing = broker_groups(desired); existing > declared) {
    conditions.push_back({.type = "Accepted",
                          .status = false,
                          .reason = "FewerBrokerGroups",
                          .message = concat("spec.brokerGroups.replicas: ", existing,
                                            " broker groups exist and hold messages, so ", declared,
                                            " is refused; set it to ", existing, " or more"),
                          .observed_generation = desired.cluster.generation});
  }
}

}  // namespace petrel::ops
