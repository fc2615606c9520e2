// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace petrel::cli {

// Keeps brokers off a store directory while a command works on it: the same lock that a broker of
// Petrel or RocketMQ takes, shared with other readers unless something is to be changed.
class StoreLock {
 public:
  enum class Mode { kRead, kChange };

  // FailedPrecondition, with the process that has the directory if it can be told. To read, nothing
  // is made: a directory without a lock file is nobody's.
  static absl::StatusOr<StoreLock> take(const std::string& directory, Mode mode);

  StoreLock(StoreLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  StoreLock(const StoreLock&) = delete;
  ~StoreLock();

 private:
  explicit StoreLock(int fd) : fd_(fd) {}

  int fd_ = -1;
};

}  // namespace petrel::cli
