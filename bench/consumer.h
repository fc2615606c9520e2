// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "bench/error_counts.h"
#include "bench/histogram.h"
#include "bench/sequence_set.h"
#include "bench/session.h"
#include "bench/window.h"

namespace petrel::bench {

// Receives as a simple consumer does: a number of long-polling ReceiveMessage calls are open with
// every broker, each takes messages of any of its queues; all messages of an answer are
// acknowledged with one AckMessage. One thread does it all. start() once, then stop() once.
class Consumer {
 public:
  struct Options {
    int receivers = 4;  // open ReceiveMessage calls to each broker
    int batch = 32;     // messages in an answer, at most
    int64_t invisible_s = 60;
    uint64_t run_id = 0;  // whose messages count for latency, duplicates and loss
  };

  struct Result {
    Histogram end_to_end_ns;    // of this run's messages, by the time they were (to be) sent
    uint64_t messages = 0;      // received within the window
    uint64_t body_bytes = 0;    // of those
    int64_t last_done_ns = 0;   // when the last of them was
    uint64_t received = 0;      // in the whole run
    uint64_t acknowledged = 0;  // in the whole run
    uint64_t duplicates = 0;    // messages of this run that came again
    uint64_t empty_answers = 0;
    ErrorCounts errors;
    SequenceSet seen;  // of this run's messages
  };

  Consumer(const Session& session, const Options& options, const Window& window);
  ~Consumer();

  void start();
  // Messages so far; those of this run without duplicates. Any thread.
  uint64_t received_count() const { return received_count_.load(std::memory_order_relaxed); }
  uint64_t own_count() const { return own_count_.load(std::memory_order_relaxed); }
  // Waits for acknowledgements under way and gives up open receives.
  Result stop();

 private:
  class Call;
  class Receive;
  class Ack;
  class StopSignal;

  void run();
  void on_message(const rmq::Message& message);
  void send_ack(rmq::MessagingService::Stub& stub, const rmq::AckMessageRequest& request);
  void recycle(Ack* ack);

  const Session& session_;
  const Options options_;
  const Window window_;
  grpc::CompletionQueue queue_;
  grpc::Alarm stop_alarm_;
  std::unique_ptr<StopSignal> stop_signal_;

  // From here on the worker thread's.
  bool stopping_ = false;
  int open_calls_ = 0;
  std::vector<std::unique_ptr<Receive>> receives_;
  std::vector<std::unique_ptr<Ack>> acks_;
  std::vector<Ack*> free_acks_;
  Result result_;

  std::atomic<uint64_t> received_count_{0};
  std::atomic<uint64_t> own_count_{0};
  std::thread thread_;
};

}  // namespace petrel::bench
