// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/move_origin.h"

#include <array>
#include <charconv>

#include "common/concat.h"

namespace petrel::core {
namespace {

constexpr char kSeparator = ',';

}  // namespace

std::string format_move_origin(const MoveOrigin& origin) {
  return concat(origin.group.value(), kSeparator, origin.topic.value(), kSeparator, origin.queue_id,
                kSeparator, origin.offset.value());
}

std::string dead_letter_topic(std::string_view group) { return concat(kDeadLetterPrefix, group); }

std::optional<MoveOrigin> move_origin(const store::RecordView& record) {
  if (!record.topic.starts_with(kDeadLetterPrefix)) {
    return std::nullopt;
  }
  const std::string_view text = store::find_property(record.properties, kMoveOriginProperty);
  std::array<int64_t, 4> numbers{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0 && (at == end || *at++ != kSeparator)) {
      return std::nullopt;
    }
    const auto [behind, error] = std::from_chars(at, end, numbers[i]);
    if (error != std::errc() || numbers[i] < 0) {
      return std::nullopt;
    }
    at = behind;
  }
  if (at != end || numbers[2] >= kQueuesPerTopicMax) {
    return std::nullopt;
  }
  return MoveOrigin{.group = GroupId(numbers[0]),
                    .topic = TopicId(numbers[1]),
                    .queue_id = static_cast<int32_t>(numbers[2]),
                    .offset = store::QueueOffset(numbers[3])};
}

}  // namespace petrel::core
