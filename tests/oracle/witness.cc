// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/witness.h"

#include <algorithm>
#include <set>
#include <utility>

#include "broker/core/changes.h"
#include "broker/core/leases.h"
#include "common/check.h"
#include "common/concat.h"
#include "store/log/record.h"

namespace petrel::oracle {

using core::OutcomeCode;

Witness::Witness(World& world, Totals& totals)
    : world_(world),
      totals_(totals),
      options_(world.options().assembly.core),
      live_(options_.renew_interval_ms, options_.in_flight_per_queue_max),
      durable_(live_),
      last_turn_us_(world.clock.mono_us()) {}

absl::Status Witness::status() const {
  if (!problem_.empty()) {
    return absl::InternalError(concat("the model says: ", problem_));
  }
  return live_.problem().empty() ? absl::OkStatus()
                                 : absl::InternalError(concat("the model says: ", live_.problem()));
}

void Witness::wrong(std::string what) {
  if (problem_.empty()) {
    problem_ = std::move(what);
  }
}

void Witness::record(Entry entry) {
  entry.apply(live_);
  entry.first_record = state_records_;
  entry.last_record = std::max(state_records_, world_.state_records() - (in_batch_ ? 0 : 1));
  journal_.push_back(std::move(entry));
}

// The log may have failed before anybody was told.
bool Witness::is_blind() {
  blind_ = blind_ || world_.has_failed();
  return blind_;
}

void Witness::note_failure(const core::Outcome& outcome) {
  blind_ = blind_ || (disk_fails_ && outcome.code == OutcomeCode::kStoreFailed);
}

// A broken disk may not keep up for a while before it has failed.
bool Witness::may_be_refused(const core::Outcome& outcome) {
  return !outcome.ok() && (is_blind() || (disk_fails_ && outcome.code == OutcomeCode::kOverloaded));
}

bool Witness::expect(OutcomeCode expected, const core::Outcome& outcome, const char* what) {
  ++totals_.answers_checked;
  if (may_be_refused(outcome)) {
    return false;
  }
  if (outcome.code != expected) {
    wrong(concat(what, " is answered ", static_cast<int>(outcome.code), " '", outcome.text,
                 "' instead of ", static_cast<int>(expected)));
  }
  return outcome.ok();
}

// --- turns and lives -----------------------------------------------------------------------------

// The broker has just started, or stood still: then it does not know who is back.
void Witness::begin_grace(bool stood_still) {
  connections_.stood_still = stood_still;
  connections_.were_back = stood_still ? std::set<std::string>() : connections_.connected;
  connections_.grace_ends_ms = now_ms() + core::Leases::kGraceMs;
  last_turn_us_ = world_.clock.mono_us();
}

void Witness::begin_turn() {
  ++turn_;
  if (world_.clock.mono_us() - last_turn_us_ >= core::Leases::kAwayUs) {
    begin_grace(/*stood_still=*/true);
  }
  last_turn_us_ = world_.clock.mono_us();
  in_batch_ = true;
  state_records_ = world_.state_records();
}

void Witness::end_turn() {
  const int64_t end = world_.store().log().end().value();
  turn_ends_[turn_] = end;
  in_batch_ = false;
  if (turn_ends_.size() > 1'000 && turns_.empty()) {
    turn_ends_.erase(turn_ends_.begin(), std::prev(turn_ends_.end()));
  }
  observe_waiting();
  observe_dead_letters();
  for (const auto& [name, group] : live_.groups) {
    for (const auto& [topic, positions] : group.topics) {
      observe_gone(name, topic);
    }
  }
  observe_marks(/*anew=*/false);
  for (auto entry = journal_.rbegin(); entry != journal_.rend() && entry->end < 0; ++entry) {
    entry->end = end;
  }
  for (auto& [id, receiver] : receivers_) {
    receiver.excused |= world_.is_loading();
    const bool late = receiver.parked && std::max(receiver.deadline_us, receiver.look_until_us) <=
                                             world_.clock.mono_us();
    if (late && !receiver.excused && !is_blind()) {
      wrong("a receive waits longer than it asked for");
    }
  }
  log_moved();
}

void Witness::log_moved() {
  if (is_blind()) {
    return;
  }
  const int64_t synced = world_.store().log().progress().synced.value();
  while (!journal_.empty() && journal_.front().end >= 0 && journal_.front().end <= synced) {
    journal_.front().apply(durable_);
    journal_.pop_front();
  }
}

void Witness::life_ended() {
  receivers_.clear();
  turns_.clear();
  turn_ends_.clear();
  filters_.clear();
  lost_.clear();
  given_up_.clear();
  asked_in_time_.clear();
  blind_ = false;
  disk_fails_ = false;
  disk_full_ = false;
}

void Witness::life_began(store::LogOffset end, int64_t state_records) {
  live_ = durable_;
  std::set<std::string> torn;  // groups whose consumption is; "": other things
  for (const Entry& entry : journal_) {
    const bool survives =
        entry.log_offset >= 0 ? entry.log_offset < end.value() : entry.first_record < state_records;
    if (survives && entry.log_offset < 0 && entry.last_record >= state_records) {
      torn.insert(entry.group);
    }
    if (survives && !entry.is_observed) {
      entry.apply(live_);
    }
  }
  live_.forget_problem();  // it was told when that happened
  journal_.clear();
  committed_ = end.value();
  live_.commit(committed_);
  state_records_ = state_records;
  totals_.torn_decisions += torn.empty() ? 0 : 1;
  if (torn.contains("")) {
    take_over_state();
  } else {
    for (const std::string& group : torn) {
      take_over_group(group);
    }
  }
  observe_mins();
  observe_lost();
  observe_marks(/*anew=*/true);
  begin_grace(/*stood_still=*/false);
  durable_ = live_;
  journal_.clear();
  compare_with_core();
}

void Witness::happened(World::Told told) {
  const int64_t committed = world_.store().committed().value();
  if (committed != committed_) {
    committed_ = committed;
    record([committed](Model& model) { model.commit(committed); });
    observe_mins();
  }
  if (told == World::Told::kDeletion) {
    observe_lost();
  } else if (told == World::Told::kBegin) {
    observe_begun();
  }
  state_records_ = world_.state_records();
}

void Witness::connection_changed(const std::string& client, bool connected) {
  if (connected) {
    connections_.connected.insert(client);
    if (!connections_.stood_still) {
      connections_.were_back.insert(client);
    }
  } else {
    connections_.connected.erase(client);
    connections_.gone_at_ms[client] = now_ms();
  }
}

// --- promises ------------------------------------------------------------------------------------

void Witness::note_promise(const core::Request& request) {
  turns_[&request] = turn_;
  state_records_ = world_.state_records();
}

void Witness::answered_promise(const core::Request& request) {
  const auto turn = turns_.find(&request);
  if (turn == turns_.end()) {
    return wrong("an answer to what was not decided");
  }
  const auto known = turn_ends_.find(turn->second);
  const int64_t end =
      known == turn_ends_.end() ? world_.store().log().end().value() : known->second;
  turns_.erase(turn);
  ++totals_.answers_checked;
  if (request.outcome.ok() && world_.promised().value() < end) {
    wrong(concat("an answer leaves when the log is safe up to ", world_.promised().value(),
                 " and what it promises ends at ", end));
  }
}

void Witness::answered_acks(const core::AckRequest& request) {
  const bool changed = std::any_of(request.entries.begin(), request.entries.end(),
                                   [](const auto& entry) { return entry.outcome.ok(); });
  if (changed) {
    return answered_promise(request);
  }
  turns_.erase(&request);
}

// --- topics and groups ---------------------------------------------------------------------------

core::TopicConfig Witness::complete(core::TopicConfig config) const {
  if (config.read_queues == 0) {
    config.read_queues = options_.default_queues;
  }
  if (config.write_queues == 0) {
    config.write_queues = config.read_queues;
  }
  if (config.permission == 0) {
    config.permission = core::permission::kRead | core::permission::kWrite;
  }
  config.message_type = core::MessageType::kNormal;
  return config;
}

void Witness::keep_set_topic(core::TopicConfig config) {
  record([config = std::move(config)](Model& model) { model.set_topic(config); });
}

bool Witness::ensure_topic(const std::string& name) {
  if (!live_.topics.contains(name) && options_.auto_create_topics) {
    core::TopicConfig config;
    config.name = name;
    keep_set_topic(complete(std::move(config)));
  }
  return live_.topics.contains(name);
}

bool Witness::ensure_group(const std::string& name) {
  if (!live_.groups.contains(name) && options_.auto_create_groups) {
    record([name](Model& model) { model.set_group({.name = name}); });
  }
  return live_.groups.contains(name);
}

void Witness::decided(const core::EnsureTopicRequest& request) {
  note_failure(request.outcome);
  if (!is_blind() || request.outcome.ok()) {
    const bool exists = ensure_topic(request.topic);
    expect(exists ? OutcomeCode::kOk : OutcomeCode::kTopicNotFound, request.outcome,
           "an ensured topic");
  }
  note_promise(request);
}

void Witness::decided(const core::ApplyTopicsRequest& request) {
  note_failure(request.outcome);
  bool valid = true;
  for (const core::TopicConfig& topic : request.topics) {
    valid &= (complete(topic).permission & ~6) == 0;
  }
  if (expect(valid ? OutcomeCode::kOk : OutcomeCode::kInvalidArgument, request.outcome,
             "a change of topics")) {
    std::vector<std::string> changed;
    for (const core::TopicConfig& topic : request.topics) {
      if (topic.retention_ms > 0) {
        int64_t& shortest =
            shortest_retention_ms_.try_emplace(topic.name, topic.retention_ms).first->second;
        shortest = std::min(shortest, topic.retention_ms);
      }
      const int64_t before = live_.version;
      keep_set_topic(complete(topic));
      if (live_.version != before) {
        changed.push_back(topic.name);
      }
    }
    if (changed != request.changed || request.config_version != live_.version) {
      wrong("a change of topics tells of other changes");
    }
  }
  note_promise(request);
}

void Witness::decided(const core::ApplyGroupsRequest& request) {
  note_failure(request.outcome);
  if (expect(OutcomeCode::kOk, request.outcome, "a change of groups")) {
    std::vector<std::string> changed;
    for (const core::GroupConfig& group : request.groups) {
      const int64_t before = live_.version;
      record([group](Model& model) { model.set_group(group); });
      if (live_.version != before) {
        changed.push_back(group.name);
      }
    }
    if (changed != request.changed || request.config_version != live_.version) {
      wrong("a change of groups tells of other changes");
    }
  }
  note_promise(request);
}

void Witness::decided(const core::DeleteTopicsRequest& request) {
  note_failure(request.outcome);
  if (expect(OutcomeCode::kOk, request.outcome, "a deletion of topics")) {
    std::vector<std::string> deleted;
    std::vector<std::string> kept;
    for (const std::string& name : request.names) {
      const auto topic = live_.topics.find(name);
      if (topic == live_.topics.end()) {
        continue;
      }
      const int32_t queues =
          std::max(topic->second.config.read_queues, topic->second.config.write_queues);
      const bool empty = std::none_of(
          topic->second.queues.begin(), topic->second.queues.end(), [&](const auto& queue) {
            return queue.first < queues && !queue.second.messages.empty();
          });
      if (request.only_empty && !empty) {
        kept.push_back(name);
        continue;
      }
      deleted.push_back(name);
      std::erase_if(lost_, [&](const auto& lost) { return lost.first.first == name; });
      asked_in_time_.clear();
      record([name](Model& model) { model.remove_topic(name); });
    }
    if (deleted != request.deleted || kept != request.kept ||
        request.config_version != live_.version) {
      wrong("a deletion of topics tells of others");
    }
  }
  note_promise(request);
}

void Witness::decided(const core::DeleteGroupsRequest& request) {
  note_failure(request.outcome);
  if (expect(OutcomeCode::kOk, request.outcome, "a deletion of groups")) {
    std::vector<std::string> deleted;
    for (const std::string& name : request.names) {
      if (live_.groups.contains(name)) {
        deleted.push_back(name);
        asked_in_time_.clear();
        record([name](Model& model) { model.remove_group(name); });
      }
    }
    if (deleted != request.deleted || request.config_version != live_.version) {
      wrong("a deletion of groups tells of others");
    }
  }
  note_promise(request);
}

// --- messages ------------------------------------------------------------------------------------

void Witness::decided(const core::SendRequest& request) {
  note_failure(request.outcome);
  OutcomeCode expected = OutcomeCode::kOk;
  if (may_be_refused(request.outcome)) {
    return note_promise(request);
  }
  if (disk_full_) {
    expected = OutcomeCode::kDiskFull;
  } else if (!ensure_topic(request.topic)) {
    expected = OutcomeCode::kTopicNotFound;
  } else if ((live_.topics[request.topic].config.permission & core::permission::kWrite) == 0) {
    expected = OutcomeCode::kNoWritableQueue;
  }
  const bool no_room = disk_fails_ && request.outcome.code == OutcomeCode::kOverloaded;
  if (!no_room && !expect(expected, request.outcome, "a send")) {
    return note_promise(request);
  }
  const int32_t queues = live_.topics[request.topic].config.write_queues;
  for (const auto& message : request.messages) {
    if (message.log_offset == store::LogOffset(0)) {
      break;  // there was no room for it, nor for those behind
    }
    const auto view = store::decode_record(message.record, store::Verify::kStructure);
    PETREL_CHECK_OK(view.status());
    if (message.queue_id != request.messages.front().queue_id || message.queue_id >= queues) {
      wrong("a batch lies in several queues, or in one that there is not");
    }
    record(
        Entry{.apply = [topic = request.topic, queue_id = message.queue_id,
                        offset = message.queue_offset.value(),
                        stored = Model::Message{.log_offset = message.log_offset.value(),
                                                .size = static_cast<int64_t>(message.record.size()),
                                                .store_ms = now_ms(),
                                                .body = std::string(view->body),
                                                .tag = std::string(store::find_property(
                                                    view->properties, "TAGS"))}](
                           Model& model) { model.append(topic, queue_id, offset, stored); },
              .log_offset = message.log_offset.value()});
  }
  note_promise(request);
}

// --- consumers' words ----------------------------------------------------------------------------

void Witness::decided(const core::AckRequest& request) {
  note_failure(request.outcome);
  for (const auto& entry : request.entries) {
    if (may_be_refused(request.outcome)) {
      break;
    }
    const bool valid = live_.valid(request.group, request.topic, entry.handle, now_ms()) != nullptr;
    expect(valid ? OutcomeCode::kOk : OutcomeCode::kInvalidReceiptHandle, entry.outcome,
           "an acknowledgement");
    if (valid) {
      record_of(request.group,
                [group = request.group, topic = request.topic,
                 handle = entry.handle](Model& model) { model.acknowledge(group, topic, handle); });
    }
  }
  note_promise(request);
}

void Witness::decided(const core::ChangeInvisibleRequest& request,
                      const core::ReceiptHandle& handle) {
  note_failure(request.outcome);
  const bool valid = live_.valid(request.group, request.topic, handle, now_ms()) != nullptr;
  if (expect(valid ? OutcomeCode::kOk : OutcomeCode::kInvalidReceiptHandle, request.outcome,
             "a change of the invisible time") &&
      valid) {
    record_of(
        request.group,
        [group = request.group, topic = request.topic, handle, id = request.handle.delivery_id,
         at_ms = now_ms() + request.invisible_ms, suspend = request.suspend](Model& model) {
          model.extend(group, topic, handle, id, at_ms, suspend);
        });
  }
  note_promise(request);
}

// The core may find the message lost, or have it looked for again: it is held to what it chose.
void Witness::decided_mismatch(const std::string& group, const std::string& topic,
                               const core::ReceiptHandle& handle) {
  if (live_.find_open(group, topic, handle) != nullptr && !is_blind()) {
    const core::Subscription* const known = world_.core().state().find_subscription(group, topic);
    const core::GroupQueue* const queue = known == nullptr ? nullptr : known->find(handle.queue_id);
    const auto* const open = queue == nullptr ? nullptr : queue->find(handle.queue_offset);
    if (open == nullptr) {
      record([=](Model& model) { model.acknowledge(group, topic, handle); });
    } else if (open->delivery_id == handle.delivery_id) {
      wrong("a message that was not found is still with its consumer");
    } else {
      record([=, id = open->delivery_id, at_ms = now_ms() + 100](Model& model) {
        model.extend(group, topic, handle, id, at_ms, true);
      });
    }
  }
  state_records_ = world_.state_records();
}

}  // namespace petrel::oracle
