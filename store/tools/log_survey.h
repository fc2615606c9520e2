// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/log/log_files.h"
#include "store/log/record.h"

namespace petrel::store {

// Bytes of the log that hold no sound record, with a sound one behind them.
struct LogGap {
  int64_t begin = 0;
  int64_t end = 0;
  std::string path;  // of the file that holds `begin`, or should
  std::string why;
  bool file_missing = false;
};

// What a survey meets, in log order.
class LogVisitor {
 public:
  virtual ~LogVisitor() = default;
  virtual void file(const LogFile& /*begun*/) {}
  // An error ends the survey, which returns it.
  virtual absl::Status record(const RecordView& record) = 0;
  virtual absl::Status gap(const LogGap& gap) = 0;
};

// Where the sound records end.
struct LogEnd {
  int64_t offset = 0;
  std::string path;  // of the file that holds it; empty behind the last file
  std::string why;   // what stands there instead of a record
  // Something else than zeros is behind it: a torn write, or damage.
  bool bytes_behind = false;
};

// Reads the log from `from` to its end with all checksums, changes nothing, and goes on behind
// damage: the next sound record is searched byte by byte, also in later files. `from` need not be
// where a record begins. Errors are those of reading, and of the visitor.
//
// This is deliberately not what a broker's recovery does (log_scan.h): a tool judges the files by
// itself.
absl::StatusOr<LogEnd> survey_log(Disk& disk, const LogFiles& files, int64_t from,
                                  LogVisitor& visitor);

}  // namespace petrel::store
