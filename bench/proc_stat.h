// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace petrel::bench {

// What /proc tells of a process. CPU time is user and system time of all its threads, also of
// those that have ended, in steps of one clock tick (10 ms).
struct ProcStat {
  double cpu_s = 0;
  uint64_t rss_bytes = 0;       // resident, with mapped files
  uint64_t rss_anon_bytes = 0;  // resident memory of its own
};

// NotFound when there is no such process.
absl::StatusOr<ProcStat> read_proc_stat(pid_t pid);

// CPU time of this process in seconds.
double own_cpu_s();

// CPU time that all processes of the machine used since it started, in seconds; 0 if unknown.
double machine_cpu_s();

// The parsers of /proc/PID/stat (utime + stime in ticks), of /proc/stat (all
// but idle and waiting, in ticks) and of a 'Name:  N kB' line of
// /proc/PID/status (in bytes).
absl::StatusOr<uint64_t> parse_cpu_ticks(std::string_view stat);
absl::StatusOr<uint64_t> parse_busy_ticks(std::string_view machine_stat);
absl::StatusOr<uint64_t> parse_status_bytes(std::string_view status, std::string_view name);

}  // namespace petrel::bench
