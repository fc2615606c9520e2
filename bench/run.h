// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/report.h"

namespace petrel::bench {

enum class Mode { kProduce, kConsume, kBoth };

struct RunOptions {
  Mode mode = Mode::kProduce;
  std::string label;
  std::string endpoint = "127.0.0.1:8081";
  std::string topic;
  std::string group;
  size_t body_bytes = 1024;
  size_t messages_per_request = 1;
  int inflight = 256;
  double rate_per_s = 0;  // messages; 0 = window mode
  uint64_t backlog_max = 100'000;
  int connections = 1;
  int threads = 1;
  int receivers = 4;
  int receive_batch = 32;
  double warmup_s = 3;
  double duration_s = 10;
  double drain_s = 10;
  uint64_t count = 0;  // messages; 0 = by time. Without a warm-up.
  uint64_t seed = 1;
  bool tls = false;
  bool progress = false;  // a line each second on standard error
  std::vector<pid_t> server_pids;
};

// Opens the sessions, drives the load, reads CPU times at both ends of the window, and waits in
// mode both until every accepted message arrived, at most drain_s. Fails when the endpoint, topic,
// group or a server pid cannot be used; failures of single messages are in the report.
absl::StatusOr<Report> run_load(const RunOptions& options);

}  // namespace petrel::bench
