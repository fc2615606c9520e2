// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/store_recovery.h"

#include <algorithm>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/btree_map.h"
#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"
#include "store/log/record_layout.h"
#include "store/queue/queue_dispatch.h"
#include "store/queue/queue_files.h"

namespace petrel::store {
namespace {

constexpr log::Logger kLog("store");

}  // namespace

absl::StatusOr<LogOffset> StoreRecovery::run(MessageStore& store, MessageStore::Replay& replay) {
  PETREL_ASSIGN_OR_RETURN(const std::optional<Snapshot> snapshot, newest_sound_snapshot());
  LogOffset from(0);
  if (snapshot.has_value()) {
    for (const TopicBounds& topic : snapshot->topics) {
      for (const QueueBounds& queue : topic.queues) {
        queues_.add(topic.topic, queue.queue_id, queue.min, queue.max, queue.front)
            ->set_totals(queue.totals);
      }
    }
    from = snapshot->offset;
  }
  replayed_to_ = last_damage_ = from;
  std::string state;
  if (snapshot.has_value()) {
    for (const std::string& piece : snapshot->state) state += piece;
  }
  PETREL_RETURN_IF_ERROR(replay.restore(state));
  PETREL_RETURN_IF_ERROR(log_.recover(
      from, [&](const RecordView& record) { return replay_record(record, store, replay); }));
  PETREL_RETURN_IF_ERROR(take_in_damage(log_.end(), replay));
  PETREL_RETURN_IF_ERROR(check_last_needed(from));
  PETREL_ASSIGN_OR_RETURN(std::vector<QueueView*> damaged, move_mins());
  PETREL_RETURN_IF_ERROR(rebuild_damaged_queues(from, std::move(damaged)));
  return from;
}

absl::StatusOr<std::optional<Snapshot>> StoreRecovery::newest_sound_snapshot() {
  // A process that was killed may not have come to this: what is relied on from here on must not be
  // gone after a power cut.
  PETREL_RETURN_IF_ERROR(disk_.sync_directory(paths_.snapshots()));
  PETREL_ASSIGN_OR_RETURN(const std::vector<LogOffset> offsets,
                          list_snapshots(disk_, paths_.snapshots()));
  for (const LogOffset offset : offsets) {
    const std::string path = snapshot_path(paths_.snapshots(), offset);
    absl::StatusOr<Snapshot> snapshot = read_snapshot(disk_, path);
    if (snapshot.ok()) return *std::move(snapshot);
    if (!absl::IsDataLoss(snapshot.status())) return snapshot.status();
    kLog.warn("a snapshot cannot be used, more of the log is read instead",
              {{"file", path}, {"error", concat(snapshot.status().message())}});
  }
  if (!offsets.empty() && log_.begin() > LogOffset(0)) {
    return absl::DataLossError(concat(
        paths_.snapshots(), ": no snapshot can be read, and the log before ", log_.begin().value(),
        " was deleted, so what they knew of it is nowhere else; "
        "restore one of them from a copy"));
  }
  return std::nullopt;
}

// RocketMQ deletes and makes topics again without a record of it: the queue just begins anew.
QueueView* StoreRecovery::queue_for(const RecordView& record) {
  QueueView* const queue = queues_.queue(record.topic, record.queue_id);
  if (record.queue_offset > QueueOffset(0) || queue->max() == QueueOffset(0)) return queue;
  kLog.warn("a queue begins anew, as if its topic had been deleted",
            {{"topic", record.topic},
             {"queue", record.queue_id},
             {"log_offset", record.log_offset.value()},
             {"queue_offset", queue->max().value()}});
  return queues_.make_anew(record.topic, record.queue_id);
}

absl::Status StoreRecovery::replay_record(const RecordView& record, MessageStore& store,
                                          MessageStore::Replay& replay) {
  PETREL_RETURN_IF_ERROR(take_in_damage(record.log_offset, replay));
  replayed_to_ = record.log_offset + static_cast<int64_t>(record.bytes.size());
  if (!has_place(record)) return absl::OkStatus();
  PETREL_RETURN_IF_ERROR(check_batch(record));
  QueueView* const queue = queue_for(record);
  // Of a queue's first record: where the log begins behind it, or a hole.
  const int64_t before = queue->max() == QueueOffset(0) ? record.queue_offset.value() : 0;
  const bool lost = log_.begin() == LogOffset(0) && damage_explains(before);
  if (before > 0 && !lost) queue->begin_at(record.queue_offset);
  if (!damage_explains(record.queue_offset - queue->max())) {
    return absl::DataLossError(concat("the record at log offset ", record.log_offset.value(),
                                      " has queue offset ", record.queue_offset.value(), " in ",
                                      record.topic, "/", record.queue_id, ", where ",
                                      queue->max().value(), " is next"));
  }
  PETREL_RETURN_IF_ERROR(fill_holes(*queue, record.queue_offset, replay));
  if (!replay.may_lack(record.topic)) log_.must_not_lack(record.log_offset);
  queue->append(queue_entry_of(record));
  return replay.apply(store, record);
}

// The log may have lost its front after the snapshot was written, see RetentionJob.
absl::StatusOr<std::vector<QueueView*>> StoreRecovery::move_mins() {
  std::vector<QueueView*> damaged;
  for (QueueView* queue : queues_.with_front_below(log_.begin())) {
    const absl::StatusOr<QueueFront> front =
        find_queue_front(disk_, paths_.queue(queue->topic(), queue->queue_id()), queue->min(),
                         queue->durable(), log_.begin());
    if (absl::IsDataLoss(front.status())) {
      damaged.push_back(queue);
    } else if (!front.ok()) {
      return front.status();
    } else {
      queues_.move_min(queue, front->offset, front->log_offset);
    }
  }
  return damaged;
}

// Queue files may be removed to have them rebuilt; a crash while a topic was deleted and made again
// leaves files that the replay has made irrelevant. So this comes after the replay, and looks only
// at queues that are still those of the snapshot. Topics without any file are found with one look
// at their directory, and rebuilt in one go; whatever else is damaged is noticed when it is read
// (queue_repair.h), because a start that opens each queue's file takes as long as there are queues.
absl::Status StoreRecovery::rebuild_damaged_queues(LogOffset snapshot_offset,
                                                   std::vector<QueueView*> damaged) {
  PETREL_ASSIGN_OR_RETURN(const std::vector<std::string> there, disk_.list(paths_.queues()));
  for (const auto& [topic, queues] : queues_.topics()) {
    if (std::binary_search(there.begin(), there.end(), topic)) continue;
    for (const auto& [queue_id, queue] : queues) {
      if (queue->durable() > queue->min()) damaged.push_back(queue.get());
    }
  }
  std::sort(damaged.begin(), damaged.end());
  damaged.erase(std::unique(damaged.begin(), damaged.end()), damaged.end());
  if (damaged.empty()) return absl::OkStatus();
  kLog.warn("consume queues are rebuilt from the log", {{"queues", damaged.size()}});
  return rebuild_queues(damaged, snapshot_offset);
}

absl::Status StoreRecovery::rebuild_queues(const std::vector<QueueView*>& damaged,
                                           LogOffset snapshot_offset) {
  absl::btree_map<std::pair<std::string_view, int32_t>, std::deque<QueueEntry>> found;
  for (const QueueView* queue : damaged) found[{queue->topic(), queue->queue_id()}];
  absl::btree_map<std::pair<std::string_view, int32_t>, QueueOffset> next;
  PETREL_RETURN_IF_ERROR(log_.visit(log_.begin(), snapshot_offset, [&](const RecordView& record) {
    const auto entries = found.find({record.topic, record.queue_id});
    if (entries == found.end() || !has_place(record)) return absl::OkStatus();
    QueueOffset& end = next[entries->first];
    // Before the last: a topic of that name was deleted and made again.
    const bool first = entries->second.empty() || record.queue_offset < end;
    if (first) entries->second.clear();
    for (; !first && end < record.queue_offset; ++end) {
      entries->second.push_back(QueueEntry::hole(entries->second.back().log_offset));
    }
    entries->second.push_back(queue_entry_of(record));
    end = record.queue_offset + 1;
    return absl::OkStatus();
  }));
  for (QueueView* queue : damaged) {
    const std::pair<std::string_view, int32_t> key(queue->topic(), queue->queue_id());
    std::deque<QueueEntry>& entries = found[key];
    if (entries.empty() && log_.begin() > LogOffset(0)) {  // all of it was deleted
      queue->rebuild({});
      continue;
    }
    const int64_t lacking = queue->durable() - next[key];
    if (!damage_explains(lacking)) {
      return absl::DataLossError(concat(paths_.queue(queue->topic(), queue->queue_id()),
                                        " is damaged, and the log no longer has its records"));
    }
    entries.insert(entries.end(), static_cast<size_t>(lacking), QueueEntry::hole(snapshot_offset));
    while (static_cast<int64_t>(entries.size()) > queue->durable() - queue->min()) {
      entries.pop_front();
    }
    queue->rebuild(std::vector<QueueEntry>(entries.begin(), entries.end()));
  }
  return absl::OkStatus();
}

// ---- damage

bool StoreRecovery::damage_explains(int64_t holes) const {
  constexpr auto kSmallestRecord = static_cast<int64_t>(layout::kRecordBytesMin);
  return holes >= 0 && holes <= log_.damage().bytes() / kSmallestRecord;
}

// What damage between the last record and `to` can be told to have been a queue's next record.
absl::Status StoreRecovery::take_in_damage(LogOffset to, MessageStore::Replay& replay) {
  if (to == replayed_to_ || log_.damage().count() == 0) return absl::OkStatus();
  for (const DamagedRange& range : log_.damage().ranges()) {
    if (range.begin < replayed_to_ || range.end > to) continue;
    last_damage_ = range.begin;
    if (!range.record.has_value()) continue;
    const DamagedRange::Record& lost = *range.record;
    QueueView* const queue = queues_.find(lost.topic, lost.queue_id);
    if (queue == nullptr || queue->max() != lost.queue_offset) continue;
    PETREL_RETURN_IF_ERROR(fill_holes(*queue, lost.queue_offset + 1, replay));
  }
  return absl::OkStatus();
}

// A later record of the owner's would have told that one before is lost. The last one has none.
absl::Status StoreRecovery::check_last_needed(LogOffset from) const {
  const std::optional<LogOffset> needed = log_.last_needed();
  if (!needed.has_value() || *needed < from) return absl::OkStatus();
  for (const DamagedRange& range : log_.damage().ranges()) {
    if (*needed < range.begin || *needed >= range.end) continue;
    return absl::DataLossError(
        concat(range.file, " is damaged from log offset ", range.begin.value(), " to ",
               range.end.value(), ", where the record at ", needed->value(),
               " tells what the broker did; ", "`petrelctl store repair` tells what can be done"));
  }
  return absl::OkStatus();
}

absl::Status StoreRecovery::fill_holes(QueueView& queue, QueueOffset end,
                                       MessageStore::Replay& replay) {
  if (queue.max() == end) return absl::OkStatus();
  if (!replay.may_lack(queue.topic())) {
    return absl::DataLossError(
        concat("records of ", queue.topic(), " from ", queue.max().value(), " to ", end.value() - 1,
               " are lost where the log is damaged, at offset ", last_damage_.value(),
               ", and with them what the broker did there; ",
               "`petrelctl store repair` tells what can be done"));
  }
  kLog.warn("messages are lost where the log is damaged; consumers go on behind them",
            {{"topic", queue.topic()},
             {"queue", queue.queue_id()},
             {"queue_offset", queue.max().value()},
             {"messages", end - queue.max()}});
  while (queue.max() < end) queue.append(QueueEntry::hole(last_damage_));
  return absl::OkStatus();
}

}  // namespace petrel::store
