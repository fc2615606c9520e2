// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/store_summary.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "common/concat.h"
#include "common/status.h"
#include "common/string_map.h"
#include "store/log/segment_size.h"
#include "store/log/sync_mark.h"
#include "store/store_paths.h"

namespace petrel::store {
namespace {

// What RocketMQ and Petrel keep beside the log.
constexpr std::array<std::string_view, 7> kDirectories = {
    "commitlog", "consumequeue", "index", "snapshots", "config", "damaged", "removed"};
constexpr std::array<std::string_view, 9> kFiles = {
    "lock",     "abort",        "checkpoint",     "commitlog.synced",  "commitlog.damaged",
    "identity", "index.synced", "brokerIdentity", "commitlog.segments"};
constexpr int kDepthMax = 4;

// Stops after the first record.
class FirstRecord final : public LogVisitor {
 public:
  absl::Status record(const RecordView& record) override {
    store_ms = record.store_ms;
    return absl::CancelledError("enough");
  }
  absl::Status gap(const LogGap& /*gap*/) override { return absl::OkStatus(); }
  int64_t store_ms = 0;
};

class Tail final : public LogVisitor {
 public:
  Tail(StoreSummary& summary) : summary_(summary) {
    if (!summary.snapshots.newest_sound.has_value()) return;
    for (const TopicBounds& topic : summary.snapshots.newest_sound->topics) {
      for (const QueueBounds& queue : topic.queues) {
        queues_[topic.topic][queue.queue_id] = {queue.min, queue.max};
      }
    }
  }

  absl::Status record(const RecordView& record) override {
    ++summary_.records_behind;
    summary_.newest_ms = record.store_ms;
    Queues& queues = queues_[std::string(record.topic)];
    const auto [queue, added] = queues.try_emplace(
        record.queue_id, Bounds{.min = record.queue_offset, .max = record.queue_offset});
    Bounds& bounds = queue->second;
    if (record.queue_offset < bounds.max) bounds.min = record.queue_offset;  // made again
    bounds.max = record.queue_offset + 1;
    return absl::OkStatus();
  }
  absl::Status gap(const LogGap& /*gap*/) override {
    ++summary_.gaps_behind;
    return absl::OkStatus();
  }

  void finish() {
    for (const auto& [name, queues] : queues_) {
      StoreSummary::Topic& topic = summary_.topics.emplace_back();
      topic.name = name;
      topic.queues = queues.size();
      for (const auto& [queue_id, bounds] : queues) topic.messages += bounds.max - bounds.min;
    }
  }

 private:
  struct Bounds {
    QueueOffset min{0};
    QueueOffset max{0};
  };
  using Queues = absl::btree_map<int32_t, Bounds>;
  StoreSummary& summary_;
  OrderedStringMap<Queues> queues_;
};

absl::Status add_up(Disk& disk, const std::string& path, int depth, StoreSummary::Directory& into) {
  if (depth > kDepthMax) return absl::OkStatus();
  const absl::StatusOr<std::vector<std::string>> names = disk.list(path);
  PETREL_RETURN_IF_ERROR(names.status());
  for (const std::string& name : *names) {
    const std::string inner = concat(path, "/", name);
    if (disk.list(inner).ok()) {
      PETREL_RETURN_IF_ERROR(add_up(disk, inner, depth + 1, into));
      continue;
    }
    const auto file = disk.open(inner, Disk::OpenMode::kRead);
    if (!file.ok()) continue;  // removed meanwhile
    PETREL_ASSIGN_OR_RETURN(const uint64_t bytes, (*file)->size());
    ++into.files;
    into.bytes += static_cast<int64_t>(bytes);
  }
  return absl::OkStatus();
}

absl::Status list_directories(Disk& disk, const std::string& directory, StoreSummary& summary) {
  PETREL_ASSIGN_OR_RETURN(const std::vector<std::string> names, disk.list(directory));
  for (const std::string& name : names) {
    if (std::find(kDirectories.begin(), kDirectories.end(), name) != kDirectories.end()) {
      StoreSummary::Directory& into = summary.directories.emplace_back();
      into.name = name;
      PETREL_RETURN_IF_ERROR(add_up(disk, concat(directory, "/", name), 1, into));
    } else if (std::find(kFiles.begin(), kFiles.end(), name) == kFiles.end()) {
      summary.others.push_back(name);
    }
    summary.abort_file |= name == "abort";
  }
  return absl::OkStatus();
}

// Where to look for the end of the log: at the newest snapshot, else at the last file but one, for
// the last may have been made ahead of use.
int64_t tail_begin(const StoreSummary& summary) {
  const LogFiles& files = summary.files;
  const std::optional<Snapshot>& snapshot = summary.snapshots.newest_sound;
  if (snapshot.has_value() && snapshot->offset.value() <= files.end()) {
    return std::max(snapshot->offset.value(), files.begin());
  }
  return files.files.size() < 2 ? files.begin() : files.files[files.files.size() - 2].start;
}

}  // namespace

std::optional<int64_t> StoreSummary::logical_begin() const {
  if (!snapshots.newest_sound.has_value()) return std::nullopt;
  return snapshots.newest_sound->begin.value();
}

int64_t StoreSummary::replay_bytes() const {
  const LogOffset begin(files.begin());
  const LogOffset from =
      snapshots.newest_sound.has_value() ? std::max(begin, snapshots.newest_sound->offset) : begin;
  return std::max<int64_t>(0, log_end.offset - from.value());
}

absl::StatusOr<StoreSummary> summarize_store(Disk& disk, const std::string& directory,
                                             const IndexGeometry& index) {
  StoreSummary summary;
  absl::StatusOr<LogFiles> files = find_sized_log_files(disk, StorePaths(directory).log());
  if (absl::IsNotFound(files.status())) {
    return absl::NotFoundError(
        concat(directory, " is not a store directory: there is no commitlog/ in it"));
  }
  PETREL_RETURN_IF_ERROR(files.status());
  summary.files = *std::move(files);
  PETREL_ASSIGN_OR_RETURN(summary.snapshots, look_at_snapshots(disk, directory));
  PETREL_ASSIGN_OR_RETURN(summary.index, look_at_index(disk, directory, index));
  PETREL_ASSIGN_OR_RETURN(const SyncMark::Known mark,
                          SyncMark::look(disk, concat(directory, "/commitlog.synced")));
  summary.synced = mark.synced;
  PETREL_ASSIGN_OR_RETURN(summary.disk, disk.space(directory));
  PETREL_RETURN_IF_ERROR(list_directories(disk, directory, summary));

  FirstRecord first;
  const auto begun = survey_log(disk, summary.files, summary.files.begin(), first);
  if (!begun.ok() && !absl::IsCancelled(begun.status())) return begun.status();
  summary.oldest_ms = summary.newest_ms = first.store_ms;
  summary.read_from = tail_begin(summary);
  Tail tail(summary);
  PETREL_ASSIGN_OR_RETURN(summary.log_end,
                          survey_log(disk, summary.files, summary.read_from, tail));
  tail.finish();
  return summary;
}

}  // namespace petrel::store
