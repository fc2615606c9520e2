// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/snapshot_list.h"

#include <utility>

#include "common/concat.h"
#include "common/status.h"

namespace petrel::store {

absl::StatusOr<SnapshotList> look_at_snapshots(Disk& disk, const std::string& store_directory) {
  const std::string directory = concat(store_directory, "/snapshots");
  const absl::StatusOr<std::vector<LogOffset>> offsets = list_snapshots(disk, directory);
  SnapshotList list;
  if (absl::IsNotFound(offsets.status())) return list;
  PETREL_RETURN_IF_ERROR(offsets.status());
  for (const LogOffset offset : *offsets) {
    SnapshotOnDisk& seen = list.all.emplace_back();
    seen.offset = offset;
    seen.path = snapshot_path(directory, offset);
    {
      PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                              disk.open(seen.path, Disk::OpenMode::kRead));
      PETREL_ASSIGN_OR_RETURN(const uint64_t bytes, file->size());
      seen.bytes = static_cast<int64_t>(bytes);
    }
    absl::StatusOr<Snapshot> snapshot = read_snapshot(disk, seen.path);
    if (absl::IsDataLoss(snapshot.status())) {
      seen.damage = concat(snapshot.status().message());
      continue;
    }
    if (!snapshot.ok()) {
      return absl::Status(snapshot.status().code(),
                          concat(seen.path, ": ", snapshot.status().message()));
    }
    seen.created_ms = snapshot->created_ms;
    seen.topics = snapshot->topics.size();
    for (const TopicBounds& topic : snapshot->topics) seen.queues += topic.queues.size();
    if (snapshot->offset != offset) {
      seen.damage = concat("it is of log offset ", snapshot->offset.value());
    } else if (!list.newest_sound.has_value()) {
      list.newest_sound = *std::move(snapshot);
    }
  }
  return list;
}

}  // namespace petrel::store
