// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/snapshot/snapshot_file.h"

#include <iterator>
#include <optional>
#include <utility>
#include <variant>

#include "common/concat.h"
#include "common/status.h"
#include "store/disk/whole_file.h"
#include "store/log/file_names.h"
#include "store/snapshot/snapshot_reader.h"
#include "store/snapshot/snapshot_writer.h"

namespace petrel::store {
namespace {

// The first may go on with the last one that is there.
void append_topics(std::vector<TopicBounds>& to, std::vector<TopicBounds> more) {
  for (TopicBounds& topic : more) {
    if (to.empty() || to.back().topic != topic.topic) {
      to.push_back(std::move(topic));
    } else {
      std::vector<QueueBounds>& queues = to.back().queues;
      queues.insert(queues.end(), topic.queues.begin(), topic.queues.end());
    }
  }
}

}  // namespace

std::string snapshot_path(const std::string& directory, LogOffset offset) {
  return concat(directory, "/", offset_file_name(offset.value()));
}

absl::Status write_snapshot(Disk& disk, const std::string& directory, const Snapshot& snapshot) {
  PETREL_ASSIGN_OR_RETURN(SnapshotWriter writer,
                          SnapshotWriter::begin(disk, directory, snapshot.header()));
  for (const TopicBounds& topic : snapshot.topics) PETREL_RETURN_IF_ERROR(writer.add(topic));
  for (const std::string& piece : snapshot.state) PETREL_RETURN_IF_ERROR(writer.add_state(piece));
  return writer.finish();
}

absl::StatusOr<Snapshot> read_snapshot(Disk& disk, const std::string& path) {
  PETREL_ASSIGN_OR_RETURN(SnapshotReader reader, SnapshotReader::open(disk, path));
  const SnapshotHeader& header = reader.header();
  Snapshot snapshot{.offset = header.offset,
                    .created_ms = header.created_ms,
                    .begin = header.begin,
                    .store_id = header.store_id,
                    .topics = {},
                    .state = {}};
  for (;;) {
    PETREL_ASSIGN_OR_RETURN(std::optional<SnapshotPiece> piece, reader.next());
    if (!piece.has_value()) return snapshot;
    if (std::string* const state = std::get_if<std::string>(&*piece)) {
      snapshot.state.push_back(std::move(*state));
    } else {
      append_topics(snapshot.topics, std::get<std::vector<TopicBounds>>(*std::move(piece)));
    }
  }
}

absl::StatusOr<std::vector<LogOffset>> list_snapshots(Disk& disk, const std::string& directory) {
  PETREL_ASSIGN_OR_RETURN(const std::vector<std::string> names, disk.list(directory));
  std::vector<LogOffset> offsets;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    if (const std::optional<int64_t> offset = parse_offset_file_name(*name)) {
      offsets.emplace_back(*offset);
    }
  }
  return offsets;
}

absl::Status prune_snapshots(Disk& disk, const std::string& directory, int keep,
                             const std::set<LogOffset>& damaged) {
  PETREL_ASSIGN_OR_RETURN(const std::vector<std::string> names, disk.list(directory));
  int sound = 0;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    const std::optional<int64_t> offset = parse_offset_file_name(*name);
    const bool goes = offset.has_value() ? sound >= keep : name->ends_with(kTemporarySuffix);
    if (goes) PETREL_RETURN_IF_ERROR(disk.remove(concat(directory, "/", *name)));
    if (offset.has_value() && !damaged.contains(LogOffset(*offset))) ++sound;
  }
  return absl::OkStatus();
}

}  // namespace petrel::store
