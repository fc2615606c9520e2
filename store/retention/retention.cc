// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/retention/retention.h"

#include <algorithm>

namespace petrel::store {
namespace {

constexpr size_t kSegmentsPerPlanMax = 10;
constexpr int64_t kHourMs = 3'600'000;
constexpr uint64_t kReserveShareMax = 20;  // one part in this many

// Bytes in use beyond `percent` of the disk; none if less is in use.
uint64_t bytes_beyond(const DiskSpace& space, int32_t percent) {
  if (percent >= 100 || space.total_bytes < space.available_bytes) return 0;
  const uint64_t used = space.total_bytes - space.available_bytes;
  const uint64_t allowed = space.total_bytes / 100 * static_cast<uint64_t>(percent);
  return used > allowed ? used - allowed : 0;
}

bool hour_has_come(const RetentionOptions& options, const RetentionInput& input) {
  if (options.delete_hour < 0) return true;
  if (input.disk.has_value() && disk_gets_full(options.disk, *input.disk)) return true;
  return *input.now_ms / kHourMs % 24 == options.delete_hour;
}

// Store time of the newest message of segment `index`, or later: the next segment was begun then.
// One that was begun when the clock had gone back does not count, so that nothing goes too early.
// Nothing if no segment behind tells.
std::optional<int64_t> newest_ms(std::span<const LogSegment> segments, size_t index) {
  for (const LogSegment& next : segments.subspan(index + 1)) {
    if (next.first_ms == 0 || next.first_ms < segments[index].first_ms) continue;
    return next.first_ms;
  }
  return std::nullopt;
}

// How many segments from the front on are due.
size_t due_by_age(const RetentionOptions& options, const RetentionInput& input) {
  if (!input.now_ms.has_value() || !hour_has_come(options, input)) return 0;
  size_t count = 0;
  for (; count < input.segments.size(); ++count) {
    const std::optional<int64_t> newest = newest_ms(input.segments, count);
    if (!newest.has_value() || *input.now_ms - *newest <= options.age_ms) break;
  }
  return count;
}

size_t count_of_bytes(std::span<const LogSegment> segments, uint64_t bytes) {
  size_t count = 0;
  for (uint64_t sum = 0; sum < bytes && count < segments.size(); ++count) {
    sum += static_cast<uint64_t>(segments[count].end - segments[count].start);
  }
  return count;
}

size_t due_by_size(const RetentionOptions& options, const RetentionInput& input) {
  if (options.log_bytes_max <= 0 || input.segments.empty()) return 0;
  const int64_t log_bytes = input.segments.back().end - input.segments.front().start;
  if (log_bytes <= options.log_bytes_max) return 0;
  return count_of_bytes(input.segments, static_cast<uint64_t>(log_bytes - options.log_bytes_max));
}

size_t due_by_disk(const RetentionOptions& options, const RetentionInput& input) {
  if (options.disk.force_percent >= 100) return 0;
  const size_t for_room = input.lacks_room ? 1 : 0;
  if (!input.disk.has_value()) return for_room;
  const uint64_t beyond = bytes_beyond(*input.disk, options.disk.force_percent);
  return std::max(for_room, count_of_bytes(input.segments, beyond));
}

// How many segments may go at all.
size_t removable(const RetentionInput& input) {
  size_t count = 0;
  while (count + 1 < input.segments.size() && input.segments[count].end <= input.needed_from) {
    ++count;
  }
  return count;
}

}  // namespace

std::string_view to_string(RetentionReason reason) {
  switch (reason) {
    case RetentionReason::kAge:
      return "age";
    case RetentionReason::kSize:
      return "size";
    case RetentionReason::kDisk:
      return "disk";
  }
  return "unknown";
}

uint64_t disk_reserve_bytes(const DiskLimits& limits, const DiskSpace& space) {
  const uint64_t fixed =
      std::min(static_cast<uint64_t>(limits.reserve_bytes), space.total_bytes / kReserveShareMax);
  const uint64_t share =
      space.total_bytes / 100 * static_cast<uint64_t>(100 - std::min(limits.full_percent, 100));
  return std::max(fixed, share);
}

bool disk_is_full(const DiskLimits& limits, const DiskSpace& space) {
  return space.available_bytes < disk_reserve_bytes(limits, space);
}

LogOffset RetentionPlan::begin(const RetentionInput& input,
                               std::optional<LogOffset> oldest_unread) const {
  LogOffset begin = std::max(must, may);
  if (!oldest_unread.has_value() || begin <= *oldest_unread) return begin;
  begin = must;
  for (const LogSegment& segment : input.segments) {
    if (segment.end <= *oldest_unread) begin = std::max(begin, segment.end);
  }
  return begin;
}

bool disk_gets_full(const DiskLimits& limits, const DiskSpace& space) {
  return bytes_beyond(space, limits.early_percent) > 0;
}

RetentionPlan plan_retention(const RetentionOptions& options, const RetentionInput& input) {
  RetentionPlan plan;
  if (input.segments.empty()) return plan;
  const size_t by_disk = due_by_disk(options, input);
  const size_t by_size = due_by_size(options, input);
  const size_t by_age = due_by_age(options, input);
  const size_t allowed = removable(input);
  const auto start_behind = [&](size_t count) {
    return input.segments[std::min({count, allowed, kSegmentsPerPlanMax})].start;
  };
  plan.must = start_behind(std::max(by_disk, by_size));
  plan.must_reason = by_disk >= by_size ? RetentionReason::kDisk : RetentionReason::kSize;
  plan.may = start_behind(by_age);
  const size_t due = std::min(std::max({by_disk, by_size, by_age}), input.segments.size() - 1);
  plan.waits_for_snapshot = allowed < due && allowed < kSegmentsPerPlanMax;
  return plan;
}

}  // namespace petrel::store
