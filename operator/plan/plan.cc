// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/plan/plan.h"

#include <absl/time/time.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/concat.h"
#include "operator/plan/plan_content.h"
#include "operator/plan/plan_members.h"

namespace petrel::ops {

namespace {

std::string counted(size_t count, std::string_view what) {
  return concat(count, " ", what, count == 1 ? "" : "s");
}

std::string describe_apply(const Action& action) {
  if (action.topics.size() != 1) {
    return concat("apply ", counted(action.topics.size(), "topic"));
  }
  return concat(action.closes_queues ? "close queues of topic " : "apply topic ",
                action.topics.front().name);
}

}  // namespace

std::string describe_refusal(int64_t since_ms) {
  return concat(
      "disk full, sends are refused since ",
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMillis(since_ms), absl::UTCTimeZone()));
}

bool is_content(ActionKind kind) {
  return kind == ActionKind::kApplyTopics || kind == ActionKind::kDeleteTopics ||
         kind == ActionKind::kApplyGroups || kind == ActionKind::kDeleteGroups;
}

std::string Action::describe() const {
  switch (kind) {
    case ActionKind::kCheckConfiguration:
      return concat("check the configuration of ",
                    member.role == Role::kBroker ? "brokers" : "nameservers");
    case ActionKind::kRepairObject:
      return concat("repair ", object);
    case ActionKind::kStartMember:
      return concat("start ", member.name(), as_before ? " as it was before" : "");
    case ActionKind::kStopMember:
      return concat("stop ", member.name());
    case ActionKind::kRestartMember:
      return concat("restart ", member.name(), " with its new configuration");
    case ActionKind::kApplyTopics:
      return concat(describe_apply(*this), " on ", member.name());
    case ActionKind::kDeleteTopics:
      return names.size() == 1
                 ? concat("delete topic ", names[0], " on ", member.name())
                 : concat("delete ", counted(names.size(), "topic"), " on ", member.name());
    case ActionKind::kApplyGroups:
      return groups.size() == 1
                 ? concat("apply consumer group ", groups[0].name, " on ", member.name(),
                          keeps_positions ? ", which goes on where it has begun" : "")
                 : concat("apply ", counted(groups.size(), "consumer group"), " on ",
                          member.name());
    case ActionKind::kDeleteGroups:
      return names.size() == 1 ? concat("delete consumer group ", names[0], " on ", member.name())
                               : concat("delete ", counted(names.size(), "consumer group"), " on ",
                                        member.name());
    case ActionKind::kForgetDocument:
      return concat("forget ", object);
  }
  return "";
}

bool Plan::converged() const {
  if (!actions.empty()) {
    return false;
  }
  for (const auto& [id, list] : conditions) {
    if (!std::all_of(list.begin(), list.end(), [](const Condition& c) {
          return c.status || c.type == "Progressing" || c.type == "SendsTaken";
        })) {
      return false;
    }
  }
  return true;
}

Plan decide(const Desired& desired, const Snapshot& snapshot) {
  Plan plan;
  plan_members(desired, snapshot, plan);
  plan_topics(desired, snapshot, plan);
  plan_groups(desired, snapshot, plan);
  return plan;
}

}  // namespace petrel::ops
