// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "store/queue/consume_queue.h"

namespace petrel::store {

inline constexpr int64_t kQueuePageEntries = 1024;

// Entries of one queue that were read from its files: those of the page (1024 entries) that begins
// at or before `first`, as far as they were on disk. Immutable once loaded.
struct QueuePage {
  QueueOffset first{0};
  std::vector<QueueEntry> entries;
};

// What should be in a queue's files instead of what is there (queue_repair.h). A hole: the log has
// no such record any more.
struct CorrectedEntry {
  QueueOffset offset{0};
  QueueEntry entry;
};

class QueueCapture;
class QueueView;
// By generation.
using QueueViews = absl::btree_map<uint64_t, QueueView*>;

// A consume queue as the store keeps it: the newest entries (the tail) in memory until they are on
// disk, and pages that were loaded back. A record takes its place (next) when it is applied, and
// its entry is shown (max) when it is committed; the dispatcher has it in between. Core thread
// only. Invariants: min <= max <= next, durable <= max, tail_first <= durable. Entries below min
// may not be on disk yet.
class QueueView final : public ConsumeQueue {
 public:
  // `generation` tells queues of one name apart whose topic was deleted between. `dirty` gets this
  // queue when it first has an entry that is not durable. `capture` is told before each change; it
  // takes queues that are there when it begins.
  QueueView(std::string topic, int32_t queue_id, uint64_t generation, QueueOffset min,
            QueueOffset max, QueueViews& dirty, QueueCapture& capture);

  const std::string& topic() const override { return topic_; }
  int32_t queue_id() const override { return queue_id_; }
  QueueOffset min() const override { return min_; }
  QueueOffset max() const override { return max_; }
  QueueOffset next() const override { return next_; }
  QueueTotals totals() const override { return totals_; }
  LogOffset front() const override;
  size_t read(QueueOffset from, std::span<QueueEntry> into) const override;

  // The next `count` places are given.
  void take_places(int64_t count) { next_ += count; }
  // Shows the entry of max(), whose place was taken. `store_ms` is that of its record; a hole has
  // none.
  void show(const QueueEntry& entry, int64_t store_ms);
  void set_totals(const QueueTotals& totals);

  uint64_t generation() const { return generation_; }
  // For whoever changes what a snapshot says of this queue, or ends it: call it first. The
  // functions here that do so call it themselves.
  void before_change();
  // The number of the last capture that need not, or no longer, take this queue.
  uint64_t captured() const { return captured_; }
  void set_captured(uint64_t number) { captured_ = number; }

  // Lets a queue that never had a message begin elsewhere: the log before is gone.
  void begin_at(QueueOffset min);

  // Entries below move.min, which is at most max(), are forgotten, and what their records came to.
  // When min is there already, at most the oldest time is raised.
  void move_min(const MinMove& move);

  // Replaces what should be on disk: [min, durable) consists of `entries`, which are to be written
  // again; min moves up if there are fewer.
  void rebuild(std::span<const QueueEntry> entries);

  // What must be written to make [durable, max) durable. The entries are shared, not copied, and
  // may be read by another thread while the queue goes on growing.
  struct Piece {
    std::shared_ptr<const std::vector<QueueEntry>> owner;  // may get entries behind `entries`
    std::span<const QueueEntry> entries;                   // not empty
  };
  struct Unwritten {
    QueueOffset first{0};
    std::vector<Piece> pieces;
    QueueOffset end{0};
    QueueOffset min{0};
    std::vector<CorrectedEntry> corrected;  // below `first`, ascending, none is a hole
  };
  Unwritten unwritten() const;
  QueueOffset durable() const { return durable_; }
  bool has_unwritten() const { return durable_ < max_ || has_unwritten_corrections(); }
  // Entries below `written.end`, and what was corrected, are on disk. At least `keep` of the newest
  // stay in memory.
  void set_durable(const Unwritten& written, int64_t keep);
  void trim(int64_t keep);
  int64_t entries_in_memory() const { return max_ - tail_first_; }  // without loaded pages
  bool is_dirty() const { return listed_dirty_; }
  void clear_dirty() { listed_dirty_ = false; }

  // Under which log offset the table lists this queue among those whose beginning may be deleted:
  // that of its first entry, or lower. None: not listed.
  const std::optional<LogOffset>& listed_front() const { return listed_front_; }
  void set_listed_front(std::optional<LogOffset> front) { listed_front_ = front; }

  void put_page(std::shared_ptr<const QueuePage> page);
  void drop_page(int64_t page_number) { pages_.erase(page_number); }

  // The entry of `offset`, which is below durable(), did not lead to its message's record. It is
  // forgotten here, and named by distrusted() until a page with it is put.
  void distrust(QueueOffset offset);
  std::vector<QueueOffset> distrusted(QueueOffset from, QueueOffset to) const;
  // What holds instead of what is on disk, ascending. Holes are never written.
  void correct(std::span<const CorrectedEntry> corrected);
  std::vector<CorrectedEntry> corrections(QueueOffset from, QueueOffset to) const;

 private:
  // Entries of one page number. Never reallocated: one that is full gives way to a copy with room.
  using Chunk = std::shared_ptr<std::vector<QueueEntry>>;

  // Few queues have any.
  struct Repairs {
    absl::btree_map<QueueOffset, QueueEntry> corrections;
    absl::btree_set<QueueOffset> distrusted;
  };

  void list_dirty();
  void append(const QueueEntry& entry);
  void forget_below_min();
  std::vector<QueueEntry>& chunk_with_room();
  bool has_unwritten_corrections() const;
  void forget_written(std::span<const CorrectedEntry> corrected);
  const QueueEntry* find_in_tail(int64_t offset, size_t* count) const;
  const QueueEntry* find_in_pages(int64_t offset, size_t* count) const;

  const std::string topic_;
  const int32_t queue_id_;
  bool listed_dirty_ = false;
  std::optional<LogOffset> listed_front_;
  const uint64_t generation_;
  uint64_t captured_;
  QueueOffset min_;
  QueueOffset max_;
  QueueOffset next_;
  QueueTotals totals_;
  QueueOffset durable_;
  QueueOffset tail_first_;   // the tail is [tail_first, max)
  std::vector<Chunk> tail_;  // by page number; the first one may lack its beginning
  absl::btree_map<int64_t, std::shared_ptr<const QueuePage>> pages_;  // by page number
  std::unique_ptr<Repairs> repairs_;                                  // null: none
  QueueViews& dirty_;
  QueueCapture& capture_;
};

}  // namespace petrel::store
