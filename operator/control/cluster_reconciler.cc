// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/control/cluster_reconciler.h"

#include <absl/hash/hash.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"

namespace petrel::ops {
namespace {

using k8s::Json;
using DocumentPointer = std::shared_ptr<const IndexedDocument>;

constexpr log::Logger kLog("reconcile");

// A round that goes on acting for longer lets other clusters have a turn.
constexpr int kPassesMax = 8;

size_t fingerprint(const std::vector<Condition>& conditions) {
  size_t result = conditions.size();
  for (const Condition& condition : conditions) {
    result = absl::HashOf(result, condition.type, condition.status, condition.reason,
                          condition.message, condition.observed_generation);
  }
  return result;
}

// What is counted, and what an event says of a success; the latter is empty for what concerns a
// topic or group, which tells it in its own status.
struct ActionWords {
  const char* call = "";
  const char* event = "";
};
ActionWords words_of(ActionKind kind) {
  switch (kind) {
    case ActionKind::kCheckConfiguration:
      return {"", "Checking"};
    case ActionKind::kRepairObject:
      return {"", "Repaired"};
    case ActionKind::kStartMember:
      return {"", "Created"};
    case ActionKind::kStopMember:
      return {"", "Stopped"};
    case ActionKind::kRestartMember:
      return {"", "Restarted"};
    case ActionKind::kApplyTopics:
      return {"apply_topics", ""};
    case ActionKind::kDeleteTopics:
      return {"delete_topics", ""};
    case ActionKind::kApplyGroups:
      return {"apply_groups", ""};
    case ActionKind::kDeleteGroups:
      return {"delete_groups", ""};
    case ActionKind::kForgetDocument:
      return {"", ""};
  }
  return {};
}

// The same call will not do better later.
bool is_refusal(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status) ||
         absl::IsNotFound(status) || absl::IsPermissionDenied(status);
}

DocumentKind kind_of(ActionKind kind) {
  return kind == ActionKind::kApplyTopics || kind == ActionKind::kDeleteTopics
             ? DocumentKind::kTopic
             : DocumentKind::kGroup;
}

// Topics and groups that a change of content is about.
std::vector<std::string> names_of(const Action& action) {
  std::vector<std::string> names = action.names;
  for (const TopicSettings& topic : action.topics) {
    names.push_back(topic.name);
  }
  for (const GroupSettings& group : action.groups) {
    names.push_back(group.name);
  }
  return names;
}

// An action has one list; the second half is empty when it has one item.
std::pair<Action, Action> halves(const Action& action) {
  Action first = action;
  Action second = action;
  const auto split = [](auto& front, auto& back) {
    const auto middle = static_cast<std::ptrdiff_t>((front.size() + 1) / 2);
    back.erase(back.begin(), back.begin() + middle);
    front.erase(front.begin() + middle, front.end());
  };
  split(first.topics, second.topics);
  split(first.groups, second.groups);
  split(first.names, second.names);
  return {std::move(first), std::move(second)};
}

// The name on brokers of a topic or group that could be read.
const std::string& wire_name(const IndexedDocument& document) {
  static const std::string kNone;
  return document.topic != nullptr   ? document.topic->spec.settings.name
         : document.group != nullptr ? document.group->spec.settings.name
                                     : kNone;
}

// Whether the object has these conditions, whatever else its status tells.
bool says_but_for_stats(const Json& object, WantedStatus wanted) {
  const auto status = object.find("status");
  if (status == object.end() || !status->is_object()) {
    return false;
  }
  wanted.fields = *status;
  return !status_patch(object, wanted, 0).has_value();
}

}  // namespace

struct ClusterReconciler::Round {
  DocumentIndex::Documents documents;
  // Documents that are not to be touched now: their finalizer could not be written.
  std::set<std::string> left_out;
  std::shared_ptr<const Json> cluster_object;
  Desired desired;
  Snapshot snapshot;
  Plan plan;
  // Of the last pass: what failed and why; and what came of calls about single topics and groups.
  struct Failure {
    bool of_content = false;
    std::string what;
  };
  std::vector<Failure> failures;
  struct ItemFailure {
    bool refused = false;  // the same call will not do better later
    std::string message;
  };
  std::map<std::pair<DocumentKind, std::string>, ItemFailure> failed_items;
  Result result;

