// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/store_recovery.h"

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/btree_map.h"
#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"
#include "store/queue_files.h"

namespace petrel::store {
namespace {

constexpr log::Logger kLog("store");

QueueEntry queue_entry_of(const RecordView& record) {
  return {.log_offset = record.log_offset,
          .size = static_cast<int32_t>(record.bytes.size()),
          .tags_code = tags_code(find_property(record.properties, "TAGS"))};
}

}  // namespace

absl::StatusOr<LogOffset> StoreRecovery::run(MessageStore& store, MessageStore::Replay& replay) {
  PETREL_ASSIGN_OR_RETURN(const std::optional<Snapshot> snapshot, newest_sound_snapshot());
  LogOffset from(0);
  if (snapshot.has_value()) {
    for (const TopicBounds& topic : snapshot->topics) {
      for (const QueueBounds& queue : topic.queues) {
        queues_.add(topic.topic, queue.queue_id, queue.min, queue.max);
      }
    }
    from = snapshot->offset;
  }
  PETREL_RETURN_IF_ERROR(replay.restore(snapshot.has_value() ? snapshot->state : ""));
  PETREL_RETURN_IF_ERROR(log_.recover(
      from, [&](const RecordView& record) { return replay_record(record, store, replay); }));
  PETREL_RETURN_IF_ERROR(rebuild_damaged_queues(from));
  return from;
}

absl::StatusOr<std::optional<Snapshot>> StoreRecovery::newest_sound_snapshot() {
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
  return std::nullopt;
}

absl::Status StoreRecovery::replay_record(const RecordView& record, MessageStore& store,
                                          MessageStore::Replay& replay) {
  QueueView* const queue = queues_.queue(record.topic, record.queue_id);
  const bool unused = queue->max() == QueueOffset(0);
  if (unused && record.queue_offset > QueueOffset(0)) queue->begin_at(record.queue_offset);
  if (queue->max() != record.queue_offset) {
    return absl::DataLossError(concat("the record at log offset ", record.log_offset.value(),
                                      " has queue offset ", record.queue_offset.value(), " in ",
                                      record.topic, "/", record.queue_id, ", where ",
                                      queue->max().value(), " is next"));
  }
  queue->append(queue_entry_of(record));
  return replay.apply(store, record);
}

// Queue files may be removed to have them rebuilt; a crash while a topic was deleted and made again
// leaves files that the replay has made irrelevant. So this comes after the replay, and looks only
// at queues that are still those of the snapshot: the last entry of each tells.
absl::Status StoreRecovery::rebuild_damaged_queues(LogOffset snapshot_offset) {
  std::vector<QueueView*> damaged;
  for (const auto& [topic, queues] : queues_.topics()) {
    for (const auto& [queue_id, queue] : queues) {
      if (queue->durable() == queue->min()) continue;
      QueueEntry last;
      const absl::Status read = read_queue_entries(disk_, paths_.queue(topic, queue_id),
                                                   queue->durable() - 1, std::span(&last, 1));
      if (!read.ok() && !absl::IsDataLoss(read)) return read;
      const bool sound = read.ok() && last.log_offset + last.size <= snapshot_offset;
      if (!sound) damaged.push_back(queue.get());
    }
  }
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
    if (entries == found.end()) return absl::OkStatus();
    QueueOffset& end = next[entries->first];
    // Elsewhere than behind the last: a topic of that name was deleted before and made again.
    if (record.queue_offset != end) entries->second.clear();
    entries->second.push_back(queue_entry_of(record));
    end = record.queue_offset + 1;
    return absl::OkStatus();
  }));
  for (QueueView* queue : damaged) {
    const std::pair<std::string_view, int32_t> key(queue->topic(), queue->queue_id());
    std::deque<QueueEntry>& entries = found[key];
    if (next[key] != queue->durable()) {
      return absl::DataLossError(concat(paths_.queue(queue->topic(), queue->queue_id()),
                                        " is damaged, and the log no longer has its records"));
    }
    while (static_cast<int64_t>(entries.size()) > queue->durable() - queue->min()) {
      entries.pop_front();
    }
    queue->rebuild(std::vector<QueueEntry>(entries.begin(), entries.end()));
  }
  return absl::OkStatus();
}

}  // namespace petrel::store
