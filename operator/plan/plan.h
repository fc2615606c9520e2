// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "operator/plan/member.h"
#include "operator/resources/resource.h"

// Deciding: from what is declared and what is there to what to do next. Pure: no I/O, no clock, no
// state between calls. Whoever runs it observes, decides, acts and begins again, and may die
// between any two actions; the next round begins from what is there then.

namespace petrel::ops {

// What is declared ------------------------------------------------------------------------------

struct DocumentState {
  // Grows with each change of the spec.
  int64_t generation = 1;
  // Wall clock, milliseconds since 1970. Of two documents for one name the older one holds it;
  // among equally old ones, the one with the smaller id.
  int64_t created_ms = 0;
  // It was taken away, and is kept until all that follows from that is done.
  bool deleting = false;
};

// A document that was applied, with its spec parsed. Immutable and shared: thousands of them are
// decided about in each round.
template <typename Spec>
struct Declared : DocumentState {
  // Resource::id(), "PetrelTopic/orders".
  std::string id;
  Spec spec;
};

using DeclaredCluster = Declared<ClusterSpec>;
using DeclaredTopic = Declared<TopicSpec>;
using DeclaredGroup = Declared<GroupSpec>;

// The resource is of that kind.
std::shared_ptr<const DeclaredCluster> declared_cluster(const Resource& resource);
std::shared_ptr<const DeclaredTopic> declared_topic(const Resource& resource);
std::shared_ptr<const DeclaredGroup> declared_group(const Resource& resource);

struct Desired {
  // Null: there is none, or none any more. Then no action but kForgetDocument follows.
  std::shared_ptr<const DeclaredCluster> cluster;
  std::vector<std::shared_ptr<const DeclaredTopic>> topics;
  std::vector<std::shared_ptr<const DeclaredGroup>> groups;
  // What each member should run, as a digest of configuration and program. Holds the members that
  // the cluster declares and those broker groups that exist beyond.
  std::map<MemberId, std::string> members;
};

// What is there ---------------------------------------------------------------------------------

// What is wrong with the messages that a member should have; an empty reason: nothing. It is
// neither started nor taken down before that is settled.
struct DataProblem {
  // One word in CamelCase, for programs; and a sentence for people.
  std::string reason;
  std::string message;
  bool empty() const { return reason.empty(); }
};

struct ObservedMember {
  // It is there and has not ended; it may be on its way to its end.
  bool running = false;
  // Answers that it serves.
  bool ready = false;
  // For how long, as far as that is known: it may be less than told, as of one that was ready
  // before anybody looked.
  int64_t ready_for_ms = std::numeric_limits<int64_t>::max();
  // On its way to its end: nothing is to be done with it before that.
  bool stopping = false;
  // It ended, or never began, although this reconciler started it, and starting it again would not
  // help: why. Empty otherwise.
  std::string failure;
  // Why it is not ready, as far as its surroundings tell: "Pod is not scheduled: 0/3 nodes ...".
  // It is not to be expected soon.
  std::string waiting;
  // Why it is not ready, in its own words, or that it answers nothing: for people, as it may be
  // ready the next moment.
  std::string says;
  // What the running process was started with.
  std::string digest;
  // It can be started as it ran last (Action::as_before), with something else than what it should
  // run now.
  bool has_previous = false;
  DataProblem data;
};

// What the program of a role says of what its members should run.
struct ConfigurationCheck {
  enum class State { kUnknown, kUnderWay, kPassed, kRefused };
  State state = State::kUnknown;
  // Why it takes its time, or what the program refuses.
  std::string message;
};

struct TopicStats {
  int64_t messages = 0;
  int64_t size_bytes = 0;
  // When the oldest message was stored, wall clock in ms since 1970; 0 without messages.
  int64_t oldest_message_ms = 0;
  friend bool operator==(const TopicStats&, const TopicStats&) = default;
};

struct GroupStats {
  // Messages not yet delivered, and those delivered and not acknowledged, their time over or not.
  int64_t lag = 0;
  int64_t in_flight = 0;
  // Connected clients.
  int32_t members = 0;
  friend bool operator==(const GroupStats&, const GroupStats&) = default;
};

// Queues that are read and not written: those from write_queues on.
struct ClosingQueues {
  int64_t messages = 0;
  // The most that one consumer group has not acknowledged of them, and which group; -1: no group
  // reads the topic.
  int64_t unread = 0;
  std::string unread_by;
  friend bool operator==(const ClosingQueues&, const ClosingQueues&) = default;
};

struct TopicContent {
  TopicSettings settings;
  TopicStats stats;
  ClosingQueues closing;
};

struct GroupContent {
  GroupSettings settings;
  GroupStats stats;
};

// What a broker tells of itself as soon as it changes.
struct BrokerSigns {
  // How many it is to register with, and how many of them hold its topics as they are.
  int nameservers = 0;
  int registered = 0;
  // Since when it refuses sends because its disk is full, wall clock in ms since 1970; 0: it does
  // not.
  int64_t sends_refused_since_ms = 0;
  friend bool operator==(const BrokerSigns&, const BrokerSigns&) = default;
};

// "disk full, sends are refused since 2026-11-30T16:00:00Z", for people.
std::string describe_refusal(int64_t since_ms);

// All topics and groups of one broker, as it told them. Settings are never older than what this
// process wrote to the broker; stats may be some seconds old.
struct BrokerContent {
  // Which store the broker has; empty: it does not say.
  std::string store_id;
  BrokerSigns signs;
  std::map<std::string, TopicContent> topics;
  std::map<std::string, GroupContent> groups;
};

// Part of a cluster's spec that a runtime does not carry out.
struct Refusal {
  // One word in CamelCase, for programs; and a sentence for people that begins with the field.
  std::string reason;
  std::string message;
  // The cluster cannot serve as declared: it is not Ready, and nothing of it is started.
  bool blocking = false;
};

struct Snapshot {
  // Every member of which anything is there: a process, or data.
  std::map<MemberId, ObservedMember> members;
  // Of brokers that answer. Never null.
  std::map<MemberId, std::shared_ptr<const BrokerContent>> brokers;
  // Of each role whose program can be asked, by kCheckConfiguration, before a member is stopped for
  // a new configuration. A role that is not here needs no check.
  std::map<Role, ConfigurationCheck> checks;
  // What the runtime keeps beside the members and is not as it should be, named as it likes:
  // "Service/demo-brokers". Each is repaired by an action kRepairObject.
  std::vector<std::string> objects_to_repair;
  // Those of them that would be lost with the cluster's document although they are to be kept: they
  // are repaired in a paused cluster too.
  std::vector<std::string> objects_to_save;
  std::vector<Refusal> refusals;
};

// What to do ------------------------------------------------------------------------------------

enum class ActionKind {
  // Begins to ask the program of member.role whether it takes what its members should run; the
  // answer is in Snapshot::checks. No member is touched.
  kCheckConfiguration,
  // Applies, or removes, one of Snapshot::objects_to_repair.
  kRepairObject,
  kStartMember,
  kStopMember,
  // Stops a member so that it starts with what it should run; the runtime may start it at once, or
  // leave that to a later kStartMember.
  kRestartMember,
  kApplyTopics,
  kDeleteTopics,
  kApplyGroups,
  kDeleteGroups,
  // All that follows from a document's deletion is done: drop it.
  kForgetDocument,
};

// About topics or groups of a broker; the others are about members and documents.
bool is_content(ActionKind kind);

// The most topics or groups in one action.
inline constexpr size_t kActionNamesMax = 1000;

struct Action {
  ActionKind kind = ActionKind::kStartMember;
  // Of all but kRepairObject and kForgetDocument.
  MemberId member;
  // Of kStartMember: with what the member ran last, because what it should run is not known to be
  // any good.
  bool as_before = false;
  std::vector<TopicSettings> topics;
  // Of kApplyTopics: the first of the two steps to fewer queues, which are read on and not written.
  bool closes_queues = false;
  std::vector<GroupSettings> groups;
  // A group that is there is to begin elsewhere; where it has begun it goes on.
  bool keeps_positions = false;
  // Of topics or groups to delete.
  std::vector<std::string> names;
  // Of kDeleteTopics: those that have messages after all are to be left alone.
  bool only_empty = false;
  // Of kForgetDocument: Declared::id. Of kRepairObject: its name.
  std::string object;

  // "restart broker-1", for people.
  std::string describe() const;
};

// As in Kubernetes. Types: Ready; of clusters also Accepted (nothing of the spec is refused),
// Progressing (something is done or waited for), DataIntact (each broker has the messages that it
// had) and SendsTaken (no broker refuses sends for want of room).
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
  // By Declared::id.
  std::map<std::string, std::vector<Condition>> conditions;

  // Nothing to do and nothing to wait for: every document is ready and accepted. Whether sends are
  // taken follows from what clients send, and is not declared.
  bool converged() const;
  // Something failed, so that waiting is of no use.
  bool stuck = false;
};

Plan decide(const Desired& desired, const Snapshot& snapshot);

}  // namespace petrel::ops
