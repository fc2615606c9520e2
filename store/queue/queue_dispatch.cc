// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/queue/queue_dispatch.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "absl/strings/escaping.h"
#include "common/concat.h"

namespace petrel::store {
namespace {

constexpr std::string_view kDelayTopic = "SCHEDULE_TOPIC_XXXX";
constexpr std::array<int64_t, 18> kDelaySeconds = {1,   5,   10,  30,  60,  120,  180,  240,  300,
                                                   360, 420, 480, 540, 600, 1200, 1800, 3600, 7200};

// 0 without one.
size_t delay_level(const RecordView& record) {
  if (record.topic != kDelayTopic) return 0;
  const std::string_view text = find_property(record.properties, "DELAY");
  size_t level = 0;
  std::from_chars(text.data(), text.data() + text.size(), level);
  return std::min(level, kDelaySeconds.size());
}

}  // namespace

bool has_place(const RecordView& record) {
  const int32_t kind = record.sys_flag & sys_flag::kTransactionMask;
  return kind != sys_flag::kTransactionPrepared && kind != sys_flag::kTransactionRollback;
}

absl::Status check_batch(const RecordView& record) {
  if ((record.sys_flag & sys_flag::kInnerBatch) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      concat("the record at log offset ", record.log_offset.value(), " of topic ", record.topic,
             " is a batch of RocketMQ's queue type BatchCQ, which cannot be opened"));
}

absl::Status check_place(const RecordView& record) {
  constexpr size_t kNameBytesMax = 255;  // of a file
  const std::string_view topic = record.topic;
  const bool named = !topic.empty() && topic.size() <= kNameBytesMax && topic != "." &&
                     topic != ".." && topic.find_first_of(std::string_view("/\0", 2)) == topic.npos;
  if (named && record.queue_id >= 0) return absl::OkStatus();
  return absl::FailedPreconditionError(concat(
      "the record at log offset ", record.log_offset.value(), " is of queue ", record.queue_id,
      " of topic '", absl::CEscape(std::string(topic)), "', which cannot have a directory"));
}

QueueEntry queue_entry_of(const RecordView& record) {
  QueueEntry entry{.log_offset = record.log_offset,
                   .size = static_cast<int32_t>(record.bytes.size())};
  if (const size_t level = delay_level(record); level > 0) {
    entry.tags_code = record.store_ms + kDelaySeconds[level - 1] * 1000;
  } else {
    entry.tags_code = tags_code(find_property(record.properties, "TAGS"));
  }
  return entry;
}

}  // namespace petrel::store
