// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "broker/core/journal.h"
#include "broker/core/pop_service.h"
#include "broker/core/state.h"
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

// Has the store delete what is due (store/retention/retention.h), and moves consumer groups past
// what is gone: positions below a queue's min move up to it, and open deliveries below end, as
// journal events. What a group had not done with is counted and said. Core thread only.
//
// Queues of topics with a retention of their own are named to the store when their first message
// may be too old: the totals tell a lower bound of when it was stored. Each check goes on with the
// topics behind those that the last one looked at, and looks at a bounded number of queues.
class RetentionService {
 public:
  struct Parts {
    store::MessageStore& store;
    BrokerState& state;
    Journal& journal;
    PopService& pop;
  };
  using PostResult =
      std::function<void(std::shared_ptr<store::MessageStore::RetentionResult> result)>;
  // `post_result` posts what the store's background work came to; called on any thread.
  // `make_room` is called between events, so that the journal's record stays of a size that the log
  // takes. `observer` may be null.
  RetentionService(const Parts& parts, PostResult post_result, std::function<void()> make_room,
                   RetentionObserver* observer);

  // Now and then: the disk as it was just measured, if it could be.
  void check(const std::optional<store::DiskSpace>& disk, int64_t now_ms);
  void finished(std::shared_ptr<store::MessageStore::RetentionResult> result);

 private:
  using Losses = std::map<std::pair<std::string, std::string>, int64_t>;  // by topic and group

  std::vector<store::ExpiringQueue> expiring_queues(int64_t now_ms);
  void add_expiring(const TopicState& topic, int64_t now_ms,
                    std::vector<store::ExpiringQueue>& into) const;
  std::optional<store::QueueOffset> first_unread(const store::ConsumeQueue& queue) const;
  void follow(const store::MessageStore::ShortenedQueue& shortened, int64_t oldest_ms,
              Losses& losses);
  // How many messages below the queue's min the group had not done with.
  int64_t move_up(const Subscription& subscription,
                  const store::MessageStore::ShortenedQueue& shortened);
  void tell(const Losses& losses);

  const Parts parts_;
  const PostResult post_result_;
  const std::function<void()> make_room_;
  RetentionObserver* const observer_;
  std::string last_expiring_topic_;  // that was looked at
};

}  // namespace petrel::core
