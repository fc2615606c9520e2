// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "bench/producer.h"
#include "bench/send_template.h"

namespace petrel::bench {

// One thread of a Producer with its share of the requests in flight. The thread polls the
// connections itself (a completion queue), so that an answer and the next request cost no thread
// switch. The pacer of an open loop also starts requests, on slots that it takes from the free
// ones.
class SendWorker {
 public:
  SendWorker(Producer& producer, const Session& session, int slots);
  ~SendWorker();

  // Window mode: begins with every slot. Open loop: all slots wait for start_on_free_slot().
  void start(bool use_all_slots);
  // Starts the next request if one is due and a slot is free. The pacer's thread.
  bool start_on_free_slot();
  bool is_idle() const { return busy_slots_.load(std::memory_order_acquire) == 0; }
  uint64_t accepted_count() const { return accepted_count_.load(std::memory_order_relaxed); }
  // Call when idle for good; then the results may be read.
  void stop();
  const Producer::Result& result() const { return result_; }

 private:
  using SendStub = grpc::TemplatedGenericStub<grpc::ByteBuffer, rmq::SendMessageResponse>;

  // Where requests go: a queue over one connection of its broker.
  struct Target {
    SendStub* stub;
    SendTemplate send_template;
  };

  struct Slot {
    std::optional<grpc::ClientContext> context;
    std::unique_ptr<grpc::ClientAsyncResponseReader<rmq::SendMessageResponse>> reader;
    rmq::SendMessageResponse response;
    grpc::Status status;
    Producer::Ticket ticket;
  };

  void run();
  void send(Slot& slot, const Producer::Ticket& ticket);
  void complete(const Slot& slot);
  void count_refused(const Slot& slot);
  void park(Slot& slot);

  Producer& producer_;
  const Session& session_;
  const std::string method_ = "/apache.rocketmq.v2.MessagingService/SendMessage";
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<SendStub>> stubs_;
  std::vector<Target> targets_;
  std::atomic<size_t> next_target_{0};
  std::vector<std::unique_ptr<Slot>> slots_;
  std::mutex free_mutex_;
  std::vector<Slot*> free_slots_;
  std::atomic<int> busy_slots_{0};
  std::atomic<uint64_t> accepted_count_{0};
  Producer::Result result_;  // the worker thread's until stop() returned
  std::thread thread_;
};

}  // namespace petrel::bench
