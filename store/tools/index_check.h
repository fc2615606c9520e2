// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "store/disk/disk.h"
#include "store/log/record.h"
#include "store/tools/finding.h"
#include "store/tools/index_list.h"
#include "store/tools/log_survey.h"

namespace petrel::store {

// Compares the index with the log, record by record in log order. Entries stand in that order too,
// so both are read once, from front to back: each entry leads to a record with a key of its hash,
// each record between two entries has its own, and chains and slots are those that follow from the
// entries. Needs 40 MB with files of RocketMQ's size.
class IndexCheck {
 public:
  // `gaps` is what the survey has found so far; entries that lead there are right.
  IndexCheck(Disk& disk, IndexList list, const IndexGeometry& geometry,
             const std::vector<LogGap>& gaps);
  ~IndexCheck();

  absl::Status record(const RecordView& record);
  // After the last record.
  absl::Status finish(LogOffset log_begin, std::vector<Finding>& findings,
                      std::vector<std::string>& wrong_files);

  int64_t entries_compared() const { return compared_; }

 private:
  class Walk;

  // The entry that is next in log order has been read, or there is none: walk_ is null.
  absl::Status find_next();
  absl::Status next();
  absl::Status end_file();
  absl::Status match(const RecordView& record);
  void judge_unmatched(bool log_ended);
  bool in_gap(LogOffset offset) const;
  void judge_list(LogOffset log_begin);

  Disk& disk_;
  const IndexList list_;
  const IndexGeometry geometry_;
  const std::vector<LogGap>& gaps_;
  size_t next_file_ = 0;  // of list_
  std::unique_ptr<Walk> walk_;
  LogOffset first_record_{-1};  // that the survey has met
  int64_t compared_ = 0;
  std::vector<int32_t> hashes_;
  std::vector<Finding> findings_;
  std::vector<std::string> wrong_files_;
};

}  // namespace petrel::store
