// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/core/request.h"
#include "broker/core/types.h"

namespace petrel::oracle {

// Which clients are connected, and when those that are not went. No part of what a broker keeps.
struct Connections {
  std::set<std::string> connected;
  std::map<std::string, int64_t> gone_at_ms;
  // Since the broker started: who was connected, if only for a while; until when it waits for the
  // others. When it stood still it waits for all of them.
  bool stood_still = false;
  std::set<std::string> were_back;
  int64_t grace_ends_ms = 0;
};

// What topics, groups, deliveries and acknowledgements mean, in small and plain code that knows
// nothing of how a broker does it. It is told what was decided, in that order, and checks each: a
// message is handed out that may be, nothing is passed over that somebody wants, attempts and
// handles are right. What a broker is free to choose it takes over: queues for messages, which
// queues a receive looks at first.
//
// All functions may be called again on a copy that has come as far as this one had (witness.h).
class Model {
 public:
  struct Message {
    int64_t log_offset = 0;
    int64_t size = 0;
    int64_t store_ms = 0;
    std::string body;
    std::string tag;
  };
  struct Queue {
    int64_t min = 0;
    int64_t shown = 0;             // behind the last message that is committed
    std::deque<Message> messages;  // from min on
    int64_t next() const { return min + static_cast<int64_t>(messages.size()); }
    const Message& at(int64_t offset) const {
      return messages.at(static_cast<size_t>(offset - min));
    }
  };
  struct Topic {
    core::TopicConfig config;
    std::map<int32_t, Queue> queues;
  };
  struct Open {
    int64_t id = 0;
    int64_t visible_at_ms = 0;  // with a client: at the earliest
    int32_t attempt = 1;
    bool suspended = false;
    std::string client;  // who has it renewed by the broker; empty: nobody
    int64_t renew_until_ms = 0;
    // Whether its answer was sent: what the broker may know, and what it has said that it knows.
    // Kept in the model of what may still be lost alone.
    enum class Sent { kNo, kMaybe, kYes } sent = Sent::kNo;
  };
  // Of a group in a queue: what is below next and not open is done.
  struct Position {
    int64_t next = 0;
    int64_t last_id = 0;
    std::map<int64_t, Open> open;
  };
  using Positions = std::map<int32_t, Position>;
  struct Group {
    core::GroupConfig config;
    std::map<std::string, Positions> topics;
  };
  using Tags = std::set<std::string>;  // empty: all
  // Where a group stands in the queues of a topic that it has begun.
  using Next = std::map<int32_t, int64_t>;

  Model(int64_t renew_interval_ms, int64_t in_flight_max)
      : renew_interval_ms_(renew_interval_ms), in_flight_max_(in_flight_max) {}

  // The first thing that was wrong; empty: nothing yet.
  const std::string& problem() const { return problem_; }
  void forget_problem() { problem_.clear(); }

  std::map<std::string, Topic> topics;
  std::map<std::string, Group> groups;
  int64_t version = 0;

  // --- topics and groups; the settings are complete ---
  // Whether it changes anything.
  bool set_topic(const core::TopicConfig& config);
  bool set_group(const core::GroupConfig& config);
  void remove_topic(const std::string& name);
  void remove_group(const std::string& name);

  // --- messages ---
  void append(const std::string& topic, int32_t queue_id, int64_t offset, Message message);
  // Messages whose records lie below are shown.
  void commit(int64_t log_offset);
  void move_min(const std::string& topic, int32_t queue_id, int64_t min);
  // Null if there is none.
  const Message* find(const std::string& topic, int32_t queue_id, int64_t offset) const;

