// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/snapshot/snapshot_file.h"

#include <limits>
#include <optional>

#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"
#include "store/disk/whole_file.h"
#include "store/log/big_endian.h"
#include "store/log/crc32.h"
#include "store/log/file_names.h"

namespace petrel::store {
namespace {

constexpr std::string_view kMagic = "PTRLSNAP";
constexpr int32_t kVersion = 2;
constexpr int32_t kVersionWithoutFronts = 1;
constexpr size_t kVersionAt = 8;
constexpr size_t kCrcAt = 12;
constexpr size_t kSizeAt = 16;
constexpr size_t kQueueBytesMin = 4 + 8 + 8;

absl::Status damaged(std::string_view what) {
  return absl::DataLossError(concat("not a sound snapshot: ", what));
}

// Takes values from the front; once one does not fit, all that follow fail too.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <std::integral T>
  T take() {
    if (rest_.size() < sizeof(T)) return fail(), T{0};
    const T value = load_big_endian<T>(rest_.data());
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  std::string_view take_bytes(uint64_t size) {
    if (rest_.size() < size) return fail(), std::string_view();
    const std::string_view bytes = rest_.substr(0, static_cast<size_t>(size));
    rest_.remove_prefix(bytes.size());
    return bytes;
  }
  // A count of items that have at least `item_bytes` each.
  size_t take_count(size_t item_bytes) {
    const auto count = take<int32_t>();
    if (count < 0 || static_cast<size_t>(count) > rest_.size() / item_bytes) return fail(), 0;
    return static_cast<size_t>(count);
  }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }

 private:
  void fail() {
    ok_ = false;
    rest_ = {};
  }
  std::string_view rest_;
  bool ok_ = true;
};

absl::StatusOr<TopicBounds> take_topic(Reader& reader, int32_t version) {
  TopicBounds topic;
  topic.topic = std::string(reader.take_bytes(reader.take<uint16_t>()));
  const size_t queues = reader.take_count(kQueueBytesMin);
  topic.queues.reserve(queues);
  for (size_t i = 0; i < queues; ++i) {
    QueueBounds queue;
    queue.queue_id = reader.take<int32_t>();
    queue.min = QueueOffset(reader.take<int64_t>());
    queue.max = QueueOffset(reader.take<int64_t>());
    if (version != kVersionWithoutFronts) queue.front = LogOffset(reader.take<int64_t>());
    if (queue.min < QueueOffset(0) || queue.max < queue.min) return damaged("queue bounds");
    topic.queues.push_back(queue);
  }
  return topic;
}

}  // namespace

std::string encode_snapshot(const Snapshot& snapshot) {
  std::string bytes(kMagic);
  append_big_endian(bytes, kVersion);
  append_big_endian(bytes, uint32_t{0});  // checksum, below
  append_big_endian(bytes, int64_t{0});   // size, below
  append_big_endian(bytes, snapshot.offset.value());
  append_big_endian(bytes, snapshot.created_ms);
  append_big_endian(bytes, static_cast<int32_t>(snapshot.topics.size()));
  for (const TopicBounds& topic : snapshot.topics) {
    PETREL_CHECK_LE(topic.topic.size(), std::numeric_limits<uint16_t>::max());
    append_big_endian(bytes, static_cast<uint16_t>(topic.topic.size()));
    bytes += topic.topic;
    append_big_endian(bytes, static_cast<int32_t>(topic.queues.size()));
    for (const QueueBounds& queue : topic.queues) {
      append_big_endian(bytes, queue.queue_id);
      append_big_endian(bytes, queue.min.value());
      append_big_endian(bytes, queue.max.value());
      append_big_endian(bytes, queue.front.value());
    }
  }
  append_big_endian(bytes, static_cast<int64_t>(snapshot.state.size()));
  bytes += snapshot.state;
  store_big_endian(bytes.data() + kSizeAt, static_cast<int64_t>(bytes.size()));
  store_big_endian(bytes.data() + kCrcAt, crc32_ieee(std::string_view(bytes).substr(kSizeAt)));
  return bytes;
}

absl::StatusOr<Snapshot> decode_snapshot(std::string_view bytes) {
  if (!bytes.starts_with(kMagic) || bytes.size() < kSizeAt) return damaged("wrong magic");
  const auto version = load_big_endian<int32_t>(bytes.data() + kVersionAt);
  if (version != kVersion && version != kVersionWithoutFronts) {
    return damaged(concat("version ", version, " instead of ", kVersion));
  }
  if (load_big_endian<uint32_t>(bytes.data() + kCrcAt) != crc32_ieee(bytes.substr(kSizeAt))) {
    return damaged("the checksum is wrong");
  }
  Reader reader(bytes.substr(kSizeAt));
  if (reader.take<int64_t>() != static_cast<int64_t>(bytes.size())) return damaged("wrong size");
  Snapshot snapshot;
  snapshot.offset = LogOffset(reader.take<int64_t>());
  snapshot.created_ms = reader.take<int64_t>();
  const size_t topics = reader.take_count(2 + 4);
  snapshot.topics.reserve(topics);
  for (size_t i = 0; i < topics && reader.ok(); ++i) {
    PETREL_ASSIGN_OR_RETURN(TopicBounds topic, take_topic(reader, version));
    snapshot.topics.push_back(std::move(topic));
  }
  const auto state_bytes = reader.take<int64_t>();
  if (state_bytes < 0) return damaged("state length");
  snapshot.state = std::string(reader.take_bytes(static_cast<uint64_t>(state_bytes)));
  if (!reader.at_end() || snapshot.offset < LogOffset(0)) return damaged("lengths");
  return snapshot;
}

std::string snapshot_path(const std::string& directory, LogOffset offset) {
  return concat(directory, "/", offset_file_name(offset.value()));
}

absl::Status write_snapshot(Disk& disk, const std::string& directory, const Snapshot& snapshot) {
  return write_whole_file(disk, snapshot_path(directory, snapshot.offset),
                          encode_snapshot(snapshot));
}

absl::StatusOr<Snapshot> read_snapshot(Disk& disk, const std::string& path) {
  PETREL_ASSIGN_OR_RETURN(const std::string bytes, read_whole_file(disk, path));
  return decode_snapshot(bytes);
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

absl::Status prune_snapshots(Disk& disk, const std::string& directory, int keep) {
  PETREL_ASSIGN_OR_RETURN(const std::vector<std::string> names, disk.list(directory));
  int seen = 0;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    const bool finished = parse_offset_file_name(*name).has_value();
    if ((finished && ++seen > keep) || name->ends_with(kTemporarySuffix)) {
      PETREL_RETURN_IF_ERROR(disk.remove(concat(directory, "/", *name)));
    }
  }
  return absl::OkStatus();
}

}  // namespace petrel::store
