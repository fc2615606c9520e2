// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/core/types.h"
#include "store/log/record.h"
#include "store/types.h"

namespace petrel::core {

// A record that moves a message ends its origin: its property says where the message came from, and
// whoever applies the record (StateApplier) ends what is open there. So nothing can happen half,
// and a replica needs no other knowledge. The record stands in the log behind all that was decided
// before about the origin.
struct MoveOrigin {
  GroupId group{0};
  TopicId topic{0};
  int32_t queue_id = 0;
  store::QueueOffset offset{0};
  friend auto operator<=>(const MoveOrigin&, const MoveOrigin&) = default;
};

// Property of such a record; users can neither set nor see it. Value: group, topic, queue id and
// queue offset in decimal, a comma between two.
inline constexpr std::string_view kMoveOriginProperty = "__PETREL_ORIGIN";
std::string format_move_origin(const MoveOrigin& origin);

// Client that had the message last, as far as it is known.
inline constexpr std::string_view kLastClientProperty = "__PETREL_LAST_CLIENT";

// Topics of messages that moved: what other topics hold moves nothing, whatever its properties.
inline constexpr std::string_view kDeadLetterPrefix = "%DLQ%";
std::string dead_letter_topic(std::string_view group);

// Where the record moved its message from; nothing of a record that moves none.
std::optional<MoveOrigin> move_origin(const store::RecordView& record);

}  // namespace petrel::core
