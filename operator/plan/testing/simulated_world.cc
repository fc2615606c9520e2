// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/plan/testing/simulated_world.h"

#include <algorithm>
#include <memory>

#include "common/check.h"
#include "common/status.h"
#include "operator/plan/testing/broker_content.h"

namespace petrel::ops {

absl::StatusOr<Snapshot> SimulatedWorld::observe() {
  Snapshot snapshot;
  for (const auto& [id, member] : members) {
    const bool ready = is_ready(member);
    snapshot.members[id] = {.running = member.running,
                            .ready = ready,
                            .stopping = member.stopping,
                            .failure = member.failure,
                            .digest = member.running ? member.digest : ""};
    if (ready && id.role == Role::kBroker) {
      snapshot.brokers[id] = std::make_shared<BrokerContent>(member.content);
    }
  }
  snapshot.objects_to_repair.assign(objects_to_repair.begin(), objects_to_repair.end());
  return snapshot;
}

absl::Status SimulatedWorld::act(const Action& action) {
  PETREL_RETURN_IF_ERROR(before_action());
  if (refuses(action)) {
    return absl::InvalidArgumentError("refused");
  }
  ++actions;
  switch (action.kind) {
    case ActionKind::kRepairObject:
      PETREL_CHECK_EQ(objects_to_repair.erase(action.object), 1u);
      break;
    case ActionKind::kStartMember:
      PETREL_CHECK(!members[action.member].running);
      begin(members[action.member], action.member);
      break;
    case ActionKind::kRestartMember: {
      Member& member = members.at(action.member);
      PETREL_CHECK(member.running && !member.stopping);
      unsafe_restarts += is_ready(member) && !all_others_ready(action.member);
      if (restarts_in_one_step_) {
        begin(member, action.member);
      } else {
        member.stopping = true;
        member.rounds_left = rounds_until_ready;
      }
      break;
    }
    case ActionKind::kStopMember:
      PETREL_CHECK(action.member.role == Role::kNameserver);
      members.erase(action.member);
      break;
    case ActionKind::kForgetDocument:
      forgotten.insert(action.object);
      break;
    default:
      return change_content(action, members.at(action.member));
  }
  return absl::OkStatus();
}

bool SimulatedWorld::refuses(const Action& action) const {
  return (action.kind == ActionKind::kStartMember && refused_members.contains(action.member)) ||
         std::any_of(action.topics.begin(), action.topics.end(), [&](const TopicSettings& topic) {
           return refused_topics.contains(topic.name);
         });
}

absl::Status SimulatedWorld::change_content(const Action& action, Member& member) {
  PETREL_CHECK(is_ready(member));
  PETREL_CHECK(is_content(action.kind));
  for (const std::string& name : action.names) {
    if (action.kind == ActionKind::kDeleteTopics) {
      const TopicContent& topic = member.content.topics.at(name);
      PETREL_CHECK(!action.only_empty || topic.stats.messages == 0);
    } else {
      PETREL_CHECK(member.content.groups.contains(name));
    }
  }
  apply_content(action, member.content);
  return absl::OkStatus();
}

void SimulatedWorld::begin(Member& member, const MemberId& id) const {
  member.running = true;
  member.digest = desired.members.at(id);
  member.rounds_left = rounds_until_ready;
}

void SimulatedWorld::wait() {
  clock.advance_ms(100);
  for (auto& [id, member] : members) {
    if (!member.running || member.rounds_left == 0 || --member.rounds_left > 0) {
      continue;
    }
    if (member.stopping) {
      member.stopping = false;
      member.running = false;
    }
  }
}

bool SimulatedWorld::is_ready(const Member& member) const {
  return member.running && !member.stopping && member.rounds_left == 0;
}

bool SimulatedWorld::all_others_ready(const MemberId& id) const {
  for (const auto& [other, digest] : desired.members) {
    const auto found = members.find(other);
    if (other != id && (found == members.end() || !is_ready(found->second))) {
      return false;
    }
  }
  return true;
}

}  // namespace petrel::ops
