// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/log/damage_list.h"
#include "store/log/log_scan.h"
#include "store/log/segments.h"

namespace petrel::store {

// Goes over the records of the log, and over damage between them. Damage is what is no record and
// was promised to be one; where a sound record follows, the walk goes on with it, and the range is
// remembered in the list. One thread.
class LogWalk {
 public:
  LogWalk(const Segments& segments, int64_t record_bytes_max, DamageList& damage)
      : segments_(segments), damage_(damage), scan_(segments, record_bytes_max) {}

  // Visits the sound records of [from, to) in log order. The end is `to`, or where no sound record
  // follows, or the first place behind `promised` that has none. The visitor's error ends it. With
  // kStructure checksums are computed only where damage is known: it takes all else for verified.
  absl::StatusOr<LogScan::End> visit(int64_t from, int64_t to, int64_t promised,
                                     absl::FunctionRef<absl::Status(const RecordView&)> visit,
                                     Verify verify = Verify::kChecksums);

  // Remembers that there is none in [begin, end).
  absl::Status note(int64_t begin, int64_t end, const absl::Status& why);

  // Whether [begin, end) is whole records.
  absl::StatusOr<bool> is_sound(int64_t begin, int64_t end);

  LogScan& scan() { return scan_; }

 private:
  absl::StatusOr<LogScan::End> visit_verified(
      int64_t from, int64_t to, absl::FunctionRef<absl::Status(const RecordView&)> visit);
  absl::StatusOr<LogScan::End> visit_all(int64_t from, int64_t to, int64_t promised,
                                         absl::FunctionRef<absl::Status(const RecordView&)> visit,
                                         Verify verify);

  const Segments& segments_;
  DamageList& damage_;
  LogScan scan_;
};

}  // namespace petrel::store
