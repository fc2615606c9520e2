// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/plan/simulated_world.h"

#include "common/check.h"
#include "common/status.h"

namespace petrel::ops {

absl::StatusOr<Snapshot> SimulatedWorld::observe() {
  Snapshot snapshot;
  for (const auto& [id, member] : members) {
    const bool ready = member.running && member.rounds_until_ready == 0;
    snapshot.members[id] = {.running = member.running,
                            .ready = ready,
                            .failure = member.failure,
                            .digest = member.running ? member.digest : ""};
    if (ready && id.role == Role::kBroker) {
      snapshot.brokers[id] = member.content;
    }
  }
  return snapshot;
}

absl::Status SimulatedWorld::act(const Action& action) {
  PETREL_RETURN_IF_ERROR(before_action());
  ++actions;
  Member& member = members[action.member];
  const bool ready = member.running && member.rounds_until_ready == 0;
  switch (action.kind) {
    case ActionKind::kStartMember:
      PETREL_CHECK(!member.running);
      [[fallthrough]];
    case ActionKind::kRestartMember:
      unsafe_restarts += ready && !all_others_ready(action.member);
      member.running = true;
      member.digest = desired.members.at(action.member);
      member.rounds_until_ready = rounds_until_ready;
      break;
    case ActionKind::kStopMember:
      PETREL_CHECK(action.member.role == Role::kNameserver);
      members.erase(action.member);
      break;
    case ActionKind::kApplyTopics:
      PETREL_CHECK(ready);
      for (const TopicSettings& topic : action.topics) {
        member.content.topics[topic.name] = topic;
      }
      break;
    case ActionKind::kDeleteTopics:
      PETREL_CHECK(ready);
      for (const std::string& name : action.names) {
        PETREL_CHECK_EQ(member.content.topics.erase(name), 1u);
      }
      break;
    case ActionKind::kApplyGroups:
      PETREL_CHECK(ready);
      for (const GroupSettings& group : action.groups) {
        member.content.groups[group.name] = group;
      }
      break;
    case ActionKind::kDeleteGroups:
      PETREL_CHECK(ready);
      for (const std::string& name : action.names) {
        PETREL_CHECK_EQ(member.content.groups.erase(name), 1u);
      }
      break;
    case ActionKind::kForgetDocument:
      forgotten.insert(action.document);
      break;
  }
  return absl::OkStatus();
}

void SimulatedWorld::wait() {
  clock.advance_ms(100);
  for (auto& [id, member] : members) {
    if (member.running && member.rounds_until_ready > 0) {
      --member.rounds_until_ready;
    }
  }
}

bool SimulatedWorld::all_others_ready(const MemberId& id) const {
  for (const auto& [other, digest] : desired.members) {
    const auto found = members.find(other);
    if (other != id && (found == members.end() || !found->second.running ||
                        found->second.rounds_until_ready > 0)) {
      return false;
    }
  }
  return true;
}

}  // namespace petrel::ops
