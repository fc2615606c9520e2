// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/snapshot/snapshot_job.h"

#include <span>

#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"
#include "store/queue/queue_files.h"

namespace petrel::store {
namespace {

constexpr log::Logger kLog("store");

// Somebody else may have removed it: a deletion of queue files that runs meanwhile, or a person.
absl::Status remove_if_there(Disk& disk, const std::string& path) {
  const absl::Status removed = disk.remove(path);
  return absl::IsNotFound(removed) ? absl::OkStatus() : removed;
}

// A directory with files and directories in it, at most `depth` levels of them.
absl::Status remove_tree(Disk& disk, const std::string& directory, int depth) {
  const absl::StatusOr<std::vector<std::string>> names = disk.list(directory);
  if (absl::IsNotFound(names.status())) return absl::OkStatus();
  PETREL_RETURN_IF_ERROR(names.status());
  for (const std::string& name : *names) {
    const std::string path = concat(directory, "/", name);
    if (depth > 1) {
      PETREL_RETURN_IF_ERROR(remove_tree(disk, path, depth - 1));
    } else {
      PETREL_RETURN_IF_ERROR(remove_if_there(disk, path));
    }
  }
  return remove_if_there(disk, directory);
}

// Neighbours together.
absl::Status write_corrections(QueueFileWriter& writer,
                               std::span<const CorrectedEntry> corrections) {
  std::vector<QueueEntry> neighbours;
  for (size_t i = 0; i < corrections.size(); i += neighbours.size()) {
    const QueueOffset first = corrections[i].offset;
    neighbours.clear();
    for (size_t j = i; j < corrections.size(); ++j) {
      if (corrections[j].offset - first != static_cast<int64_t>(j - i)) break;
      neighbours.push_back(corrections[j].entry);
    }
    PETREL_RETURN_IF_ERROR(writer.write(first, neighbours));
  }
  return absl::OkStatus();
}

absl::Status write_entries(Disk& disk, const std::string& directory, const UnwrittenQueue& queue,
                           UnsyncedFiles& unsynced) {
  QueueFileWriter writer(disk, directory, queue.entries.min, queue.entries.first, unsynced);
  PETREL_RETURN_IF_ERROR(write_corrections(writer, queue.entries.corrected));
  QueueOffset at = queue.entries.first;
  for (const QueueView::Piece& piece : queue.entries.pieces) {
    PETREL_RETURN_IF_ERROR(writer.write(at, piece.entries));
    at += static_cast<int64_t>(piece.entries.size());
  }
  writer.finish();
  return absl::OkStatus();
}

}  // namespace

absl::Status SnapshotJob::run(Disk& disk, CommitLog& log) const {
  PETREL_RETURN_IF_ERROR(log.sync_up_to(snapshot.offset));
  for (const std::string& topic : removed_topics) {
    constexpr int kQueueAndFileLevels = 2;
    PETREL_RETURN_IF_ERROR(remove_tree(disk, paths.topic(topic), kQueueAndFileLevels));
  }
  if (!removed_topics.empty()) PETREL_RETURN_IF_ERROR(disk.sync_directory(paths.queues()));
  UnsyncedFiles unsynced;
  for (const UnwrittenQueue& queue : queues) {
    PETREL_RETURN_IF_ERROR(
        write_entries(disk, paths.queue(queue.topic, queue.queue_id), queue, unsynced));
  }
  PETREL_RETURN_IF_ERROR(unsynced.sync(disk, paths.queues()));
  if (const absl::Status written = write_snapshot(disk, paths.snapshots(), snapshot);
      !written.ok()) {
    // The next one needs the room.
    prune_snapshots(disk, paths.snapshots(), kKeepAllSnapshots).IgnoreError();
    return written;
  }
  PETREL_RETURN_IF_ERROR(
      prune_snapshots(disk, paths.snapshots(), snapshots_kept, damaged_snapshots));
  if (rocketmq_files == nullptr) return absl::OkStatus();
  const absl::Status written = rocketmq_files->write(snapshot.state, rocketmq_complete);
  if (!written.ok()) {
    kLog.warn("RocketMQ's files could not be written", {{"error", concat(written.message())}});
  }
  return absl::OkStatus();
}

}  // namespace petrel::store