  template <typename Visit>
  void for_each_item(const Visit& visit) const {
    for (const DocumentPointer& document : documents.topics) {
      visit(document);
    }
    for (const DocumentPointer& document : documents.groups) {
      visit(document);
    }
  }
};

ClusterReconciler::ClusterReconciler(k8s::ObjectKey cluster, const ReconcilerParts& parts,
                                     std::function<void()> on_change)
    : cluster_(std::move(cluster)), parts_(parts), on_change_(std::move(on_change)) {}

bool ClusterReconciler::is_alive(const DocumentIndex::Documents& documents) const {
  return documents.cluster != nullptr && !documents.cluster->deleting;
}

ClusterReconciler::Result ClusterReconciler::reconcile() {
  Round round;
  round.documents = parts_.index.documents(cluster_);
  if (round.documents.empty()) {
    round.result.gone = true;
    return round.result;
  }
  if (is_alive(round.documents)) {
    round.cluster_object =
        parts_.caches.documents(DocumentKind::kCluster, cluster_.resource_namespace).get(cluster_);
    if (round.cluster_object == nullptr) {
      return round.result;  // the news of its end are on their way
    }
  }
  if (!is_alive(round.documents)) {
    runtime_.reset();
  }
  settle_finalizers(round);
  declare(round);
  if (!is_alive(round.documents) || round.desired.cluster != nullptr) {
    run_passes(round);
  }
  tell_statuses(round);
  return round.result;
}

// A document gets its finalizer before anything is done about it on a broker, so that nothing is
// left behind when it is deleted.
void ClusterReconciler::settle_finalizers(Round& round) {
  std::vector<DocumentPointer> to_add;
  std::vector<DocumentPointer> to_remove;
  round.for_each_item([&](const DocumentPointer& document) {
    if (document->deleting && document->has_finalizer && !document->problem.empty()) {
      // Nobody can tell what it wanted to be deleted, so nothing is.
      leave_behind(*document);
      to_remove.push_back(document);
      return;
    }
    if (document->deleting || document->has_finalizer == document->needs_finalizer) {
      return;
    }
    if (!document->needs_finalizer) {
      to_remove.push_back(document);
    } else if (is_alive(round.documents)) {
      to_add.push_back(document);
    }
  });
  auto failures = parts_.writer.set_finalizers(to_add, true);
  failures.merge(parts_.writer.set_finalizers(to_remove, false));
  for (const auto& [id, status] : failures) {
    round.left_out.insert(id);
    round.result.status = annotate(status, concat("finalizer of ", id));
  }
}

void ClusterReconciler::leave_behind(const IndexedDocument& document) {
  const auto object =
      parts_.caches.documents(document.kind, document.key.resource_namespace).get(document.key);
  if (object != nullptr) {
    parts_.events.warning(
        *object, "LeftBehind", "Reconcile",
        concat("deleted without a look at brokers, as it cannot be read: ", document.problem));
  }
}

void ClusterReconciler::declare(Round& round) {
  round.for_each_item([&](const DocumentPointer& document) {
    if (round.left_out.contains(document->id)) {
      return;
    }
    if (document->topic != nullptr) {
      round.desired.topics.push_back(document->topic);
    } else if (document->group != nullptr) {
      round.desired.groups.push_back(document->group);
    }
  });
  if (!is_alive(round.documents) || round.documents.cluster->cluster == nullptr) {
    return;
  }
  if (runtime_ == nullptr) {
    runtime_ = parts_.make_runtime(cluster_, on_change_);
  }
  round.desired.cluster = round.documents.cluster->cluster;
  round.desired.members = runtime_->declare(*round.desired.cluster, *round.cluster_object);
}

void ClusterReconciler::run_passes(Round& round) {
  for (int pass = 0; pass < kPassesMax; ++pass) {
    round.snapshot = Snapshot();
    if (runtime_ != nullptr) {
      absl::StatusOr<Snapshot> snapshot = runtime_->observe();
      if (!snapshot.ok()) {
        round.result.status = annotate(snapshot.status(), "observing");
        return;
      }
      round.snapshot = *std::move(snapshot);
    }
    round.plan = decide(round.desired, round.snapshot);
    round.failures.clear();
    round.failed_items.clear();
    std::vector<std::string> to_forget;
    bool progress = false;
    for (const Action& action : round.plan.actions) {
      if (!parts_.may_act()) {
        round.result.more = true;
        return;
      }
      if (action.kind == ActionKind::kForgetDocument) {
        to_forget.push_back(action.object);
      } else {
        progress |= act(round, action);
      }
    }
    forget(round, to_forget);
    if (round.plan.actions.empty() || (!progress && to_forget.empty())) {
      look_again(round);
      round.result.converged = round.plan.converged() && round.result.status.ok();
      return;
    }
  }
  round.result.more = true;
}

