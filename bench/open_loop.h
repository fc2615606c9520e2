// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

namespace petrel::bench {

// The arrivals of an open loop: request i is intended at start + i * interval, whatever the server
// does. What is due and not yet taken is the backlog; its latency runs from the intended time, so
// a stall of the server is not hidden by a generator that waits for it (coordinated omission).
//
// The backlog is bounded: beyond the bound its oldest arrivals are given up and counted, and the
// run did not hold its rate. Plain arithmetic on nanoseconds of one clock; not thread-safe.
class OpenLoop {
 public:
  struct Options {
    double requests_per_s = 1;
    int64_t start_ns = 0;
    int64_t end_ns = 0;  // no arrivals at or after it
    uint64_t backlog_max = 1;
  };

  explicit OpenLoop(const Options& options);

  // The intended time of the oldest arrival that is due at now_ns, or nothing.
  std::optional<int64_t> take(int64_t now_ns);

  // When the next arrival that nobody took is (or was) intended; nothing after the end.
  std::optional<int64_t> next_ns() const;

  uint64_t taken() const { return next_ - given_up_; }
  uint64_t given_up() const { return given_up_; }
  uint64_t backlog_peak() const { return backlog_peak_; }

 private:
  int64_t intended_ns(uint64_t arrival) const;
  uint64_t due_count(int64_t now_ns) const;

  const Options options_;
  const double interval_ns_;
  uint64_t next_ = 0;  // arrivals before it were taken or given up
  uint64_t given_up_ = 0;
  uint64_t backlog_peak_ = 0;
};

}  // namespace petrel::bench
