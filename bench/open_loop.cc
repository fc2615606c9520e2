// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/open_loop.h"

#include <algorithm>
#include <cmath>

namespace petrel::bench {

OpenLoop::OpenLoop(const Options& options)
    : options_(options), interval_ns_(1e9 / options.requests_per_s) {}

int64_t OpenLoop::intended_ns(uint64_t arrival) const {
  return options_.start_ns + std::llround(static_cast<double>(arrival) * interval_ns_);
}

uint64_t OpenLoop::due_count(int64_t now_ns) const {
  const int64_t last_ns = std::min(now_ns, options_.end_ns - 1);
  if (last_ns < options_.start_ns) return 0;
  const auto elapsed = static_cast<double>(last_ns - options_.start_ns);
  auto count = static_cast<uint64_t>(elapsed / interval_ns_) + 1;
  // The division rounds; intended_ns() has the last word.
  while (count > 0 && intended_ns(count - 1) > last_ns) --count;
  while (intended_ns(count) <= last_ns) ++count;
  return count;
}

std::optional<int64_t> OpenLoop::take(int64_t now_ns) {
  const uint64_t due = due_count(now_ns);
  if (due <= next_) return std::nullopt;
  const uint64_t backlog = due - next_;
  if (backlog > options_.backlog_max) {
    given_up_ += backlog - options_.backlog_max;
    next_ += backlog - options_.backlog_max;
  }
  backlog_peak_ = std::max(backlog_peak_, std::min(backlog, options_.backlog_max));
  return intended_ns(next_++);
}

std::optional<int64_t> OpenLoop::next_ns() const {
  const int64_t next = intended_ns(next_);
  if (next >= options_.end_ns) return std::nullopt;
  return next;
}

}  // namespace petrel::bench
