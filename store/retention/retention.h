// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "store/disk/disk.h"
#include "store/queue/consume_queue.h"
#include "store/types.h"

// What is deleted from the front of the log, and why. Pure: the same input gives the same plan.
//
// The log is deleted in whole segments, oldest first, never the one that is being written.
//   age    a segment goes when the newest message in it is older than age_ms: at once, or in one
//          hour of the day; with the disk fuller than early_percent at any hour
//   size   the oldest segments go while the log is larger than log_bytes_max
//   disk   the oldest segments go, whatever their age, while the disk is fuller than force_percent
//          or has no room for the next segment
// With keep_unread, age does not delete what a consumer group has not done with; size and disk do.
namespace petrel::store {

// How full the disk of the store may get. A percentage counts what is used of what is there for
// users, as df does; 100 is never reached, so it switches its limit off.
struct DiskLimits {
  int32_t early_percent = 75;  // RocketMQ's diskMaxUsedSpaceRatio
  int32_t force_percent = 85;  // diskSpaceCleanForciblyRatio
  int32_t full_percent = 90;   // diskSpaceWarningLevelRatio: sends are refused
  // Sends are refused, too, with less than this free; at most 5 % of the disk counts.
  int64_t reserve_bytes = int64_t{1} << 30;
};

// Free bytes below which sends are refused on such a disk.
uint64_t disk_reserve_bytes(const DiskLimits& limits, const DiskSpace& space);
bool disk_is_full(const DiskLimits& limits, const DiskSpace& space);
// Fuller than early_percent.
bool disk_gets_full(const DiskLimits& limits, const DiskSpace& space);

struct RetentionOptions {
  int64_t age_ms = int64_t{72} * 3'600'000;  // RocketMQ's fileReservedTime
  int64_t log_bytes_max = 0;                 // 0: no limit
  // RocketMQ's deleteWhen: the hour of the day, in UTC, in which old segments go; any if negative.
  int32_t delete_hour = -1;
  bool keep_unread = false;
  DiskLimits disk;
};

enum class RetentionReason { kAge, kSize, kDisk };
inline constexpr size_t kRetentionReasons = 3;
std::string_view to_string(RetentionReason reason);

struct RetentionInput {
  std::optional<int64_t> now_ms;  // none: nothing goes by its age
  // Oldest first, without a gap; the last one is being written.
  std::span<const LogSegment> segments;
  // What is behind must stay: a start would need it.
  LogOffset needed_from{0};
  std::optional<DiskSpace> disk;  // none: could not be measured
  bool lacks_room = false;        // the next segment could not be made
};

// The log is to begin at `must`, and at `may` if that is further and nothing below is unread (or
// that does not matter). Both are starts of segments; where the log begins already if nothing is
// due. A plan takes few segments at a time, so that each deletion is short.
struct RetentionPlan {
  LogOffset must{0};
  RetentionReason must_reason = RetentionReason::kSize;
  LogOffset may{0};  // by age
  // More was due than needed_from allows.
  bool waits_for_snapshot = false;

  // Where the log is to begin when the oldest message that some group has not done with, and that
  // is to be kept, is at `oldest_unread`.
  LogOffset begin(const RetentionInput& input, std::optional<LogOffset> oldest_unread) const;
  RetentionReason reason_of(const LogSegment& segment) const {
    return segment.end <= must ? must_reason : RetentionReason::kAge;
  }
};

// What the owner of the store knows of one queue.
using FindUnread = absl::FunctionRef<std::optional<QueueOffset>(const ConsumeQueue& queue)>;
struct ExpiringQueue {
  const ConsumeQueue* queue = nullptr;
  int64_t before_ms = 0;  // messages stored before are not wanted
};

RetentionPlan plan_retention(const RetentionOptions& options, const RetentionInput& input);

}  // namespace petrel::store
