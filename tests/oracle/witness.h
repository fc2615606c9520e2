// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "broker/core/request.h"
#include "store/types.h"
#include "tests/oracle/model.h"
#include "tests/oracle/totals.h"
#include "tests/oracle/world.h"

namespace petrel::oracle {

// Sees what the core decides and answers, and holds it against the model. All that was decided and
// may still be lost is kept in a journal, behind a model of what may not: after a crash the model
// goes back as far as the log did, and the journal is played again.
//
// Calls of decided() come from the core's turn, in the order of decisions; those of answered() from
// its end.
class Witness {
 public:
  // All outlive it.
  Witness(World& world, Totals& totals);

  // OK as long as all is right.
  absl::Status status() const;

  void asked(const core::ReceiveRequest& request, Model::Tags tags);

  void decided(const core::SendRequest& request);
  void decided(const core::ReceiveRequest& request);
  void decided(const core::AckRequest& request);
  // The delivery may still be acknowledged.
  bool expects(const std::string& group, const std::string& topic,
               const core::ReceiptHandle& handle) {
    return live_.valid(group, topic, handle, now_ms()) != nullptr;
  }
  // `handle`: before it was changed.
  void decided(const core::ChangeInvisibleRequest& request, const core::ReceiptHandle& handle);
  // The client gives the message up; what comes of it is seen at the turn's end, or a later one's.
  void asked_to_give_up(const core::DeadLetterRequest& request);
  void answered(const core::DeadLetterRequest& request);
  void decided_mismatch(const std::string& group, const std::string& topic,
                        const core::ReceiptHandle& handle);
  void decided(const core::EnsureTopicRequest& request);
  void decided(const core::ApplyTopicsRequest& request);
  void decided(const core::DeleteTopicsRequest& request);
  void decided(const core::ApplyGroupsRequest& request);
  void decided(const core::DeleteGroupsRequest& request);
  void decided(const core::ResetGroupRequest& request);
  void decided(const core::ListTopicsRequest& request);
  void decided(const core::ListGroupsRequest& request);
  // From now on until the life ends, the disk may fail.
  void disk_fails() { disk_fails_ = true; }
  // `tight`: it is so full that messages go whatever their age.
  void disk_measured(bool full, bool tight) {
    disk_full_ = full;
    disk_was_tight_ = disk_was_tight_ || tight;
  }
  // Something of the core's own happened.
  void happened(World::Told told);

  void answered(const core::ReceiveRequest& request);
  // Whatever was to outlive a crash when it is answered OK.
  void answered_promise(const core::Request& request);
  void answered_acks(const core::AckRequest& request);
  // It changed nothing.
  void answered_freely(const core::Request& request) { turns_.erase(&request); }

  void begin_turn();
  void end_turn();
  // What is as durable as may be cannot be lost any more.
  void log_moved();
  // Nothing more happens by itself: nobody waits for what is there, and the core knows what the
  // model knows.
  void settled();
  void connection_changed(const std::string& client, bool connected);
  // It was written to the client's connection.
  void answer_sent(const core::ReceiveRequest& request);

  void life_ended();
  // The log has this much left, and so many records of what the core decided.
  void life_began(store::LogOffset end, int64_t state_records);

 private:
  struct Entry {
    std::function<void(Model&)> apply;
    // The state records that tell of it, if it does not stand in a message's own: what one request
    // decides may stand in several.
    int64_t first_record = 0;
    int64_t last_record = 0;
    int64_t log_offset = -1;   // of a message
    int64_t end = -1;          // of the turn's records; not known within the turn
    bool is_observed = false;  // at a start it is looked at anew
    std::string group;         // of consumption that it is about; empty: other things
  };
  struct Receiver {
    Model::Wish wish;
    int64_t deadline_us = 0;
    bool parked = false;
    int64_t look_until_us = 0;  // it may take so long to look, though it does not wait
    bool excused = false;       // entries had to be read from disk meanwhile
  };

  struct ResetQueues {
    core::OutcomeCode code = core::OutcomeCode::kOk;
    std::vector<std::pair<std::string, int32_t>> queues;
  };

