// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/dispatcher.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "store/queue/queue_dispatch.h"

namespace petrel::store {

void Dispatcher::start_at(LogOffset offset, LogOffset begin, int64_t last_store_ms) {
  PETREL_CHECK_LE(begin, offset);
  applied_ = offset;
  committed_ = CommittedOffset(offset.value());
  begin_ = next_begin_ = begin;
  last_store_ms_ = last_store_ms;
}

// ---- applying

absl::Status Dispatcher::dispatch(const RecordView& record) {
  PETREL_CHECK_LE(applied_, record.log_offset);
  PETREL_CHECK(!dispatching_.has_value()) << "a record is dispatched while another one is";
  bool required = false;
  if (has_place(record)) {
    QueueView* const queue = this->queue(record.topic, record.queue_id);
    PETREL_CHECK_EQ(queue->next(), record.queue_offset);
    required = last_is_required_;
    if (required) {
      log_.mark_required(record.log_offset);
    } else if (!held_.empty()) [[unlikely]] {
      check_not_held(*queue);
    }
    queue->take_places(1);
    const QueueEntry entry = queue_entry_of(record);
    pending_.push_back({.at = record.log_offset,
                        .queue = queue,
                        .tags_code = entry.tags_code,
                        .store_ms = record.store_ms,
                        .size = entry.size});
  }
  dispatching_ = record.log_offset;
  absl::Status applied = owner_.apply(store_, record);
  dispatching_.reset();
  if (required && !held_.empty()) {
    for (Change& change : held_) pend(std::move(change), record.log_offset);
    held_.clear();
  }
  applied_ = record.log_offset + static_cast<int64_t>(record.bytes.size());
  return applied;
}

void Dispatcher::skip_to_offset(LogOffset to) {
  PETREL_CHECK_LE(applied_, to);
  applied_ = to;
}

QueueView* Dispatcher::queue(std::string_view topic, int32_t queue_id) {
  if (is_last(topic, queue_id)) return last_;
  last_is_required_ = owner_.required(topic);
  return last_ = queues_.queue(topic, queue_id);
}

QueueOffset Dispatcher::next_place(std::string_view topic, int32_t queue_id) {
  if (is_last(topic, queue_id)) return last_->next();
  QueueView* const known = queues_.find(topic, queue_id);
  if (known == nullptr) return QueueOffset(0);
  last_is_required_ = owner_.required(topic);
  last_ = known;
  return known->next();
}

void Dispatcher::begin_queue_at(QueueView* queue, QueueOffset offset) { queue->begin_at(offset); }

QueueView* Dispatcher::make_queue_anew(QueueView* queue) {
  const std::string topic = queue->topic();  // NOLINT(performance-unnecessary-copy-initialization)
  const int32_t queue_id = queue->queue_id();
  last_ = nullptr;
  pend(Deletion{.number = queues_.hide_queue(topic, queue_id)}, applied_);
  return this->queue(topic, queue_id);
}

void Dispatcher::add_holes(QueueView* queue, int64_t count, LogOffset at) {
  PETREL_CHECK_LE(0, count);
  queue->take_places(count);
  pend(Holes{.queue = queue, .count = count, .at = at}, applied_);
}

// ---- what the owner says

void Dispatcher::add(Change change) {
  if (dispatching_.has_value()) return pend(std::move(change), *dispatching_);
  held_.push_back(std::move(change));
}

void Dispatcher::pend(Change change, LogOffset at) {
  PETREL_CHECK_LE(committed_.value(), at.value()) << "it would be shown late";
  if (Holes* const holes = std::get_if<Holes>(&change); holes != nullptr && !holes->at) {
    holes->at = at;
  }
  changes_.push_back(std::move(change));
  pending_.push_back({.at = at});
}

// I-9 and its like: else a restart would find the record's place taken, or not there yet.
void Dispatcher::check_not_held(const QueueView& queue) const {
  for (const Change& change : held_) {
    if (const Holes* const holes = std::get_if<Holes>(&change)) {
      PETREL_CHECK(holes->queue != &queue)
          << queue.topic() << " skips places, and the record that says so is not appended yet";
    } else if (const Deletion* const deletion = std::get_if<Deletion>(&change)) {
      PETREL_CHECK(queues_.hidden().at(deletion->number).topic != queue.topic())
          << queue.topic() << " was deleted, and the record that says so is not appended yet";
    }
  }
}

void Dispatcher::delete_topic(std::string_view topic) {
  const std::optional<uint64_t> number = queues_.hide_topic(topic);
  if (!number.has_value()) return;
  last_ = nullptr;
  add(Deletion{.number = *number});
}

void Dispatcher::move_min(std::string_view topic, int32_t queue_id, const MinMove& move) {
  QueueView* const queue = queues_.find(topic, queue_id);
  if (queue == nullptr) return;
  // The last messages may be lost where the log is damaged. Their places were given.
  if (queue->next() < move.min) skip_to(topic, queue_id, move.min);
  ++unshown_moves_;
  add(Move{.queue = queue, .move = move});
}

void Dispatcher::skip_to(std::string_view topic, int32_t queue_id, QueueOffset next) {
  QueueView* const queue = this->queue(topic, queue_id);
  if (next <= queue->next()) return;
  const int64_t count = next - queue->next();
  queue->take_places(count);
  add(Holes{.queue = queue, .count = count, .at = {}});
}

void Dispatcher::move_begin(LogOffset begin) {
  if (begin <= next_begin_) return;
  next_begin_ = begin;
  add(Begin{.begin = begin});
}

// ---- showing

void Dispatcher::commit(CommittedOffset committed,
                        absl::FunctionRef<void(std::string_view)> arrived) {
  PETREL_CHECK_LE(committed_, committed);
  PETREL_CHECK_LE(committed.value(), applied_.value());
  committed_ = committed;
  const QueueView* last = nullptr;
  while (!pending_.empty() && pending_.front().at.value() < committed.value()) {
    const Pending pending = pending_.front();
    pending_.pop_front();
    if (pending.queue == nullptr) {
      const Change change = std::move(changes_.front());
      changes_.pop_front();
      std::visit([&](const auto& each) { show(each, pending.at); }, change);
      last = nullptr;
      continue;
    }
    queues_.show(pending.queue,
                 {.log_offset = pending.at, .size = pending.size, .tags_code = pending.tags_code},
                 pending.store_ms);
    last_store_ms_ = pending.store_ms;
    const bool same_topic =
        last == pending.queue || (last != nullptr && last->topic() == pending.queue->topic());
    if (!same_topic) arrived(pending.queue->topic());
    last = pending.queue;
  }
}

void Dispatcher::show(const Holes& holes, LogOffset /*record*/) {
  for (int64_t i = 0; i < holes.count; ++i) {
    queues_.show(holes.queue, QueueEntry::hole(*holes.at), /*store_ms=*/0);
  }
}

void Dispatcher::show(const Move& move, LogOffset /*record*/) {
  --unshown_moves_;
  const QueueOffset old_min = move.queue->min();
  queues_.move_min(move.queue, move.move);
  if (move.queue->min() != old_min) observer_.min_moved(*move.queue, old_min, move.move);
}

void Dispatcher::show(const Deletion& deletion, LogOffset record) {
  const QueueTable::Hidden& hidden = queues_.hidden().at(deletion.number);
  if (hidden.whole_topic) observer_.topic_gone(hidden.topic, record);
  queues_.forget_hidden(deletion.number);
}

void Dispatcher::show(const Begin& begin, LogOffset /*record*/) {
  PETREL_CHECK_LE(begin_, begin.begin);
  begin_ = begin.begin;
  observer_.begin_moved(begin_);
}

}  // namespace petrel::store
