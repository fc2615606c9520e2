// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "operator/plan/member.h"
#include "operator/resources/resource.h"

// Deciding: from what is declared and what is there to what to do next. Pure: no I/O, no clock, no
// state between calls. Whoever runs it observes, decides, acts and begins again, and may die
// between any two actions; the next round begins from what is there then.

namespace petrel::ops {

// What is declared ------------------------------------------------------------------------------

// A document that was applied. Its generation grows with each change of its spec. It is kept, and
// `deleting`, from when it was taken away until all that follows from that is done.
struct Document {
  Resource resource;
  int64_t generation = 1;
  bool deleting = false;
};

struct Desired {
  Document cluster;
  std::vector<Document> topics;
  std::vector<Document> groups;
  // What each member should run, as a digest of configuration and program. Holds the members that
  // the cluster declares and those broker groups that exist beyond.
  std::map<MemberId, std::string> members;
};

// What is there ---------------------------------------------------------------------------------

struct ObservedMember {
  bool running = false;
  // Answers that it serves.
  bool ready = false;
  // It ended, or never began, although this reconciler started it: why. Empty otherwise.
  std::string failure;
  // What the running process was started with.
  std::string digest;
};

// Topics and groups of a broker that answered.
struct BrokerContent {
  std::map<std::string, TopicSettings> topics;
  std::map<std::string, GroupSettings> groups;
};

struct Snapshot {
  // Every member of which anything is there: a process, or data.
  std::map<MemberId, ObservedMember> members;
  std::map<MemberId, BrokerContent> brokers;
};

// What to do ------------------------------------------------------------------------------------

enum class ActionKind {
  kStartMember,
  kStopMember,
  kRestartMember,
  kApplyTopics,
  kDeleteTopics,
  kApplyGroups,
  kDeleteGroups,
  // All that follows from a document's deletion is done: drop it.
  kForgetDocument,
};

struct Action {
  ActionKind kind = ActionKind::kStartMember;
  // Of all but kForgetDocument.
  MemberId member;
  std::vector<TopicSettings> topics;
  std::vector<GroupSettings> groups;
  // Of topics or groups to delete.
  std::vector<std::string> names;
  // Resource::id().
  std::string document;

  // "restart broker-1", for people.
  std::string describe() const;
};

// As in Kubernetes. Types: Ready; and Accepted, only when part of a spec is refused.
struct Condition {
  std::string type;
  bool status = false;
  // One word in CamelCase, for programs.
  std::string reason;
  // A sentence, for people.
  std::string message;
  int64_t observed_generation = 0;
  friend bool operator==(const Condition&, const Condition&) = default;
};

struct Plan {
  // Independent of each other: each may fail, or be left out, without harm to the others.
  std::vector<Action> actions;
  // By Resource::id().
  std::map<std::string, std::vector<Condition>> conditions;

  // Nothing to do and nothing to wait for: every document is ready and accepted.
  bool converged() const;
  // Something failed, so that waiting is of no use.
  bool stuck = false;
};

Plan decide(const Desired& desired, const Snapshot& snapshot);

}  // namespace petrel::ops
