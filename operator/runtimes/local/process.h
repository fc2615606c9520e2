// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Processes that outlive the program that started them, found again through a small file. A process
// is known by its id, the time at which it began and the boot of the machine, so that a foreign
// process that has got the id since is never taken for it, nor signalled. Any thread.

namespace petrel::ops {

struct ProcessRecord {
  pid_t pid = 0;
  // Field 22 of /proc/PID/stat: clock ticks after boot.
  uint64_t start_ticks = 0;
  std::string boot_id;
  // What it was started with, for whoever started it.
  std::string digest;
};

struct ProcessSpec {
  std::string program;  // path
  std::vector<std::string> arguments;
  std::string working_dir;
  // Standard output and error are appended to it.
  std::string log_file;
  // Gets the ProcessRecord.
  std::string record_file;
  std::string digest;
};

// Starts a process in a session of its own. Its record is in the file before the program runs: a
// crash of the caller at any point leaves no process that nobody knows.
absl::StatusOr<ProcessRecord> start_process(const ProcessSpec& spec);

// None when there is no such file. DataLoss when it holds anything else.
absl::StatusOr<std::optional<ProcessRecord>> read_process_record(const std::string& record_file);

bool is_running(const ProcessRecord& process);

// Asks it to end with SIGTERM, or with SIGINT: a broker then does not lead its clients to others
// before. OK when it does not run.
absl::Status terminate(const ProcessRecord& process);
absl::Status interrupt(const ProcessRecord& process);

// Returns when it has ended, at the latest after timeout_ms; whether it has.
bool wait_for_end(const ProcessRecord& process, int64_t timeout_ms);

// Ends it with SIGKILL, and returns when it has ended. DeadlineExceeded when it has not after 10 s.
absl::Status kill_and_wait(const ProcessRecord& process);

// "ended with code 1", "was killed by signal 9": of a child of this process that has ended; "ended"
// of others.
std::string how_it_ended(const ProcessRecord& process);

}  // namespace petrel::ops
