// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log_replay.h"

#include <algorithm>

#include "common/check.h"
#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"
#include "store/log/record_layout.h"
#include "store/queue/queue_dispatch.h"

namespace petrel::store {
namespace {

constexpr log::Logger kLog("store");

}  // namespace

LogReplay::LogReplay(CommitLog& log, QueueTable& queues, Dispatcher& dispatcher,
                     MessageStore::Owner& owner, std::optional<LogOffset> last_required)
    : log_(log),
      queues_(queues),
      dispatcher_(dispatcher),
      owner_(owner),
      last_required_(last_required),
      replayed_to_(dispatcher.applied()),
      last_damage_(dispatcher.applied()) {}

absl::Status LogReplay::apply_to(LogOffset to, int64_t bytes_max) {
  const LogOffset from = std::max(dispatcher_.applied(), log_.begin());
  if (from >= to) return absl::OkStatus();
  if (const int64_t written = log_.progress().written.value(); to.value() > written) {
    return absl::FailedPreconditionError(concat("the log cannot be applied up to offset ",
                                                to.value(), ": it is written up to ", written));
  }
  bool enough = false;
  const auto visit = [&](const RecordView& record) -> absl::Status {
    // At least one record, so that whoever asks again gets on.
    enough = record.log_offset > from && record.log_offset - from >= bytes_max;
    return enough ? absl::CancelledError() : apply(record);
  };
  // Whoever found the log's end, or took the bytes in, has verified them.
  const absl::Status visited = log_.visit(from, to, visit, Verify::kStructure);
  if (enough) return absl::OkStatus();
  PETREL_RETURN_IF_ERROR(visited);
  PETREL_RETURN_IF_ERROR(take_in_damage(to));
  PETREL_RETURN_IF_ERROR(check_last_required(to));
  replayed_to_ = to;
  dispatcher_.skip_to_offset(to);
  return absl::OkStatus();
}

absl::Status LogReplay::apply(const RecordView& record) {
  PETREL_RETURN_IF_ERROR(take_in_damage(record.log_offset));
  replayed_to_ = record.log_offset + static_cast<int64_t>(record.bytes.size());
  if (has_place(record)) {
    PETREL_RETURN_IF_ERROR(check_batch(record));
    PETREL_RETURN_IF_ERROR(check_place(record));
    PETREL_RETURN_IF_ERROR(make_ready(record));
  }
  return dispatcher_.dispatch(record);
}

// ---- the record's queue

absl::Status LogReplay::make_ready(const RecordView& record) {
  QueueView* const queue = queue_for(record);
  // Of a queue's first record: where the log begins behind it, or a hole.
  const int64_t before = queue->next() == QueueOffset(0) ? record.queue_offset.value() : 0;
  const bool lost = log_.begin() == LogOffset(0) && damage_explains(before);
  if (before > 0 && !lost) dispatcher_.begin_queue_at(queue, record.queue_offset);
  if (!damage_explains(record.queue_offset - queue->next())) {
    return absl::DataLossError(concat("the record at log offset ", record.log_offset.value(),
                                      " has queue offset ", record.queue_offset.value(), " in ",
                                      record.topic, "/", record.queue_id, ", where ",
                                      queue->next().value(), " is next"));
  }
  return fill_holes(queue, record.queue_offset);
}

// RocketMQ deletes and makes topics again without a record of it: the queue just begins anew.
QueueView* LogReplay::queue_for(const RecordView& record) {
  QueueView* const queue = dispatcher_.queue(record.topic, record.queue_id);
  if (record.queue_offset > QueueOffset(0) || queue->next() == QueueOffset(0)) return queue;
  kLog.warn("a queue begins anew, as if its topic had been deleted",
            {{"topic", record.topic},
             {"queue", record.queue_id},
             {"log_offset", record.log_offset.value()},
             {"queue_offset", queue->next().value()}});
  return dispatcher_.make_queue_anew(queue);
}

// ---- damage

bool LogReplay::damage_explains(int64_t holes) const {
  constexpr auto kSmallestRecord = static_cast<int64_t>(layout::kRecordBytesMin);
  return holes >= 0 && holes <= log_.damage().bytes() / kSmallestRecord;
}

// What damage between the last record and `to` can be told to have been a queue's next record.
absl::Status LogReplay::take_in_damage(LogOffset to) {
  if (to == replayed_to_ || log_.damage().count() == 0) return absl::OkStatus();
  for (const DamagedRange& range : log_.damage().ranges()) {
    if (range.begin < replayed_to_ || range.end > to) continue;
    last_damage_ = range.begin;
    if (!range.record.has_value()) continue;
    const DamagedRange::Record& lost = *range.record;
    QueueView* const queue = queues_.find(lost.topic, lost.queue_id);
    if (queue == nullptr || queue->next() != lost.queue_offset) continue;
    PETREL_RETURN_IF_ERROR(fill_holes(queue, lost.queue_offset + 1));
  }
  return absl::OkStatus();
}

absl::Status LogReplay::fill_holes(QueueView* queue, QueueOffset end) {
  const int64_t count = end - queue->next();
  if (count == 0) return absl::OkStatus();
  if (owner_.required(queue->topic())) {
    return absl::DataLossError(
        concat("records of ", queue->topic(), " from ", queue->next().value(), " to ",
               end.value() - 1, " are lost where the log is damaged, at offset ",
               last_damage_.value(), ", and with them what the broker did there; ",
               "`petrelctl store repair` tells what can be done"));
  }
  kLog.warn("messages are lost where the log is damaged; consumers go on behind them",
            {{"topic", queue->topic()},
             {"queue", queue->queue_id()},
             {"queue_offset", queue->next().value()},
             {"messages", count}});
  dispatcher_.add_holes(queue, count, last_damage_);
  return absl::OkStatus();
}

// A later record that is required would have told that one before is lost. The last one has none.
absl::Status LogReplay::check_last_required(LogOffset to) {
  if (!last_required_.has_value() || *last_required_ >= to) return absl::OkStatus();
  const LogOffset required = *last_required_;
  last_required_.reset();
  for (const DamagedRange& range : log_.damage().ranges()) {
    if (required < range.begin || required >= range.end) continue;
    return absl::DataLossError(
        concat(range.file, " is damaged from log offset ", range.begin.value(), " to ",
               range.end.value(), ", where the record at ", required.value(),
               " tells what the broker did; ", "`petrelctl store repair` tells what can be done"));
  }
  return absl::OkStatus();
}

}  // namespace petrel::store