// What only an attempt shows, such as a name that is taken, is to stand in this round's status: one
// that says less would be written first, and be wrong.
void ClusterReconciler::look_again(Round& round) {
  if (round.failures.empty()) {
    return;
  }
  absl::StatusOr<Snapshot> snapshot = runtime_->observe();
  if (snapshot.ok()) {
    round.snapshot = *std::move(snapshot);
    round.plan = decide(round.desired, round.snapshot);
  }
}

// A broker applies all of a call or nothing. When it refuses, halves of the call are tried, so that
// one topic that it does not take does not hold up a thousand others.
absl::Status ClusterReconciler::perform(Round& round, const Action& action) {
  const absl::Status status = runtime_->act(action);
  if (!is_content(action.kind) || status.ok()) {
    return status;
  }
  const bool refused = is_refusal(status);
  const auto [first, second] = halves(action);
  if (!refused || (second.topics.empty() && second.groups.empty() && second.names.empty())) {
    for (const std::string& name : names_of(action)) {
      round.failed_items[{kind_of(action.kind), name}] = {refused, std::string(status.message())};
    }
    return status;
  }
  const absl::Status of_first = perform(round, first);
  const absl::Status of_second = perform(round, second);
  return of_first.ok() ? of_second : of_first;
}

// Whether it was done.
bool ClusterReconciler::act(Round& round, const Action& action) {
  const absl::Status status = perform(round, action);
  if (is_content(action.kind)) {
    parts_.operator_metrics.broker_changed(words_of(action.kind).call, status.ok());
  }
  if (status.ok()) {
    kLog.info("done", {{"cluster", cluster_.str()}, {"action", action.describe()}});
  }
  tell_event(round, action, status);
  if (!status.ok()) {
    round.failures.push_back(
        {is_content(action.kind), concat(action.describe(), ": ", status.message())});
    round.result.status = annotate(status, action.describe());
  }
  return status.ok();
}

void ClusterReconciler::tell_event(const Round& round, const Action& action,
                                   const absl::Status& status) {
  const ActionWords words = words_of(action.kind);
  if (words.event[0] == '\0') {
    return;
  }
  const std::string note =
      status.ok() ? action.describe() : concat(action.describe(), ": ", status.message());
  if (status.ok()) {
    parts_.events.normal(*round.cluster_object, words.event, "Reconcile", note);
  } else {
    parts_.events.warning(*round.cluster_object, "Failed", "Reconcile", note);
  }
}

// Takes the documents out of what is desired, and lets the API server drop them.
void ClusterReconciler::forget(Round& round, const std::vector<std::string>& ids) {
  if (ids.empty()) {
    return;
  }
  const std::set<std::string> names(ids.begin(), ids.end());
  std::vector<DocumentPointer> documents;
  round.for_each_item([&](const DocumentPointer& document) {
    if (names.contains(document->id) && document->has_finalizer) {
      documents.push_back(document);
    }
  });
  const auto failures = parts_.writer.set_finalizers(documents, false);
  for (const auto& [id, status] : failures) {
    round.result.status = annotate(status, concat("finalizer of ", id));
  }
  std::erase_if(round.desired.topics, [&](const auto& topic) { return names.contains(topic->id); });
  std::erase_if(round.desired.groups, [&](const auto& group) { return names.contains(group->id); });
}

// Status ----------------------------------------------------------------------------------------

// What came of a call about a topic or group stands where the planner only says what is to be done.
void ClusterReconciler::tell_failed_items(Round& round) {
  if (round.failed_items.empty()) {
    return;
  }
  round.for_each_item([&](const DocumentPointer& document) {
    const auto failed = round.failed_items.find({document->kind, wire_name(*document)});
    if (failed == round.failed_items.end()) {
      return;
    }
    const auto& [refused, message] = failed->second;
    for (Condition& condition : round.plan.conditions[document->id]) {
      const bool is_acted_for = condition.reason == "Applying" || condition.reason == "Deleting";
      if (condition.type == "Ready" && !condition.status &&
          (refused ? condition.reason != "Conflict" : is_acted_for)) {
        condition.reason = refused ? "Refused" : "Failing";
        condition.message = message;
      }
    }
  });
}

