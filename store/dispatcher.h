// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "store/log/commit_log.h"
#include "store/message_store.h"
#include "store/queue/queue_table.h"
#include "store/types.h"

namespace petrel::store {

// Says what one record of the log does to the queues and to the owner's state: the same whether it
// was just appended here, is read at a start, or came from a leader.
//
// A record is applied by dispatch(): it takes its place in its queue, and the owner's state
// follows. What is to be seen of it waits, in log order with that of others, until commit() shows
// it. What the owner says about queues (deletions, moved mins, skipped places, the log's begin)
// belongs to a record, too: to the one that is being applied, or, live, to the next one that is
// appended to a topic which the owner requires. It is shown behind that record's entry.
//
// Invariants: committed <= applied, neither goes back; places are given without a gap (I-4).
// Core thread, or the opening one.
class Dispatcher {
 public:
  // Hears what has just been shown. Core thread.
  class Observer {
   public:
    virtual ~Observer() = default;
    // By a record at `record`. Its files may go with the next snapshot.
    virtual void topic_gone(const std::string& topic, LogOffset record) = 0;
    // Entries below move.min are of records before move.front.
    virtual void min_moved(const QueueView& queue, QueueOffset old_min, const MinMove& move) = 0;
    virtual void begin_moved(LogOffset begin) = 0;
  };

  Dispatcher(CommitLog& log, QueueTable& queues, MessageStore& store, MessageStore::Owner& owner,
             Observer& observer)
      : log_(log), queues_(queues), store_(store), owner_(owner), observer_(observer) {}

  // Once, first: the queues are as after all records below `offset`, which are committed.
  void start_at(LogOffset offset, LogOffset begin, int64_t last_store_ms);

  LogOffset applied() const { return applied_; }
  CommittedOffset committed() const { return committed_; }
  // As far as it is shown, and as far as it is applied.
  LogOffset begin() const { return begin_; }
  LogOffset next_begin() const { return next_begin_; }
  // Of the last record below committed() that has a place, in log order: a log from elsewhere may
  // have one of a wrong time in its midst. 0: none.
  int64_t last_store_ms() const { return last_store_ms_; }
  // Some queue's min was moved, and that is not shown yet.
  bool has_unshown_moves() const { return unshown_moves_ > 0; }

  // The record behind applied(). If it has a place in a queue, that is the queue's next. Only the
  // owner can fail.
  absl::Status dispatch(const RecordView& record);
  // There is no record between applied() and `to`.
  void skip_to_offset(LogOffset to);
  // The queue of a name, made if absent; the last one is found at once.
  QueueView* queue(std::string_view topic, int32_t queue_id);
  // The place that the next record of the queue gets; the queue is not made by this.
  QueueOffset next_place(std::string_view topic, int32_t queue_id);

  // In front of the next record: it is the first of a queue that begins behind what is gone from
  // the log, of one that begins anew, or follows on records that are lost where the log is damaged.
  void begin_queue_at(QueueView* queue, QueueOffset offset);
  QueueView* make_queue_anew(QueueView* queue);
  void add_holes(QueueView* queue, int64_t count, LogOffset at);

  // MessageStore has the contracts.
  void delete_topic(std::string_view topic);
  void move_min(std::string_view topic, int32_t queue_id, const MinMove& move);
  void skip_to(std::string_view topic, int32_t queue_id, QueueOffset next);
  void move_begin(LogOffset begin);
  void commit(CommittedOffset committed, absl::FunctionRef<void(std::string_view)> arrived);

 private:
  bool is_last(std::string_view topic, int32_t queue_id) const {
    return last_ != nullptr && last_->queue_id() == queue_id && last_->topic() == topic;
  }

  struct Holes {
    QueueView* queue = nullptr;
    int64_t count = 0;
    std::optional<LogOffset> at;  // none: the record's
  };
  struct Move {
    QueueView* queue = nullptr;
    MinMove move;
  };
  struct Deletion {
    uint64_t number = 0;  // of what is hidden
  };
  struct Begin {
    LogOffset begin{0};
  };
  using Change = std::variant<Holes, Move, Deletion, Begin>;

  // What waits to be shown: an entry, or, without a queue, the next of changes_.
  struct Pending {
    LogOffset at{0};  // shown when this is committed
    QueueView* queue = nullptr;
    int64_t tags_code = 0;
    int64_t store_ms = 0;
    int32_t size = 0;
  };

  void add(Change change);
  void pend(Change change, LogOffset at);
  void check_not_held(const QueueView& queue) const;
  void show(const Holes& holes, LogOffset record);
  void show(const Move& move, LogOffset record);
  void show(const Deletion& deletion, LogOffset record);
  void show(const Begin& begin, LogOffset record);

  CommitLog& log_;
  QueueTable& queues_;
  MessageStore& store_;
  MessageStore::Owner& owner_;
  Observer& observer_;

  LogOffset applied_{0};
  int64_t last_store_ms_ = 0;
  CommittedOffset committed_{0};
  LogOffset begin_{0};
  LogOffset next_begin_{0};
  std::optional<LogOffset> dispatching_;  // the record that the owner applies
  std::deque<Pending> pending_;
  std::deque<Change> changes_;
  std::vector<Change> held_;   // their record is not appended yet
  int64_t unshown_moves_ = 0;  // of changes_ and held_
  QueueView* last_ = nullptr;  // that queue() has given
  bool last_is_required_ = false;
};

}  // namespace petrel::store
