// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/core/changes.h"
#include "broker/core/core_port.h"
#include "broker/core/log_writer.h"
#include "broker/core/pop_service.h"
#include "broker/core/service.h"
#include "broker/core/state.h"
#include "broker/core/turn_time.h"
#include "store/message_store.h"

namespace petrel::core {

// Hears of deletions, on the core thread.
class RetentionObserver {
 public:
  virtual ~RetentionObserver() = default;
  virtual void log_deleted(store::RetentionReason reason, int64_t bytes) = 0;
  // Messages went that the group had not acknowledged.
  virtual void unread_deleted(std::string_view topic, std::string_view group, int64_t messages) = 0;
  virtual void deletion_failed() = 0;
};

// Decides what is deleted (store/retention.h): the store finds out what is due, the decision
// becomes events, and the store deletes files once they are committed. Consumer groups move past
// what is gone with the same events: positions below a queue's min move up to it, and open
// deliveries below end. What a group had not done with is counted and said. Core thread only.
//
// Queues of topics with a retention of their own are named to the store when their first message
// may be too old: the totals tell a lower bound of when it was stored. Each check goes on with the
// topics behind those that the last one looked at, and looks at a bounded number of queues. No
// check is made before what was decided is shown: it would find the same messages, and count them
// again.
class RetentionService final : public Service {
 public:
  struct Parts {
    store::MessageStore& store;
    const BrokerState& state;
    Changes& changes;
    LogWriter& writer;
    PopService& pop;
    const TurnTime& time;
    CorePort& self;
    RetentionObserver* observer;  // may be null
  };
  explicit RetentionService(const Parts& parts) : parts_(parts) {}

  // Now and then: the disk as it was just measured, if it could be.
  void check(const std::optional<store::DiskSpace>& disk);
  // What the check found is due.
  void found(std::shared_ptr<store::MessageStore::RetentionResult> result);

  // --- Service ---
  // Queues that lost messages while nobody led, and groups that know of messages that are lost.
  void lead() override;
  void appended(store::LogOffset end) override;

 private:
  using Losses = std::map<std::pair<std::string, std::string>, int64_t>;  // by topic and group

  void keep_seen_offsets();
  std::vector<store::ExpiringQueue> expiring_queues();
  void add_expiring(const TopicState& topic, std::vector<store::ExpiringQueue>& into) const;
  std::optional<store::QueueOffset> first_unread(const store::ConsumeQueue& queue) const;
  void shorten(const store::MessageStore::ShortenedQueue& shortened, Losses& losses);
  void tell_deleted(const store::MessageStore::RetentionFound& found) const;
  void tell(const Losses& losses) const;

  const Parts parts_;
  std::string last_expiring_topic_;  // that was looked at
  int64_t failed_deletions_ = 0;     // that were told
  // What was decided last: its record is not appended yet, or ends there at the latest.
  bool is_deciding_ = false;
  store::LogOffset decided_end_{0};
};

}  // namespace petrel::core
