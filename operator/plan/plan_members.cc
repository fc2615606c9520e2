// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/plan/plan_members.h"

#include <algorithm>
#include <utility>

#include "common/concat.h"

namespace petrel::ops {

namespace {

// Brokers register within a second where there is a way, and after 5 s at last. One that cannot
// reach a nameserver does not hold up a change that may mend just that.
constexpr int64_t kRegistrationMs = 10'000;

// How the members that should be there are.
struct Health {
  std::vector<MemberId> to_start;
  std::vector<MemberId> outdated;
  std::vector<MemberId> waited_for;  // stopping, or running the right thing and not ready
  std::vector<MemberId> silent;      // ready with the right thing, but its content is not known yet
  // Ready, but not in the routes of a nameserver, which it may yet come to be.
  std::vector<MemberId> registering;
  std::vector<std::string> failures;

  // Not there, or not back yet from its last start.
  bool is_one_away(Role role) const {
    const auto is_it = [role](const MemberId& id) { return id.role == role; };
    return std::any_of(to_start.begin(), to_start.end(), is_it) ||
           std::any_of(waited_for.begin(), waited_for.end(), is_it) ||
           std::any_of(silent.begin(), silent.end(), is_it);
  }
  bool is_one_away() const {
    return is_one_away(Role::kNameserver) || is_one_away(Role::kBroker) || !failures.empty() ||
           !registering.empty();
  }
};

// One that is not there is neither running nor anything else.
const ObservedMember& observed(const Snapshot& snapshot, const MemberId& id) {
  static const ObservedMember kNone;
  const auto found = snapshot.members.find(id);
  return found == snapshot.members.end() ? kNone : found->second;
}

// A broker's content is known for as long as its feed answers, whatever its readiness says.
bool answers(const Snapshot& snapshot, const MemberId& id) {
  return id.role == Role::kNameserver ? observed(snapshot, id).ready
                                      : snapshot.brokers.contains(id);
}

// It, or a nameserver, became ready a moment ago.
bool is_registering(const Snapshot& snapshot, const MemberId& id) {
  const auto content = snapshot.brokers.find(id);
  if (content == snapshot.brokers.end() ||
      content->second->signs.registered >= content->second->signs.nameservers) {
    return false;
  }
  return std::any_of(snapshot.members.begin(), snapshot.members.end(), [&](const auto& member) {
    return (member.first == id || member.first.role == Role::kNameserver) && member.second.ready &&
           member.second.ready_for_ms < kRegistrationMs;
  });
}

Health examine(const Desired& desired, const Snapshot& snapshot) {
  Health health;
  for (const auto& [id, digest] : desired.members) {
    const ObservedMember& member = observed(snapshot, id);
    if (is_registering(snapshot, id)) {
      health.registering.push_back(id);
    }
    if (!member.failure.empty()) {
      health.failures.push_back(concat(id.name(), " ", member.failure));
    } else if (member.stopping) {
      health.waited_for.push_back(id);
    } else if (!member.data.empty()) {
      if (!member.ready) {
        health.failures.push_back(concat(id.name(), " ", member.data.message));
      }
    } else if (!member.running) {
      health.to_start.push_back(id);
    } else if (member.digest != digest) {
      health.outdated.push_back(id);
    } else if (!member.ready) {
      health.waited_for.push_back(id);
    } else if (!answers(snapshot, id)) {
      health.silent.push_back(id);
    }
  }
  return health;
}

std::vector<MemberId> surplus_nameservers(const Desired& desired, const Snapshot& snapshot) {
  std::vector<MemberId> surplus;
  for (const auto& [id, member] : snapshot.members) {
    if (id.role == Role::kNameserver && member.running && !desired.members.contains(id)) {
      surplus.push_back(id);
    }
  }
  return surplus;
}

std::string_view words_of(Role role) { return role == Role::kBroker ? "brokers" : "nameservers"; }

Action action(ActionKind kind, const MemberId& member) {
  Action result;
  result.kind = kind;
  result.member = member;
  return result;
}

ConfigurationCheck::State check_of(const Snapshot& snapshot, Role role) {
  const auto found = snapshot.checks.find(role);
  return found == snapshot.checks.end() ? ConfigurationCheck::State::kPassed : found->second.state;
}

// No nameserver is there yet, and nothing is known that keeps one from coming. A broker that asks
// for a name that is not there yet is told so, and name servers remember that answer, some for half
// a minute: it had better start a second later.
bool nameserver_is_coming(const Desired& desired, const Snapshot& snapshot) {
  bool coming = false;
  for (const auto& [id, digest] : desired.members) {
    if (id.role != Role::kNameserver) {
      continue;
    }
    const ObservedMember& member = observed(snapshot, id);
    if (member.ready) {
      return false;
    }
    coming = coming || (member.failure.empty() && member.waiting.empty());
  }
  return coming;
}

// Null when there is none.
const Refusal* blocking_refusal(const Snapshot& snapshot) {
  const auto found = std::find_if(snapshot.refusals.begin(), snapshot.refusals.end(),
                                  [](const Refusal& refusal) { return refusal.blocking; });
  return found == snapshot.refusals.end() ? nullptr : &*found;
}

void add_starts(const Desired& desired, const Snapshot& snapshot, const Health& health,
                Plan& plan) {
  if (blocking_refusal(snapshot) != nullptr) {
    return;
  }
  const bool brokers_wait = nameserver_is_coming(desired, snapshot);
  for (const MemberId& id : health.to_start) {
    if (id.role == Role::kNameserver || !brokers_wait) {
      Action start = action(ActionKind::kStartMember, id);
      start.as_before = observed(snapshot, id).has_previous &&
                        check_of(snapshot, id.role) != ConfigurationCheck::State::kPassed;
      plan.actions.push_back(std::move(start));
    }
  }
}

void add_repairs(const std::vector<std::string>& objects, Plan& plan) {
  for (const std::string& object : objects) {
    Action repair;
    repair.kind = ActionKind::kRepairObject;
    repair.object = object;
    plan.actions.push_back(std::move(repair));
  }
}

// What members of these roles should run is looked at by their programs before one of them goes.
void add_checks(const Health& health, const Snapshot& snapshot, Plan& plan) {
  for (const Role role : {Role::kNameserver, Role::kBroker}) {
    const bool is_due = std::any_of(health.outdated.begin(), health.outdated.end(),
                                    [role](const MemberId& id) { return id.role == role; });
    if (is_due && check_of(snapshot, role) == ConfigurationCheck::State::kUnknown) {
      plan.actions.push_back(action(ActionKind::kCheckConfiguration, {role, 0}));
    }
  }
}

// The order in which outdated members go: what serves nobody, what is not ready, all others.
enum class Loss { kNone, kSome, kAll };

Loss loss_by_restart(const Snapshot& snapshot, const MemberId& id) {
  const bool ready = observed(snapshot, id).ready;
  if (!ready && !answers(snapshot, id)) {
    return Loss::kNone;
  }
  return ready ? Loss::kAll : Loss::kSome;
}

// One at a time: the next one goes when the last one is back, is ready, answers, and is known to
// whom clients ask. One that
// serves nobody may go while members of the other role are away.
void add_restart(const Health& health, const Snapshot& snapshot, Plan& plan) {
  std::vector<MemberId> order = health.outdated;
  std::erase_if(order, [&](const MemberId& id) {
    return check_of(snapshot, id.role) != ConfigurationCheck::State::kPassed;
  });
  if (order.empty()) {
    return;
  }
  std::stable_sort(order.begin(), order.end(), [&](const MemberId& a, const MemberId& b) {
    return loss_by_restart(snapshot, a) < loss_by_restart(snapshot, b);
  });
  const MemberId& next = order.front();
  const bool serves = loss_by_restart(snapshot, next) != Loss::kNone;
  if (serves ? !health.is_one_away() : !health.is_one_away(next.role)) {
    plan.actions.push_back(action(ActionKind::kRestartMember, next));
  }
}

void add_stops(const std::vector<MemberId>& surplus, const Snapshot& snapshot, const Health& health,
               Plan& plan) {
  if (!health.outdated.empty() || !health.to_start.empty() || !health.waited_for.empty()) {
    return;
  }
  for (const MemberId& id : surplus) {
    if (!snapshot.members.at(id).stopping) {
      plan.actions.push_back(action(ActionKind::kStopMember, id));
    }
  }
}

const std::string& why_not_ready(const ObservedMember& member) {
  return member.waiting.empty() ? member.says : member.waiting;
}

// "broker-0, broker-1 (why it is not ready)"
std::string names(const std::vector<MemberId>& ids, const Snapshot& snapshot) {
  std::string text;
  for (const MemberId& id : ids) {
    const auto found = snapshot.members.find(id);
    const std::string why = found == snapshot.members.end() ? "" : why_not_ready(found->second);
    text += concat(text.empty() ? "" : ", ", id.name(), why.empty() ? "" : concat(" (", why, ")"));
  }
  return text;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) {
    all += concat(all.empty() ? "" : "; ", text);
  }
  return all;
}

// "; broker-0 does not answer yet", "; petrel-broker checks the configuration (why it waits)".
std::string why_restarts_wait(const Health& health, const Snapshot& snapshot) {
  std::string text;
  if (!health.silent.empty()) {
    text += concat("; not answering yet: ", names(health.silent, snapshot));
  }
  for (const MemberId& id : health.registering) {
    const BrokerSigns& signs = snapshot.brokers.at(id)->signs;
    text += concat("; ", id.name(), " registers with nameservers (", signs.registered, " of ",
                   signs.nameservers, ")");
  }
  for (const auto& [role, check] : snapshot.checks) {
    if (check.state == ConfigurationCheck::State::kUnderWay) {
      text += concat("; the configuration of ", words_of(role), " is being checked",
                     check.message.empty() ? "" : concat(" (", check.message, ")"));
    }
  }
  return text;
}

Condition ready_condition(const Desired& desired, const Snapshot& snapshot, const Health& health,
                          const std::vector<MemberId>& surplus) {
  Condition ready{.type = "Ready", .observed_generation = desired.cluster->generation};
  if (const Refusal* refusal = blocking_refusal(snapshot); refusal != nullptr) {
    ready.reason = refusal->reason;
    ready.message = refusal->message;
  } else if (!health.failures.empty()) {
    ready.reason = "MemberFailed";
    ready.message = joined(health.failures);
  } else if (!health.to_start.empty()) {
    ready.reason = "MemberNotRunning";
    ready.message = concat("not running: ", names(health.to_start, snapshot));
    if (!health.waited_for.empty()) {
      ready.message += concat("; not ready yet: ", names(health.waited_for, snapshot));
    }
  } else if (!health.waited_for.empty()) {
    ready.reason = "MemberNotReady";
    ready.message = concat("not ready yet: ", names(health.waited_for, snapshot));
  } else if (!health.outdated.empty()) {
    ready.reason = "MemberOutdated";
    ready.message = concat("to be restarted: ", names(health.outdated, snapshot),
                           why_restarts_wait(health, snapshot));
  } else if (!surplus.empty()) {
    ready.reason = "MemberSurplus";
    ready.message = "nameservers beyond the declared ones still run";
  } else {
    ready.status = true;
    ready.reason = "AllMembersReady";
    ready.message = concat("all ", desired.members.size(), " members are ready");
  }
  return ready;
}

// plan.actions are those of the members.
Condition progressing_condition(const Desired& desired, const Plan& plan, const Condition& ready) {
  Condition progressing{.type = "Progressing", .observed_generation = desired.cluster->generation};
  if (desired.cluster->spec.pause) {
    progressing.reason = "Paused";
    progressing.message = "spec.pause is true, so nothing is changed";
  } else if (!plan.actions.empty()) {
    progressing.status = true;
    progressing.reason = "Acting";
    progressing.message = plan.actions.front().describe();
    if (plan.actions.size() > 1) {
      progressing.message += concat(", and ", plan.actions.size() - 1, " more");
    }
  } else if (plan.stuck) {
    progressing.reason = "Stuck";
    progressing.message = ready.message;
  } else if (!ready.status) {
    progressing.status = true;
    progressing.reason = "Waiting";
    progressing.message = ready.message;
  } else {
    progressing.reason = "Settled";
    progressing.message = "all members run what is declared";
  }
  return progressing;
}

Condition data_condition(const Desired& desired, const Snapshot& snapshot) {
  Condition intact{.type = "DataIntact", .observed_generation = desired.cluster->generation};
  std::vector<std::string> problems;
  for (const auto& [id, member] : snapshot.members) {
    if (!member.data.empty()) {
      intact.reason = intact.reason.empty() ? member.data.reason : intact.reason;
      problems.push_back(concat(id.name(), ": ", member.data.message));
    }
  }
  intact.status = problems.empty();
  if (intact.status) {
    intact.reason = "StoresKnown";
    intact.message = "no broker is without the messages that it had";
  } else {
    intact.message = joined(problems);
  }
  return intact;
}

Condition sends_condition(const Desired& desired, const Snapshot& snapshot) {
  Condition taken{.type = "SendsTaken", .observed_generation = desired.cluster->generation};
  std::vector<std::string> refusing;
  for (const auto& [id, content] : snapshot.brokers) {
    if (content->signs.sends_refused_since_ms != 0) {
      refusing.push_back(
          concat(id.name(), ": ", describe_refusal(content->signs.sends_refused_since_ms)));
    }
  }
  taken.status = refusing.empty();
  taken.reason = taken.status ? "DisksHaveRoom" : "DiskFull";
  taken.message = taken.status ? "no broker that answers refuses sends" : joined(refusing);
  return taken;
}

// What is refused changes nothing that runs.
void add_refused_configurations(const Snapshot& snapshot, std::vector<Refusal>& refusals) {
  for (const auto& [role, check] : snapshot.checks) {
    if (check.state == ConfigurationCheck::State::kRefused) {
      refusals.push_back(
          {"ConfigurationRefused", concat("spec.", role == Role::kBroker ? "broker" : "nameservers",
                                          ".config: the program refuses it, so ", words_of(role),
                                          " go on with what they have: ", check.message)});
    }
  }
}

Condition accepted_condition(const Desired& desired, const Snapshot& snapshot) {
  std::vector<Refusal> refusals = snapshot.refusals;
  add_refused_configurations(snapshot, refusals);
  const int declared = desired.cluster->spec.broker_groups;
  const auto existing =
      std::count_if(desired.members.begin(), desired.members.end(),
                    [](const auto& member) { return member.first.role == Role::kBroker; });
  if (existing > declared) {
    refusals.push_back(
        {"FewerBrokerGroups", concat("spec.brokerGroups.replicas: ", existing,
                                     " broker groups exist and hold messages, so ", declared,
                                     " is refused; set it to ", existing, " or more")});
  }
  Condition accepted{.type = "Accepted", .observed_generation = desired.cluster->generation};
  if (refusals.empty()) {
    accepted.status = true;
    accepted.reason = "Accepted";
    accepted.message = "nothing of the spec is refused";
    return accepted;
  }
  accepted.reason = refusals.front().reason;
  std::vector<std::string> messages;
  for (Refusal& refusal : refusals) {
    messages.push_back(std::move(refusal.message));
  }
  accepted.message = joined(messages);
  return accepted;
}

}  // namespace

