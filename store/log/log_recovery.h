// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/log/damage_list.h"
#include "store/log/log_walk.h"
#include "store/log/segments.h"
#include "store/log/sync_mark.h"

namespace petrel::store {

// Finds the end of the log after any stop, and makes everything up to it durable and everything
// behind it zero. CommitLog::recover says what is cut, what is damage, and what is refused. One
// thread, before the log is used.
class LogRecovery {
 public:
  LogRecovery(Segments& segments, SyncMark& mark, DamageList& damage, int64_t record_bytes_max)
      : segments_(segments),
        mark_(mark),
        damage_(damage),
        walk_(segments, record_bytes_max, damage) {}

  // Verifies the records from `from` on; returns the log's end.
  absl::StatusOr<int64_t> run(int64_t from);

 private:
  absl::Status check_known_damage();
  absl::Status check_promised(const LogScan::End& end) const;
  absl::Status cut_behind(const LogScan::End& end);
  absl::Status make_room_at(int64_t end);
  absl::Status make_last_whole();
  absl::Status rewrite(int64_t from, int64_t to) const;

  Segments& segments_;
  SyncMark& mark_;
  DamageList& damage_;
  LogWalk walk_;
};

}  // namespace petrel::store
