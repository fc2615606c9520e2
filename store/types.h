// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "common/strong_type.h"

namespace petrel::store {

// A byte position in the CommitLog, counted from the first byte ever written.
struct LogOffsetTag {
  static constexpr bool kIsPosition = true;
};
using LogOffset = StrongInt<LogOffsetTag, int64_t>;

// A message's position in its queue, counted from the first message ever stored there.
struct QueueOffsetTag {
  static constexpr bool kIsPosition = true;
};
using QueueOffset = StrongInt<QueueOffsetTag, int64_t>;

// How far the log is durable here. Invariant I-1: synced <= written <= appended; none goes back but
// by a truncation. Distinct types, so that a promise about one cannot be kept with another.
struct WrittenTag {
  static constexpr bool kIsPosition = true;
};
using WrittenOffset = StrongInt<WrittenTag, int64_t>;  // handed to the kernel: survives the process
struct SyncedTag {
  static constexpr bool kIsPosition = true;
};
using SyncedOffset = StrongInt<SyncedTag, int64_t>;  // fdatasync returned: survives power loss

// Below it a record is shown: to consumers, to the index, in snapshots. What the owner's rule for
// commits says, apart from I-1's chain; committed <= applied <= appended. It never goes back.
struct CommittedTag {
  static constexpr bool kIsPosition = true;
};
using CommittedOffset = StrongInt<CommittedTag, int64_t>;

// What a reply waits for. RocketMQ's flushDiskType.
enum class FlushMode { kAsync, kSync };

struct LogProgress {
  WrittenOffset written{0};
  SyncedOffset synced{0};
};

// One file of the log: [start, end) of it, and the store time of its first record; 0 if there is
// none yet, or it could not be read.
struct LogSegment {
  LogOffset start{0};
  LogOffset end{0};
  int64_t first_ms = 0;
};

}  // namespace petrel::store