void ClusterReconciler::note_silence(const Round& round) {
  for (const auto& [id, digest] : round.desired.members) {
    if (id.role == Role::kBroker && !round.snapshot.brokers.contains(id)) {
      silent_since_us_ = silent_since_us_ == 0 ? parts_.clock.mono_us() : silent_since_us_;
      return;
    }
  }
  silent_since_us_ = 0;
}

// It was Ready as it is declared now, and a broker is silent: the cluster tells that for all.
bool ClusterReconciler::is_in_doubt(const IndexedDocument& document,
                                    const std::vector<Condition>& conditions) const {
  const auto told = told_.find(document.id);
  const bool was_ready =
      document.ready_generation == document.generation ||
      (told != told_.end() && told->second.ready_generation == document.generation);
  return silent_since_us_ != 0 && !document.deleting && was_ready &&
         std::any_of(conditions.begin(), conditions.end(), [](const Condition& condition) {
           return condition.type == "Ready" && condition.reason == "BrokerNotAnswering";
         });
}

void ClusterReconciler::tell_statuses(Round& round) {
  note_silence(round);
  tell_failed_items(round);
  ++rounds_;
  stats_writes_.clear();
  tell_items(round);
  if (is_alive(round.documents)) {
    told_[round.documents.cluster->id].round = rounds_;
    const auto conditions = round.plan.conditions.find(round.documents.cluster->id);
    tell_cluster(round, conditions == round.plan.conditions.end() ? std::vector<Condition>()
                                                                  : conditions->second);
  }
  tell_stats();
  absl::erase_if(told_, [&](const auto& entry) { return entry.second.round != rounds_; });
}

void ClusterReconciler::tell_items(Round& round) {
  const Contents& contents = round.snapshot.brokers;
  round.for_each_item([&](const DocumentPointer& document) {
    told_[document->id].round = rounds_;
    if (!document->problem.empty()) {
      tell(document,
           {{.type = "Ready",
             .reason = "Invalid",
             .message = document->problem,
             .observed_generation = document->generation}},
           {}, [] { return Json::object(); });
      return;
    }
    if (is_alive(round.documents) && !round.documents.cluster->problem.empty()) {
      tell(document,
           {{.type = "Ready",
             .reason = "ClusterInvalid",
             .message = concat("PetrelCluster ", cluster_.name, " cannot be read"),
             .observed_generation = document->generation}},
           {}, [] { return Json::object(); });
      return;
    }
    const auto conditions = round.plan.conditions.find(document->id);
    if (conditions == round.plan.conditions.end() || is_in_doubt(*document, conditions->second)) {
      return;
    }
    const std::string& name = wire_name(*document);
    if (document->topic != nullptr) {
      tell(document, conditions->second, topic_fingerprints(name, contents),
           [&] { return topic_fields(name, contents); });
    } else {
      tell(document, conditions->second, group_fingerprints(name, contents),
           [&] { return group_fields(name, contents); });
    }
  });
}

// What waited longest goes first; what is not written now waits for a later round.
void ClusterReconciler::tell_stats() {
  const int64_t now_us = parts_.clock.mono_us();
  const int64_t earliest_us = now_us - kStatsWritesMax * kStatsWriteMs * 1000;
  stats_due_us_ = std::max(stats_due_us_, earliest_us);
  std::sort(stats_writes_.begin(), stats_writes_.end(),
            [](const StatsWrite& a, const StatsWrite& b) { return a.told_at_us < b.told_at_us; });
  for (const StatsWrite& each : stats_writes_) {
    if (stats_due_us_ > now_us) {
      break;
    }
    stats_due_us_ += kStatsWriteMs * 1000;
    each.write();
  }
  stats_writes_.clear();
}

void ClusterReconciler::tell_silence(std::vector<Condition>& conditions) const {
  if (silent_since_us_ == 0 || parts_.clock.mono_us() - silent_since_us_ < kSilenceMs * 1000) {
    return;
  }
  for (Condition& condition : conditions) {
    if (condition.type == "Ready" && condition.status) {
      condition.status = false;
      condition.reason = "BrokerNotAnswering";
      condition.message =
          "a broker does not answer the operator; topics and groups are as they were told last";
    }
  }
}

