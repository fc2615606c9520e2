// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace petrel::e2e {

struct ProcessOptions {
  std::string program;
  std::vector<std::string> arguments;
  // Gets standard output and error; appended to.
  std::string log_file;
  // When set, the process alone sees a fresh file system of this size, in memory, at mount_point,
  // which must exist. It is gone with the process. Needs user namespaces.
  std::string mount_point = {};
  int64_t mount_bytes = 0;
};

// A child process. It is killed with the object, and with this process.
class Process {
 public:
  static absl::StatusOr<std::unique_ptr<Process>> start(const ProcessOptions& options);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number);
  bool is_running();
  // The exit code, or minus the signal that ended it; nothing when it still runs at the deadline.
  std::optional<int> wait(int64_t timeout_ms);
  // SIGKILL, and waits for the end.
  void kill();

 private:
  explicit Process(pid_t pid) : pid_(pid) {}
  const pid_t pid_;
  std::optional<int> result_;
};

}  // namespace petrel::e2e
