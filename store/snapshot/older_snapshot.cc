// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/snapshot/older_snapshot.h"

#include <utility>

#include "common/check.h"
#include "common/status.h"
#include "store/log/crc32.h"
#include "store/snapshot/snapshot_layout.h"

namespace petrel::store {
namespace {

using snapshot_layout::damaged;
using snapshot_layout::Reader;

constexpr int32_t kVersionWithoutFronts = 1;
constexpr int32_t kVersionWithFronts = 2;
constexpr size_t kSizeAt = 16;
constexpr size_t kQueueBytesMin = 4 + 8 + 8;

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

bool is_older_snapshot_version(int32_t version) {
  return version == kVersionWithoutFronts || version == kVersionWithFronts;
}

absl::StatusOr<Snapshot> decode_older_snapshot(std::string_view bytes) {
  if (bytes.size() < kSizeAt) return damaged("it ends early");
  const auto version = load_big_endian<int32_t>(bytes.data() + snapshot_layout::kVersionAt);
  PETREL_CHECK(is_older_snapshot_version(version));
  const auto crc = load_big_endian<uint32_t>(bytes.data() + snapshot_layout::kCrcAt);
  if (crc != crc32_ieee(bytes.substr(kSizeAt))) return damaged("the checksum is wrong");
  Reader reader(bytes.substr(kSizeAt));
  if (reader.take<int64_t>() != static_cast<int64_t>(bytes.size())) return damaged("wrong size");
  Snapshot snapshot;
  snapshot.offset = LogOffset(reader.take<int64_t>());
  snapshot.created_ms = reader.take<int64_t>();
  const size_t topics = reader.take_count(snapshot_layout::kTopicBytesMin);
  snapshot.topics.reserve(topics);
  for (size_t i = 0; i < topics && reader.ok(); ++i) {
    PETREL_ASSIGN_OR_RETURN(TopicBounds topic, take_topic(reader, version));
    snapshot.topics.push_back(std::move(topic));
  }
  const auto state_bytes = reader.take<int64_t>();
  if (state_bytes < 0) return damaged("state length");
  snapshot.state.emplace_back(reader.take_bytes(static_cast<uint64_t>(state_bytes)));
  if (!reader.at_end() || snapshot.offset < LogOffset(0)) return damaged("lengths");
  return snapshot;
}

}  // namespace petrel::store