// What was tried and failed is not under way: a status that went on naming it would hide why, and
// since when.
void ClusterReconciler::tell_failures(const Round& round, std::vector<Condition>& conditions) {
  std::string of_all;
  std::string of_members;
  for (const Round::Failure& failure : round.failures) {
    of_all += concat("; cannot ", failure.what);
    if (!failure.of_content) {
      of_members += concat(of_members.empty() ? "cannot " : "; cannot ", failure.what);
    }
  }
  for (Condition& condition : conditions) {
    if (condition.type == "Ready" && !condition.status) {
      condition.message += of_all;
    } else if (condition.type == "Progressing" && condition.reason == "Acting" &&
               !of_members.empty() && !round.result.more) {
      condition.status = false;
      condition.reason = "Failing";
      condition.message = concat(of_members, "; tried again with growing waits");
    }
  }
}

void ClusterReconciler::tell_cluster(const Round& round, std::vector<Condition> conditions) {
  const DocumentPointer& document = round.documents.cluster;
  if (!document->problem.empty()) {
    conditions = {{.type = "Ready", .reason = "Invalid", .message = document->problem}};
    conditions.back().observed_generation = document->generation;
  }
  if (conditions.empty()) {
    return;  // observing failed: the status tells the last that was known
  }
  tell_silence(conditions);
  const auto& members = round.snapshot.members;
  parts_.operator_metrics.data_in_doubt(
      cluster_.resource_namespace, cluster_.name,
      std::count_if(members.begin(), members.end(),
                    [](const auto& member) { return !member.second.data.empty(); }));
  tell_failures(round, conditions);
  Json fields = runtime_ == nullptr ? Json::object() : runtime_->status_fields(round.snapshot);
  fields["topics"] = round.documents.topics.size();
  fields["groups"] = round.documents.groups.size();
  tell(document, conditions, {.settings = std::hash<Json>()(fields)}, [&] { return fields; });
}

// Writes the status unless the object is known to say all of it. What only traffic has changed is
// written now and then.
void ClusterReconciler::tell(const DocumentPointer& document,
                             const std::vector<Condition>& conditions,
                             const Fingerprints& fingerprints,
                             const std::function<Json()>& fields) {
  const size_t essence =
      absl::HashOf(fingerprint(conditions), fingerprints.settings, document->uid);
  const int64_t now_us = parts_.clock.mono_us();
  Told& told = told_[document->id];
  const bool is_recent =
      told.essence == essence &&
      (told.stats == fingerprints.stats || now_us - told.stats_at_us < kStatsPeriodMs * 1000);
  if (is_recent && told.resource_version == document->resource_version) {
    return;
  }
  const std::shared_ptr<const Json> object =
      parts_.caches.documents(document->kind, document->key.resource_namespace).get(document->key);
  if (object == nullptr) {
    return;
  }
  WantedStatus wanted{.observed_generation = document->generation, .conditions = conditions};
  if (is_recent && says_but_for_stats(*object, wanted)) {
    told.resource_version = document->resource_version;
    return;
  }
  wanted.fields = fields();
  const auto urgency =
      told.essence == essence ? DocumentWriter::Urgency::kLater : DocumentWriter::Urgency::kNow;
  const bool is_ready = std::any_of(
      conditions.begin(), conditions.end(),
      [](const Condition& condition) { return condition.type == "Ready" && condition.status; });
  const bool is_told = !status_patch(*object, wanted, parts_.clock.wall_ms()).has_value();
  const Told now_told{.essence = essence,
                      .stats = fingerprints.stats,
                      .resource_version = is_told ? document->resource_version : "",
                      .ready_generation = is_ready ? document->generation : 0,
                      .stats_at_us = now_us,
                      .round = rounds_};
  if (is_told) {
    told = now_told;
    return;
  }
  const auto write = [this, document, wanted, urgency, now_told] {
    told_[document->id] = now_told;
    parts_.writer.write_status(document, wanted, urgency);
  };
  // An operator that has just begun takes what differs in a status of before for stats.
  const bool is_known = told.essence == essence || told.essence == 0;
  if (is_known && document->kind != DocumentKind::kCluster && says_but_for_stats(*object, wanted)) {
    stats_writes_.push_back({told.stats_at_us, document->id, write});
  } else {
    write();
  }
}

}  // namespace petrel::ops
