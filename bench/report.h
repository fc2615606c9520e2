// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bench/error_counts.h"
#include "bench/histogram.h"

namespace petrel::bench {

// What a server process used over the measured window.
struct ServerUse {
  pid_t pid = 0;
  double cpu_s = 0;
  uint64_t rss_bytes = 0;  // at the end
  uint64_t rss_anon_bytes = 0;
};

// One direction of traffic.
struct Flow {
  uint64_t messages = 0;    // within the window
  uint64_t body_bytes = 0;  // of those
  double seconds = 0;       // from the window's begin to its end, or to the last message of a count
  Histogram latency_ns;
};

// Everything that a run says.
struct Report {
  std::string label;
  std::string mode;
  std::string endpoint;
  size_t body_bytes = 0;
  size_t messages_per_request = 0;
  int inflight = 0;
  double rate_per_s = 0;
  int connections = 0;
  int threads = 0;
  bool tls = false;

  bool produced = false;
  Flow send;  // latency of a request
  uint64_t messages_failed = 0;
  uint64_t backlog_peak = 0;
  uint64_t given_up = 0;

  bool consumed = false;
  Flow receive;  // latency end to end, in mode both
  uint64_t acknowledged = 0;
  uint64_t duplicates = 0;
  uint64_t missing = 0;  // accepted but not received, in mode both
  uint64_t empty_answers = 0;

  double client_cpu_s = 0;
  std::vector<ServerUse> servers;
  double other_cores = 0;  // that further processes kept busy beside client and given servers
  ErrorCounts errors;

  // True when every message did what it should and an open loop held its rate.
  bool is_clean() const;
};

// One line of JSON, without the line end.
std::string to_json_line(const Report& report);

// Some lines for people.
std::string to_text(const Report& report);

}  // namespace petrel::bench