void plan_members(const Desired& desired, const Snapshot& snapshot, Plan& plan) {
  if (desired.cluster == nullptr) {
    return;
  }
  std::vector<Condition>& conditions = plan.conditions[desired.cluster->id];
  if (desired.cluster->deleting) {
    conditions.push_back({.type = "Ready",
                          .status = false,
                          .reason = "Deleting",
                          .message = "the cluster is being deleted",
                          .observed_generation = desired.cluster->generation});
    return;
  }
  const Health health = examine(desired, snapshot);
  const std::vector<MemberId> surplus = surplus_nameservers(desired, snapshot);
  const bool paused = desired.cluster->spec.pause;
  if (paused) {
    add_repairs(snapshot.objects_to_save, plan);
  } else {
    add_repairs(snapshot.objects_to_repair, plan);
    add_starts(desired, snapshot, health, plan);
    add_checks(health, snapshot, plan);
    add_restart(health, snapshot, plan);
    add_stops(surplus, snapshot, health, plan);
  }
  plan.stuck = paused || !health.failures.empty() || blocking_refusal(snapshot) != nullptr;
  Condition ready = ready_condition(desired, snapshot, health, surplus);
  Condition progressing = progressing_condition(desired, plan, ready);
  conditions.push_back(std::move(ready));
  conditions.push_back(std::move(progressing));
  conditions.push_back(accepted_condition(desired, snapshot));
  conditions.push_back(data_condition(desired, snapshot));
  conditions.push_back(sends_condition(desired, snapshot));
}

}  // namespace petrel::ops
