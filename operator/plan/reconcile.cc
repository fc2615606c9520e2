// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/plan/reconcile.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "common/status.h"

namespace petrel::ops {

namespace {

template <typename Documents>
void forget(Documents& documents, const std::string& id) {
  std::erase_if(documents,
                [&](const auto& document) { return document->deleting && document->id == id; });
}

bool refused(const Plan& plan) {
  for (const auto& [id, conditions] : plan.conditions) {
    for (const Condition& condition : conditions) {
      if (condition.type == "Accepted" && !condition.status) {
        return true;
      }
    }
  }
  return false;
}

// Whether the same action may well succeed a little later.
bool is_transient(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsAborted(status);
}

// Only what is refused keeps the plan from being converged.
bool all_ready(const Plan& plan) {
  for (const auto& [id, conditions] : plan.conditions) {
    for (const Condition& condition : conditions) {
      if (condition.type == "Ready" && !condition.status) {
        return false;
      }
    }
  }
  return plan.actions.empty();
}

template <typename Item>
void add_one_by_one(const Action& action, std::vector<Item> Action::*list,
                    std::vector<Action>& parts) {
  for (const Item& item : action.*list) {
    Action& part = parts.emplace_back();
    part.kind = action.kind;
    part.member = action.member;
    part.only_empty = action.only_empty;
    (part.*list).push_back(item);
  }
}

// Each topic or group of a call by itself.
std::vector<Action> one_by_one(const Action& action) {
  std::vector<Action> parts;
  add_one_by_one(action, &Action::topics, parts);
  add_one_by_one(action, &Action::groups, parts);
  add_one_by_one(action, &Action::names, parts);
  return parts;
}

// Without what it costs, which is said of it in one call and may not be in another one.
Action plain(Action action) {
  action.closes_queues = false;
  action.keeps_positions = false;
  return action;
}

// Does the actions of one round after the other, each unless it was refused before.
class Actor {
 public:
  Actor(Runtime& runtime, const Progress& progress) : runtime_(runtime), progress_(progress) {}

  void begin_round() {
    tried_ = false;
    unreached_.clear();
  }

  // Tells of each action that is done. Whether all of it is done.
  bool act(const Action& action) {
    if (!is_content(action.kind)) {
      return refused_.contains(action.describe()) ? false : perform(action);
    }
    // Most calls have never been refused, and go as they are.
    const std::vector<Action> parts = one_by_one(action);
    const bool any_refused = std::any_of(parts.begin(), parts.end(), [&](const Action& part) {
      return refused_.contains(part.describe());
    });
    return any_refused ? act_on_each(parts) : perform(action);
  }

  // Something was done, or not reached, since begin_round().
  bool tried() const { return tried_; }
  bool reached_all() const { return unreached_.empty(); }
  int64_t done() const { return done_; }
  // A start or stop of the member was refused, so that there is nothing to wait for.
  bool gave_up_on(const MemberId& member) const { return given_up_.contains(member); }

  std::vector<absl::Status> errors() const {
    std::vector<absl::Status> all;
    for (const auto& [action, status] : refused_) {
      all.push_back(annotate(status, action));
    }
    all.insert(all.end(), unreached_.begin(), unreached_.end());
    return all;
  }

 private:
  bool act_on_each(const std::vector<Action>& parts) {
    bool all = true;
    for (const Action& part : parts) {
      all &= !refused_.contains(part.describe()) && perform(part);
    }
    return all;
  }

  bool perform(const Action& action) {
    tried_ = true;
    progress_(action);
    const absl::Status acted = runtime_.act(action);
    if (acted.ok()) {
      ++done_;
      return true;
    }
    if (is_transient(acted)) {
      unreached_.push_back(annotate(acted, action.describe()));
      return false;
    }
    if (action.topics.size() + action.groups.size() + action.names.size() > 1) {
      return act_on_each(one_by_one(action));
    }
    refused_[plain(action).describe()] = acted;
    if (!is_content(action.kind)) {
      given_up_.insert(action.member);
    }
    return false;
  }

  Runtime& runtime_;
  const Progress& progress_;
  std::map<std::string, absl::Status> refused_;  // by Action::describe()
  std::set<MemberId> given_up_;
  std::vector<absl::Status> unreached_;
  bool tried_ = false;
  int64_t done_ = 0;
};

// Whether members are on their way, which may bring new actions.
bool members_pending(const Desired& desired, const Snapshot& snapshot, const Actor& actor) {
  return std::any_of(desired.members.begin(), desired.members.end(), [&](const auto& wanted) {
    const auto found = snapshot.members.find(wanted.first);
    const bool ready = found != snapshot.members.end() && found->second.ready;
    const bool failed = found != snapshot.members.end() && !found->second.failure.empty();
    return !ready && !failed && !actor.gave_up_on(wanted.first);
  });
}

void tell_wait(const Plan& plan, const Waits& waits) {
  for (const auto& [id, conditions] : plan.conditions) {
    for (const Condition& condition : conditions) {
      const bool members = condition.reason == "MemberOutdated" ||
                           condition.reason == "MemberNotReady" ||
                           condition.reason == "MemberNotRunning";
      if (condition.type == "Ready" && members) {
        waits(condition.message);
      }
    }
  }
}

}  // namespace

absl::StatusOr<ReconcileResult> reconcile(Desired& desired, Runtime& runtime, const Clock& clock,
                                          int64_t timeout_ms, const Progress& progress,
                                          const Waits& waits) {
  int64_t deadline_us = clock.mono_us() + timeout_ms * 1000;
  Actor actor(runtime, progress);
  ReconcileResult result;
  while (true) {
    PETREL_ASSIGN_OR_RETURN(const Snapshot snapshot, runtime.observe());
    result.plan = decide(desired, snapshot);
    const bool settled =
        result.plan.converged() || (refused(result.plan) && all_ready(result.plan));
    if (settled || (result.plan.stuck && result.plan.actions.empty()) ||
        clock.mono_us() >= deadline_us) {
      return result;
    }
    actor.begin_round();
    for (const Action& action : result.plan.actions) {
      if (!actor.act(action)) {
        continue;
      }
      if (action.kind == ActionKind::kForgetDocument) {
        forget(desired.topics, action.object);
        forget(desired.groups, action.object);
      } else if (!is_content(action.kind)) {
        deadline_us = clock.mono_us() + timeout_ms * 1000;
      }
    }
    result.actions_done = actor.done();
    result.errors = actor.errors();
    const bool only_refused = !result.plan.actions.empty() && !actor.tried();
    if (only_refused && !members_pending(desired, snapshot, actor)) {
      return result;
    }
    if (!actor.tried() || !actor.reached_all()) {
      tell_wait(result.plan, waits);
      runtime.wait();
    }
  }
}

}  // namespace petrel::ops
