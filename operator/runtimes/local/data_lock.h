// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace petrel::ops {

// Lets one program at a time change a data directory. The kernel releases it when the program ends
// in whatever way; processes that the program starts do not inherit it.
class DataLock {
 public:
  // Makes the directory when it is not there. FailedPrecondition when another program holds it.
  static absl::StatusOr<std::unique_ptr<DataLock>> take(const std::string& data_dir,
                                                        const std::string& lock_file);
  ~DataLock();
  DataLock(const DataLock&) = delete;
  DataLock& operator=(const DataLock&) = delete;

 private:
  explicit DataLock(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace petrel::ops
