// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/snapshot/snapshot_writer.h"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"
#include "store/log/big_endian.h"
#include "store/log/crc32.h"
#include "store/snapshot/snapshot_layout.h"

namespace petrel::store {
namespace {

using snapshot_layout::Kind;

void append_topic(std::string& to, const std::string& name, std::span<const QueueBounds> queues) {
  PETREL_CHECK_LE(name.size(), std::numeric_limits<uint16_t>::max());
  append_big_endian(to, static_cast<uint16_t>(name.size()));
  to += name;
  append_big_endian(to, static_cast<int32_t>(queues.size()));
  for (const QueueBounds& queue : queues) {
    PETREL_CHECK(QueueOffset(0) <= queue.min && queue.min <= queue.max)
        << name << "/" << queue.queue_id;
    append_big_endian(to, queue.queue_id);
    append_big_endian(to, queue.min.value());
    append_big_endian(to, queue.max.value());
    append_big_endian(to, queue.front.value());
    append_big_endian(to, queue.totals.bytes);
    append_big_endian(to, queue.totals.oldest_ms);
    append_big_endian(to, queue.totals.newest_ms);
  }
}

}  // namespace

absl::StatusOr<SnapshotWriter> SnapshotWriter::begin(Disk& disk, const std::string& directory,
                                                     const SnapshotHeader& header) {
  PETREL_ASSIGN_OR_RETURN(WholeFileWriter file,
                          WholeFileWriter::begin(disk, snapshot_path(directory, header.offset)));
  SnapshotWriter writer(std::move(file));
  PETREL_RETURN_IF_ERROR(writer.write_header(header));
  return writer;
}

absl::Status SnapshotWriter::write_header(const SnapshotHeader& header) {
  PETREL_CHECK_LE(header.store_id.size(), kStoreIdBytesMax);
  PETREL_CHECK_GE(header.offset, LogOffset(0));
  std::string bytes(snapshot_layout::kMagic);
  append_big_endian(bytes, snapshot_layout::kVersion);
  append_big_endian(bytes, uint32_t{0});  // checksum, below
  append_big_endian(bytes, header.offset.value());
  append_big_endian(bytes, header.created_ms);
  append_big_endian(bytes, header.begin.value());
  PETREL_CHECK_EQ(bytes.size(), snapshot_layout::kStoreIdAt);
  bytes += header.store_id;
  bytes.resize(snapshot_layout::kHeaderBytes, '\0');
  crc_ = crc32_ieee(std::string_view(bytes).substr(snapshot_layout::kCheckedFrom));
  store_big_endian(bytes.data() + snapshot_layout::kCrcAt, crc_);
  return file_.append(bytes);
}

absl::Status SnapshotWriter::write_piece(Kind kind, std::string_view bytes) {
  if (bytes.size() > kSnapshotPieceBytesMax) {
    return absl::InvalidArgumentError(
        concat("a piece of ", bytes.size(), " bytes is too long for a snapshot"));
  }
  std::string header;
  append_big_endian(header, static_cast<int32_t>(kind));
  append_big_endian(header, static_cast<int32_t>(bytes.size()));
  crc_ = crc32_ieee(bytes, crc32_ieee(header, crc_));
  append_big_endian(header, crc_);
  PETREL_CHECK_EQ(header.size(), snapshot_layout::kPieceHeaderBytes);
  PETREL_RETURN_IF_ERROR(file_.append(header));
  ++pieces_;
  return file_.append(bytes);
}

absl::Status SnapshotWriter::add(const TopicBounds& topic) {
  PETREL_CHECK(last_topic_.empty() || last_topic_ < topic.topic) << topic.topic;
  last_topic_ = topic.topic;
  std::span<const QueueBounds> rest = topic.queues;
  do {
    const size_t used = std::min(queues_.size(), kSnapshotPieceBytes);
    const size_t room = (kSnapshotPieceBytes - used) / snapshot_layout::kQueueBytes;
    const size_t count = std::min(rest.size(), std::max<size_t>(room, 1));
    append_topic(queues_, topic.topic, rest.first(count));
    ++topics_;
    rest = rest.subspan(count);
    if (queues_.size() >= kSnapshotPieceBytes) PETREL_RETURN_IF_ERROR(flush_topics());
  } while (!rest.empty());
  return absl::OkStatus();
}

absl::Status SnapshotWriter::flush_topics() {
  if (topics_ == 0) return absl::OkStatus();
  std::string bytes;
  bytes.reserve(sizeof(topics_) + queues_.size());
  append_big_endian(bytes, std::exchange(topics_, 0));
  bytes += queues_;
  queues_.clear();
  return write_piece(Kind::kQueues, bytes);
}

absl::Status SnapshotWriter::add_state(std::string_view piece) {
  PETREL_RETURN_IF_ERROR(flush_topics());
  return write_piece(Kind::kState, piece);
}

absl::Status SnapshotWriter::finish() {
  PETREL_RETURN_IF_ERROR(flush_topics());
  std::string count;
  append_big_endian(count, pieces_);
  PETREL_RETURN_IF_ERROR(write_piece(Kind::kEnd, count));
  return file_.finish();
}

}  // namespace petrel::store
