// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "store/queue/queue_bounds.h"
#include "store/queue/queue_view.h"
#include "store/types.h"

namespace petrel::store {

// Entries of one queue that are on their way to its files.
struct UnwrittenQueue {
  std::string topic;
  int32_t queue_id = 0;
  uint64_t generation = 0;
  QueueView::Unwritten entries;
};

// Queues as they were at one instant.
struct CapturedQueues {
  std::vector<TopicBounds> topics;        // by name, queues by id
  std::vector<UnwrittenQueue> unwritten;  // in no order
  size_t queues = 0;                      // in `topics`
};

// Captures queues as they are when begin() is called, in slices, while they go on changing: one
// that is about to change, or to be deleted, and was not captured yet is captured first. To notice
// that costs a queue one comparison. Queues made after begin(), and those that
// never had a message, are not captured.
//
// The table of queues walks over them; queues that were captured early are sorted in. Between
// captures the object does nothing. Core thread only.
class QueueCapture {
 public:
  // `list_front` is told the log offset of the first entry of a queue that has none listed.
  using ListFront = std::function<void(QueueView& queue, LogOffset front)>;
  explicit QueueCapture(ListFront list_front) : list_front_(std::move(list_front)) {}
  QueueCapture(const QueueCapture&) = delete;  // queues point to it
  QueueCapture& operator=(const QueueCapture&) = delete;

  // Begins. There are as many topics, and queues with something unwritten, at most: what comes is
  // not copied about while it grows.
  void begin(size_t topics, size_t unwritten);
  bool is_running() const { return running_; }

  // How many have begun: a queue that has another number was not seen by the last one.
  uint64_t number() const { return number_; }
  // A queue with another number is about to change.
  void before_change(QueueView& queue);

  // The walk, in order of topics and queue ids: takes what is next, `queue` (null: there is no
  // other) or one that was captured early and belongs before it. False in the second case: `queue`
  // is still to come, or with null, there may be more.
  bool walk(QueueView* queue);

  // Ends, and hands over what was captured; all of it, if the walk came to its end. Whoever has
  // captured many queues should destroy this elsewhere than on the core thread.
  CapturedQueues end();

 private:
  using Key = std::pair<std::string, int32_t>;
  QueueBounds take(QueueView& queue);
  void add(const std::string& topic, const QueueBounds& bounds);

  const ListFront list_front_;
  uint64_t number_ = 0;
  bool running_ = false;
  CapturedQueues captured_;
  absl::btree_map<Key, QueueBounds> early_;  // behind where the walk is
};

}  // namespace petrel::store
