// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace petrel::bench {

// As much of io_uring as writing a log needs, on the system calls themselves: one write with a sync
// linked behind it, submitted and awaited with one call. For measuring; one thread.
class Ring {
 public:
  // Unimplemented or PermissionDenied where the kernel or a seccomp profile has no io_uring.
  static absl::StatusOr<std::unique_ptr<Ring>> open();
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // Writes `bytes` at `offset` and makes them durable.
  absl::Status write_and_sync(int fd, const std::string& bytes, uint64_t offset);

 private:
  struct Memory;
  Ring(int fd, std::unique_ptr<Memory> memory);
  absl::Status take_completion(uint64_t id, int32_t expected);

  const int fd_;
  const std::unique_ptr<Memory> memory_;
};

}  // namespace petrel::bench