  // --- consumption ---
  // What a receive asks.
  struct Wish {
    std::string group;
    std::string topic;
    int32_t queue_id = -1;
    Tags tags;
    int64_t batch = 1;
    int64_t invisible_ms = 0;
    std::string client;  // for whom it is renewed
    int64_t renew_total_ms = 0;
  };
  struct Delivered {
    core::ReceiptHandle handle;
    int32_t attempt = 0;
  };
  struct Given {
    std::vector<Delivered> deliveries;
    int64_t now_ms = 0;
    std::vector<Tags> filters;  // of all that looked: each may have passed over what it refuses
    bool complete = true;       // it had to be given what there was
  };
  // How many open messages of a queue are not due: bounds, as the broker may have renewed some.
  struct Invisible {
    int64_t least = 0;
    int64_t most = 0;
  };
  // The receive got these.
  void deliver(const Wish& wish, const Given& given, const Connections& connections);
  // The group has begun these queues; and where a group begins that does so now.
  void begin(const std::string& group, const std::string& topic, const Next& starts);
  int64_t start_of(const std::string& group, const std::string& topic, int32_t queue_id) const;
  // The group stands there now. What it has passed over is refused by one of the filters.
  void pass(const std::string& group, const std::string& topic, const Next& next,
            const std::vector<Tags>& filters);
  // Is there something for such a receive? A new message that one of the filters refuses is not: it
  // may have been passed over before.
  std::optional<std::string> find_wanted(const Wish& wish, int64_t now_ms,
                                         const Connections& connections,
                                         const std::map<int32_t, Invisible>& before,
                                         const std::vector<Tags>& filters) const;
  std::map<int32_t, Invisible> count_invisible(const std::string& group, const std::string& topic,
                                               int64_t now_ms,
                                               const Connections& connections) const;
  // The open delivery that the handle names, if it is one that may still be acknowledged or
  // changed.
  Open* valid(const std::string& group, const std::string& topic, const core::ReceiptHandle& handle,
              int64_t now_ms);
  Open* find_open(const std::string& group, const std::string& topic,
                  const core::ReceiptHandle& handle);
  void acknowledge(const std::string& group, const std::string& topic,
                   const core::ReceiptHandle& handle);
  void extend(const std::string& group, const std::string& topic, const core::ReceiptHandle& handle,
              int64_t new_id, int64_t visible_at_ms, bool suspend);
  // The group's message is moved to the end of its dead letter queue. `asked`: a client gave it up.
  struct Moved {
    std::string group;
    std::string topic;
    int32_t queue_id = 0;
    int64_t offset = 0;
    bool asked = false;
    std::string letters;  // the topic that the copy is in
    int64_t copy_offset = 0;
    int64_t log_offset = 0;
    int64_t size = 0;
    int64_t now_ms = 0;
  };
  void give_up(const Moved& moved, const Connections& connections);
  // One that is past its last attempt, and should have been moved by now.
  std::optional<std::string> find_kept(int64_t now_ms, const Connections& connections) const;
  // It goes on there, by topic, and nothing is open in these queues.
  void reset(const std::string& group, const std::map<std::string, Next>& next);
  // Messages were deleted that it had not done with: what it has open of them ends.
  void lose(const std::string& group, const std::string& topic, int32_t queue_id, int64_t next,
            const std::set<int64_t>& still_open);

 private:
  void wrong(const std::string& what) {
    if (problem_.empty()) {
      problem_ = what;
    }
  }
  Position* find_position(const std::string& group, const std::string& topic, int32_t queue_id);
  void check_delivery(const Wish& wish, const Delivered& delivered);
  void deliver_one(const Wish& wish, const Delivered& delivered, const Given& given,
                   const Connections& connections, Position& position);
  void step_over(const std::string& topic, int32_t queue_id, Position& position, int64_t next,
                 const std::vector<Tags>& filters);
  // Nobody may get it again.
  static bool is_exhausted(const Group& group, const Open& open) {
    return open.attempt >= group.config.deliveries_max() && !open.suspended;
  }
  bool may_be_due(const Open& open, int64_t now_ms, const Connections& connections) const;
  bool must_be_due(const Open& open, int64_t now_ms, const Connections& connections) const;

  int64_t renew_interval_ms_;
  int64_t in_flight_max_;
  std::string problem_;
};

}  // namespace petrel::oracle