  void wrong(std::string what);
  ResetQueues queues_of(const core::ResetGroupRequest& request) const;
  void check_reset(const core::ResetGroupRequest& request,
                   const core::ResetGroupRequest::Queue& queue);
  void check_reset_from(const core::ResetGroupRequest::Queue& queue,
                        const Model::Position& position, int64_t min);
  void begin_grace(bool stood_still);
  // The log has failed: what the core still does is lost, and nobody is promised anything.
  bool is_blind();
  void note_failure(const core::Outcome& outcome);
  bool may_be_refused(const core::Outcome& outcome);
  void record(Entry entry);
  void record(std::function<void(Model&)> apply) { record(Entry{.apply = std::move(apply)}); }
  void record_of(const std::string& group, std::function<void(Model&)> apply) {
    record(Entry{.apply = std::move(apply), .group = group});
  }
  int64_t now_ms() const { return world_.log_ms(); }
  bool expect(core::OutcomeCode expected, const core::Outcome& outcome, const char* what);
  void note_promise(const core::Request& request);
  bool ensure_topic(const std::string& name);
  bool ensure_group(const std::string& name);
  void keep_set_topic(core::TopicConfig config);
  core::TopicConfig complete(core::TopicConfig config) const;
  core::OutcomeCode refusal(const Model::Wish& wish) const;
  void check_bodies(const core::ReceiveRequest& request);
  void deliver(const core::ReceiveRequest& request, const Receiver& receiver);
  void check_no_message(const core::ReceiveRequest& request, const Receiver& receiver);
  Model::Next where(const std::string& group, const std::string& topic);
  void observe(const std::string& group, const std::string& topic,
               const std::vector<Model::Tags>& filters);
  void observe_begun(const std::string& group, const std::string& topic);
  void observe_begun();
  // Of all that may have looked in this turn.
  std::vector<Model::Tags> filters_of_turn(const Model::Wish& wish) const;
  void observe_gone(const std::string& group, const std::string& topic);
  void observe_waiting();
  // The core marks what was sent; `anew`: at a start, when it knows nothing but its marks.
  void observe_marks(bool anew);
  void observe_mins();
  void observe_dead_letters();
  void observe_kept();
  void observe_lost();
  bool may_be_deleted(const std::string& topic, const Model::Message& message) const;
  void take_over_state();
  void take_over_group(const std::string& name);
  void compare_with_core();
  void compare_position(const std::string& name, const core::GroupQueue* there,
                        const Model::Position& here);

  World& world_;
  Totals& totals_;
  const core::CoreOptions& options_;
  Model live_;
  Model durable_;
  std::deque<Entry> journal_;
  int64_t state_records_ = 0;  // before the request that is decided now
  bool in_batch_ = false;      // the record of what is decided now is not appended yet
  std::string problem_;
  Connections connections_;
  int64_t last_turn_us_;  // when it was taken, or the life began
  std::map<core::CancelId, Receiver> receivers_;
  std::map<std::pair<std::string, std::string>, std::vector<Model::Tags>> filters_;  // of this turn
  std::map<const core::Request*, int64_t> turns_;  // of decisions not answered yet
  std::map<int64_t, int64_t> turn_ends_;           // in the log
  int64_t turn_ = 0;
  std::map<std::pair<std::string, int32_t>, int64_t> lost_;  // ends of what is to be deleted
  using Place = std::tuple<std::string, std::string, int32_t, int64_t>;
  static Place origin_of(const core::DeadLetterRequest& request);
  std::map<Place, int64_t> given_up_;  // by clients in this life: where the copy is, or -1
  std::set<const core::DeadLetterRequest*> asked_in_time_;
  std::optional<std::string> kept_;  // that should have moved, as it stood at the last look
  int64_t kept_since_ms_ = 0;
  bool disk_full_ = false;
  bool disk_was_tight_ = false;
  std::map<std::string, int64_t> shortest_retention_ms_;  // that a topic of the name ever had
  bool disk_fails_ = false;
  bool blind_ = false;
  int64_t committed_ = 0;
};

}  // namespace petrel::oracle
