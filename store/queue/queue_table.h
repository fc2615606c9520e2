// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "store/queue/queue_capture.h"
#include "store/queue/queue_view.h"
#include "store/types.h"

namespace petrel::store {

// All queues of a store by name, and what of them is in memory: entries that are not on disk yet
// (dirty queues), the newest ones that are (warm queues), and pages that were loaded back. Of the
// last two the table keeps a bounded number over all queues. What happens to a topic takes time in
// proportion to its queues.
//
// A queue is deleted in two steps, as the record that says so is applied and shown: hidden, so that
// nobody finds it and another one of its name may be made, and later forgotten. A hidden queue is
// what committed records have made of it, and belongs into a snapshot that is begun then. Core
// thread only; a QueueView lives until it is forgotten.
class QueueTable {
 public:
  // Newest entries that stay in memory after they are on disk, for consumers that keep up: of one
  // queue, and of all together (24 MiB). Where those that were just written have more, each keeps
  // an equal share.
  static constexpr int64_t kWarmEntries = 256;
  static constexpr int64_t kWarmEntriesOfAll = 1 << 20;

  using Queues = absl::btree_map<int32_t, std::unique_ptr<QueueView>>;
  using Topics = absl::btree_map<std::string, Queues, std::less<>>;

  QueueTable();
  QueueTable(const QueueTable&) = delete;  // its queues point to it
  QueueTable& operator=(const QueueTable&) = delete;

  const Topics& topics() const { return topics_; }
  QueueView* find(std::string_view topic, int32_t queue_id) const;  // null if absent
  QueueView* queue(std::string_view topic, int32_t queue_id);       // made empty if absent
  // [min, max) is on disk; the record of its first entry is at or behind `front`.
  QueueView* add(std::string_view topic, int32_t queue_id, QueueOffset min, QueueOffset max,
                 LogOffset front = LogOffset(0));

  // Those that were hidden together.
  struct Hidden {
    std::string topic;
    bool whole_topic = false;
    Queues queues;
  };
  // By number, in the order in which they were hidden.
  const absl::btree_map<uint64_t, Hidden>& hidden() const { return hidden_; }
  // Hides all queues of a topic; the number of them, or none if there is no queue.
  std::optional<uint64_t> hide_topic(std::string_view topic);
  // Hides one queue, which must be there.
  uint64_t hide_queue(std::string_view topic, int32_t queue_id);
  void forget_hidden(uint64_t number);

  // Shows an entry, see QueueView.
  void show(QueueView* queue, const QueueEntry& entry, int64_t store_ms) {
    queue->before_change();
    if (!queue->listed_front().has_value()) list_front(queue, entry.log_offset);
    queue->show(entry, store_ms);
  }

  // All queues as they are at this instant, with what must be written to have them durable so;
  // slice by slice, at most `queues_max` queues each, while they go on changing (queue_capture.h).
  // capture_some returns true when there is no more to capture. end_capture hands over what was
  // captured, or part of it when it comes early.
  void begin_capture();
  bool capture_some(size_t queues_max);
  CapturedQueues end_capture() { return capture_.end(); }
  bool is_capturing() const { return capture_.is_running(); }

  // What was written is on disk now. Queues whose topic was deleted since are left alone. Slice by
  // slice, too: to be called with the same `written` until it returns true, and nothing may be
  // captured meanwhile.
  bool set_durable(std::span<const UnwrittenQueue> written, size_t queues_max);

  // Queues whose first entry may be of a record below `begin`, by log offset. Takes time in
  // proportion to what it returns.
  // Those with the lowest fronts, at most `queues_max`.
  std::vector<QueueView*> with_front_below(
      LogOffset begin, size_t queues_max = std::numeric_limits<size_t>::max()) const;
  void move_min(QueueView* queue, const MinMove& move);
  // The first entry of the queue was made again, see QueueView.
  void rebuild(QueueView* queue, std::span<const QueueEntry> entries);

  void put_page(QueueView* queue, std::shared_ptr<const QueuePage> page);

 private:
  // Before the queue is destroyed.
  void forget(QueueView* queue);
  // set_durable, step by step; each takes from `queues_max` what it did.
  struct DurableSteps {
    size_t done = 0;      // of what was written
    QueueViews warm;      // those of them that are still there
    int64_t entries = 0;  // that they would like to keep in memory
    enum class Step { kTell, kTrim, kCoolDown } step = Step::kTell;
    uint64_t trimmed_to = 0;  // a generation
  };
  void tell_durable(std::span<const UnwrittenQueue> written, size_t& queues_max);
  void trim_to_share(size_t& queues_max);
  void cool_down(size_t& queues_max);
  void list_front(QueueView* queue, LogOffset front);
  void unlist_front(QueueView* queue);

  Topics topics_;
  // That find() came to last, for those who ask for many of one topic: its name and queues. Null
  // when topics came or went since.
  mutable const Topics::value_type* last_topic_ = nullptr;
  absl::btree_map<uint64_t, Hidden> hidden_;
  uint64_t next_hidden_ = 1;
  uint64_t next_generation_ = 1;
  QueueViews dirty_;  // have entries, or corrections, that are not durable
  QueueViews warm_;   // have durable entries in memory
  QueueCapture capture_;
  std::pair<std::string, int32_t> capture_at_;          // topic and id of the next queue to walk to
  bool capture_walked_ = false;                         // there is none
  std::optional<DurableSteps> durable_steps_;           // while set_durable has more to do
  using LoadedPage = std::pair<uint64_t, int64_t>;      // generation and page number
  absl::btree_map<LoadedPage, uint64_t> loaded_pages_;  // when it was put, as a count
  absl::btree_map<uint64_t, std::pair<QueueView*, int64_t>> loaded_pages_by_age_;
  uint64_t pages_put_ = 0;
  // By QueueView::listed_front; the generation makes it unique.
  absl::btree_map<std::pair<LogOffset, uint64_t>, QueueView*> fronts_;
};

}  // namespace petrel::store
