// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/snapshot/snapshot_restore.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"
#include "store/snapshot/snapshot_file.h"
#include "store/snapshot/snapshot_reader.h"

namespace petrel::store {
namespace {

constexpr log::Logger kLog("store");

absl::Status with_path(const std::string& path, const absl::Status& status) {
  return {status.code(), concat(path, ": ", status.message())};
}

// A volume, or a copy of files, was mixed up: what it says is not true of this log.
absl::Status check_store(const std::string& path, const std::string& of,
                         const std::string& store_id) {
  if (of.empty() || store_id.empty() || of == store_id) return absl::OkStatus();
  return absl::FailedPreconditionError(concat(path, " is a snapshot of the store ", of,
                                              ", and this directory is ", store_id,
                                              "; put back the files that belong here"));
}

absl::StatusOr<std::optional<Snapshot>> newest_sound_snapshot(Disk& disk, const StorePaths& paths,
                                                              const std::string& store_id,
                                                              LogOffset log_begin,
                                                              std::set<LogOffset>& damaged) {
  // A process that was killed may not have come to this: what is relied on from here on must not be
  // gone after a power cut.
  PETREL_RETURN_IF_ERROR(disk.sync_directory(paths.snapshots()));
  PETREL_ASSIGN_OR_RETURN(const std::vector<LogOffset> offsets,
                          list_snapshots(disk, paths.snapshots()));
  for (const LogOffset offset : offsets) {
    const std::string path = snapshot_path(paths.snapshots(), offset);
    absl::StatusOr<Snapshot> snapshot = read_snapshot(disk, path);
    if (snapshot.ok()) {
      PETREL_RETURN_IF_ERROR(check_store(path, snapshot->store_id, store_id));
      return *std::move(snapshot);
    }
    if (!absl::IsDataLoss(snapshot.status())) return with_path(path, snapshot.status());
    kLog.warn("a snapshot cannot be used, more of the log is read instead",
              {{"file", path}, {"error", concat(snapshot.status().message())}});
    damaged.insert(offset);
  }
  if (!offsets.empty() && log_begin > LogOffset(0)) {
    return absl::DataLossError(
        concat(paths.snapshots(), ": no snapshot can be read, and the log before ",
               log_begin.value(), " was deleted, so what they knew of it is nowhere else; ",
               "restore one of them from a copy"));
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<std::string> store_id_in_snapshots(Disk& disk, const StorePaths& paths) {
  const absl::StatusOr<std::vector<LogOffset>> offsets = list_snapshots(disk, paths.snapshots());
  if (absl::IsNotFound(offsets.status())) return std::string();
  PETREL_RETURN_IF_ERROR(offsets.status());
  for (const LogOffset offset : *offsets) {
    const std::string path = snapshot_path(paths.snapshots(), offset);
    const absl::StatusOr<SnapshotReader> reader = SnapshotReader::open(disk, path);
    if (absl::IsDataLoss(reader.status())) continue;
    if (!reader.ok()) return with_path(path, reader.status());
    if (!reader->header().store_id.empty()) return reader->header().store_id;
  }
  return std::string();
}

absl::StatusOr<RestoredSnapshot> restore_newest_snapshot(Disk& disk, const StorePaths& paths,
                                                         const std::string& store_id,
                                                         LogOffset log_begin, QueueTable& queues) {
  RestoredSnapshot restored;
  PETREL_ASSIGN_OR_RETURN(
      std::optional<Snapshot> snapshot,
      newest_sound_snapshot(disk, paths, store_id, log_begin, restored.damaged));
  if (!snapshot.has_value()) return restored;
  for (const TopicBounds& topic : snapshot->topics) {
    for (const QueueBounds& queue : topic.queues) {
      queues.add(topic.topic, queue.queue_id, queue.min, queue.max, queue.front)
          ->set_totals(queue.totals);
    }
  }
  restored.offset = snapshot->offset;
  if (snapshot->offset > LogOffset(0)) restored.store_ms = snapshot->created_ms;
  restored.begin = snapshot->begin;
  restored.state = std::move(snapshot->state);
  return restored;
}

}  // namespace petrel::store
