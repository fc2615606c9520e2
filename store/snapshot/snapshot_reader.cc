// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/snapshot/snapshot_reader.h"

#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"
#include "store/log/big_endian.h"
#include "store/log/crc32.h"
#include "store/snapshot/older_snapshot.h"
#include "store/snapshot/snapshot_layout.h"

namespace petrel::store {
namespace {

using snapshot_layout::damaged;
using snapshot_layout::kHeaderBytes;
using snapshot_layout::Kind;
using snapshot_layout::kPieceHeaderBytes;
using snapshot_layout::Reader;

QueueBounds take_queue(Reader& reader) {
  QueueBounds queue;
  queue.queue_id = reader.take<int32_t>();
  queue.min = QueueOffset(reader.take<int64_t>());
  queue.max = QueueOffset(reader.take<int64_t>());
  queue.front = LogOffset(reader.take<int64_t>());
  queue.totals.bytes = reader.take<int64_t>();
  queue.totals.oldest_ms = reader.take<int64_t>();
  queue.totals.newest_ms = reader.take<int64_t>();
  return queue;
}

// Why a file of such a version is not read.
absl::Status check_version(int32_t version, bool header_fits_ours) {
  using snapshot_layout::kVersion;
  if (header_fits_ours || version < kVersion || version > snapshot_layout::kVersionMax) {
    return damaged(concat("version ", version, " instead of ", kVersion));
  }
  return absl::FailedPreconditionError(
      concat("it has format ", version, ", and this release reads formats up to ", kVersion,
             ": a later release has used the directory; start that one"));
}

}  // namespace

absl::StatusOr<SnapshotReader> SnapshotReader::open(Disk& disk, const std::string& path) {
  PETREL_ASSIGN_OR_RETURN(std::unique_ptr<File> file, disk.open(path, Disk::OpenMode::kRead));
  SnapshotReader reader(std::move(file));
  PETREL_RETURN_IF_ERROR(reader.read_header());
  return reader;
}

absl::Status SnapshotReader::read(uint64_t bytes, char* into) {
  if (bytes > bytes_ - at_) return damaged("it ends early");
  const absl::Status read = file_->read(at_, std::span(into, static_cast<size_t>(bytes)));
  if (absl::IsOutOfRange(read)) return damaged("it ends early");
  at_ += bytes;
  return read;
}

absl::Status SnapshotReader::read_header() {
  PETREL_ASSIGN_OR_RETURN(bytes_, file_->size());
  std::array<char, kHeaderBytes> buffer{};
  const std::string_view bytes(buffer.data(), buffer.size());
  PETREL_RETURN_IF_ERROR(read(snapshot_layout::kCheckedFrom, buffer.data()));
  if (!bytes.starts_with(snapshot_layout::kMagic)) return damaged("wrong magic");
  const auto version = load_big_endian<int32_t>(bytes.data() + snapshot_layout::kVersionAt);
  if (is_older_snapshot_version(version)) return load_older(bytes_);
  PETREL_RETURN_IF_ERROR(read(kHeaderBytes - at_, buffer.data() + at_));
  crc_ = crc32_ieee(bytes.substr(snapshot_layout::kCheckedFrom));
  const bool fits = load_big_endian<uint32_t>(bytes.data() + snapshot_layout::kCrcAt) == crc_;
  if (version != snapshot_layout::kVersion) return check_version(version, fits);
  if (!fits) return damaged("the header's checksum is wrong");
  Reader reader(bytes.substr(snapshot_layout::kCheckedFrom));
  header_.offset = LogOffset(reader.take<int64_t>());
  header_.created_ms = reader.take<int64_t>();
  header_.begin = LogOffset(reader.take<int64_t>());
  const std::string_view store_id = reader.take_bytes(kStoreIdBytesMax);
  header_.store_id = std::string(store_id.substr(0, store_id.find_last_not_of('\0') + 1));
  PETREL_CHECK(reader.at_end());
  if (header_.offset < LogOffset(0) || header_.begin < LogOffset(0)) return damaged("offsets");
  return absl::OkStatus();
}

absl::StatusOr<std::optional<SnapshotPiece>> SnapshotReader::next() {
  PETREL_CHECK(!ended_);
  if (older_.has_value()) return next_of_older();
  std::array<char, kPieceHeaderBytes> header{};
  PETREL_RETURN_IF_ERROR(read(header.size(), header.data()));
  const auto kind = load_big_endian<int32_t>(header.data());
  const auto length = load_big_endian<uint32_t>(header.data() + 4);
  // Nothing is allocated that the file does not have.
  if (length > kSnapshotPieceBytesMax || length > bytes_ - at_) return damaged("piece length");
  std::string bytes(length, '\0');
  PETREL_RETURN_IF_ERROR(read(length, bytes.data()));
  const std::string_view checked(header.data(), snapshot_layout::kPieceCrcAt);
  crc_ = crc32_ieee(bytes, crc32_ieee(checked, crc_));
  if (load_big_endian<uint32_t>(header.data() + snapshot_layout::kPieceCrcAt) != crc_) {
    return damaged(concat("the checksum of piece ", pieces_, " is wrong"));
  }
  switch (static_cast<Kind>(kind)) {
    case Kind::kQueues: {
      ++pieces_;
      PETREL_ASSIGN_OR_RETURN(std::vector<TopicBounds> topics, decode_topics(bytes));
      return SnapshotPiece(std::move(topics));
    }
    case Kind::kState:
      ++pieces_;
      return SnapshotPiece(std::move(bytes));
    case Kind::kEnd: {
      PETREL_RETURN_IF_ERROR(check_end(bytes));
      ended_ = true;
      return std::nullopt;
    }
  }
  return damaged(concat("a piece of kind ", kind));
}

absl::Status SnapshotReader::check_end(const std::string& bytes) const {
  Reader reader(bytes);
  if (reader.take<int64_t>() != pieces_ || !reader.at_end()) return damaged("pieces are missing");
  if (at_ != bytes_) return damaged("something follows its end");
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TopicBounds>> SnapshotReader::decode_topics(const std::string& bytes) {
  Reader reader(bytes);
  const size_t count = reader.take_count(snapshot_layout::kTopicBytesMin);
  std::vector<TopicBounds> topics;
  topics.reserve(count);
  for (size_t i = 0; i < count && reader.ok(); ++i) {
    TopicBounds& topic = topics.emplace_back();
    topic.topic = std::string(reader.take_bytes(reader.take<uint16_t>()));
    const size_t queues = reader.take_count(snapshot_layout::kQueueBytes);
    topic.queues.reserve(queues);
    for (size_t j = 0; j < queues; ++j) topic.queues.push_back(take_queue(reader));
  }
  if (!reader.at_end()) return damaged("lengths");
  PETREL_RETURN_IF_ERROR(check_order(topics));
  return topics;
}

absl::Status SnapshotReader::check_order(const std::vector<TopicBounds>& topics) {
  for (const TopicBounds& topic : topics) {
    if (topic.topic < last_topic_) return damaged("topics are not in order");
    if (topic.topic != last_topic_) {
      last_topic_ = topic.topic;
      last_queue_.reset();
    }
    for (const QueueBounds& queue : topic.queues) {
      if (last_queue_.has_value() && queue.queue_id <= *last_queue_) {
        return damaged("queues are not in order");
      }
      last_queue_ = queue.queue_id;
      if (queue.min < QueueOffset(0) || queue.max < queue.min || queue.totals.bytes < 0) {
        return damaged("queue bounds");
      }
    }
  }
  return absl::OkStatus();
}

// ---- older versions: all queues are one piece, the state is another

absl::Status SnapshotReader::load_older(uint64_t size) {
  std::string bytes(static_cast<size_t>(size), '\0');
  at_ = 0;
  PETREL_RETURN_IF_ERROR(read(size, bytes.data()));
  PETREL_ASSIGN_OR_RETURN(older_, decode_older_snapshot(bytes));
  header_ = older_->header();
  return check_order(older_->topics);
}

std::optional<SnapshotPiece> SnapshotReader::next_of_older() {
  switch (pieces_++) {
    case 0:
      return std::move(older_->topics);
    case 1:
      return std::move(older_->state.front());
    default:
      ended_ = true;
      return std::nullopt;
  }
}

}  // namespace petrel::store
