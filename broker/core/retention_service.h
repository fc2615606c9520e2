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
#include "broker/core/message_observer.h"
#include "broker/core/pop_service.h"
#include "broker/core/service.h"
#include "broker/core/state.h"
#include "broker/core/turn_time.h"
#include "store/message_store.h"

namespace petrel::core {

// Decides what is deleted (store/retention.h): the store finds out what is due, the decision
// becomes events, and the store deletes files once they are committed. Consumer groups move past
// what is gone with the same events: positions below a queue's min move up to it, and open
// deliveries below end. What a group had not done with is counted and said. Core thread only.
//
// Queues of topics with a retention of their own are named to the store when their first message
// may be too old: the totals tell a lower bound of when it was stored. Each check goes on with the
// topics behind those that the last one looked at, and looks at a bounded number of queues.
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
    MessageObserver* observer;  // may be null
  };
  explicit RetentionService(const Parts& parts) : parts_(parts) {}

  // Now and then: the disk as it was just measured, if it could be.
  void check(const std::optional<store::DiskSpace>& disk);
  // What the check found is due.
  void found(std::shared_ptr<store::MessageStore::RetentionResult> result);

  // --- Service ---
  // Queues that lost messages while nobody led, and groups that know of messages that are lost.
  void lead() override;

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
};

}  // namespace petrel::core
