// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "bench/error_counts.h"
#include "bench/histogram.h"
#include "bench/open_loop.h"
#include "bench/sequence_set.h"
#include "bench/session.h"
#include "bench/window.h"

namespace petrel::bench {

class SendWorker;

// Sends messages, spread over all queues of all brokers, in one of two ways:
//   window     inflight requests are always under way (rate_per_s == 0)
//   open loop  requests at intended times, at most inflight of them under way; what is due and not
//              under way is the backlog (see OpenLoop)
// Worker threads own the calls; in an open loop one further thread keeps the time. start() once,
// then finish() once, from one thread.
class Producer {
 public:
  struct Options {
    size_t body_bytes = 1024;
    size_t messages_per_request = 1;
    int inflight = 256;              // requests
    double rate_per_s = 0;           // messages
    uint64_t backlog_max = 100'000;  // requests
    int threads = 1;
    uint64_t count = 0;  // messages to send; 0 = until the window ends
    uint64_t run_id = 0;
    uint64_t seed = 0;
  };

  struct Result {
    Histogram latency_ns;      // of requests whose messages were all accepted
    uint64_t messages = 0;     // accepted within the window
    int64_t last_done_ns = 0;  // when the last of them was
    uint64_t messages_failed = 0;
    ErrorCounts errors;
    SequenceSet accepted;  // of the whole run
    uint64_t backlog_peak = 0;
    uint64_t given_up = 0;  // requests
  };

  Producer(const Session& session, const Options& options, const Window& window);
  ~Producer();

  void start();
  // Accepted messages so far. Any thread.
  uint64_t accepted_count() const;
  // True when nothing is left to send and no request is under way. Any thread.
  bool is_done() const;
  // Waits until is_done(), which comes at the end of the window or of the count plus the deadline
  // of a call.
  Result finish();

 private:
  friend class SendWorker;

  // What the next request on a free slot is: when it was intended and its first number.
  struct Ticket {
    int64_t intended_ns = 0;
    uint64_t first_number = 0;
  };
  // Nothing when no request may start now. Any thread.
  std::optional<Ticket> next_ticket();
  void pace();

  const Options options_;
  const Window window_;
  std::atomic<uint64_t> next_number_{0};
  std::mutex open_loop_mutex_;
  std::optional<OpenLoop> open_loop_;
  std::atomic<bool> pacing_{false};
  std::vector<std::unique_ptr<SendWorker>> workers_;
  std::thread pacer_;
};

}  // namespace petrel::bench
