// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// What the messaging state machine costs on its one thread: sends, and receives with their
// acknowledgements. The log is the real one; it is written between the measured turns.

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/micro/scratch_directory.h"
#include "bench/stamp.h"
#include "broker/core/core_assembly.h"
#include "common/check.h"
#include "common/clock.h"
#include "common/executor.h"
#include "store/message_store.h"

namespace petrel::bench {
namespace {

using Requests = std::vector<std::unique_ptr<core::Request>>;

class NobodyConnected final : public core::ClientLiveness {
 public:
  bool connected(std::string_view /*client_id*/) const override { return false; }
  std::vector<core::SentAnswer> take_sent() override { return {}; }
};

class KeepReplies final : public core::ReplySink {
 public:
  void deliver(Requests finished) override {
    for (auto& request : finished) kept.push_back(std::move(request));
  }
  Requests kept;
};

class Receive final : public core::ReceiveRequest {
 public:
  void complete() override {}
};
class Ack final : public core::AckRequest {
 public:
  void complete() override {}
};
class Send final : public core::SendRequest {
 public:
  void complete() override {}
};

// A core without threads: this is its core thread and its log thread.
class Core final : public core::CorePort {
 public:
  Core()
      : executor_(make_thread_pool("store", 1)),
        disk_(store::make_posix_disk()),
        assembly_({.core = {.auto_create_topics = true},
                   .store = {.directory = scratch_.path() + "/store", .log = {}}},
                  {.disk = *disk_,
                   .clock = clock_,
                   .liveness = liveness_,
                   .replies = replies_,
                   .registry = registry_}) {
    const absl::Status opened = assembly_.open(*executor_, *this);
    PETREL_CHECK(opened.ok()) << opened;
    PETREL_CHECK_OK(assembly_.lead());
  }

  bool try_post(std::unique_ptr<core::Request>& /*request*/) override { return false; }
  // Snapshots and page loads are of no interest here and end with the process.
  void post_internal(std::unique_ptr<core::Request> /*request*/) override {}

  void turn(Requests& requests) { assembly_.core().turn(requests); }
  // Writes and commits all that was appended, and returns what has been answered.
  Requests settle() {
    const auto progress = assembly_.store().log().write_group(/*sync=*/false, /*max_wait_us=*/0);
    PETREL_CHECK(progress.ok()) << progress.status();
    assembly_.core().log_progress(*progress);
    Requests none;
    assembly_.core().turn(none);
    return std::exchange(replies_.kept, {});
  }
  int64_t mono_us() const { return clock_.mono_us(); }

 private:
  ScratchDirectory scratch_;
  SystemClock clock_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<store::Disk> disk_;
  NobodyConnected liveness_;
  KeepReplies replies_;
  core::Registry registry_;
  core::CoreAssembly assembly_;
};

const std::string& record() {
  static const std::string body = incompressible_bytes(1024, 1);
  static const std::string encoded = [] {
    store::RecordFields fields;
    fields.topic = "orders";
    fields.body = body;
    return *store::encode_record(fields);
  }();
  return encoded;
}

Requests sends(int64_t requests, int64_t messages_each) {
  Requests batch;
  for (int64_t i = 0; i < requests; ++i) {
    auto send = std::make_unique<Send>();
    send->topic = "orders";
    send->messages.resize(static_cast<size_t>(messages_each));
    for (auto& message : send->messages) message.record = record();
    batch.push_back(std::move(send));
  }
  return batch;
}

void check_ok(const Requests& answered, size_t expected) {
  PETREL_CHECK_EQ(answered.size(), expected);
  for (const auto& request : answered) {
    PETREL_CHECK(request->outcome.ok()) << request->outcome.text;
  }
}

// One item is one message: a turn over range(0) requests of range(1) messages, and the turn that
// answers them.
void send(benchmark::State& state) {
  Core core;
  for (auto _ : state) {
    state.PauseTiming();
    Requests batch = sends(state.range(0), state.range(1));
    state.ResumeTiming();
    core.turn(batch);
    state.PauseTiming();
    check_ok(core.settle(), static_cast<size_t>(state.range(0)));
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * state.range(1));
}
BENCHMARK(send)->Args({1, 1})->Args({64, 1})->Args({64, 16})->Iterations(2000);

// One item is one message: received 32 at a time, then acknowledged with one request.
void receive_and_ack(benchmark::State& state) {
  constexpr int64_t kBatch = 32;
  Core core;
  for (auto _ : state) {
    state.PauseTiming();
    Requests fill = sends(kBatch, 1);
    core.turn(fill);
    check_ok(core.settle(), kBatch);
    auto receive = std::make_unique<Receive>();
    receive->topic = "orders";
    receive->group = "billing";
    receive->batch_size = kBatch;
    receive->invisible_ms = 60'000;
    receive->wait_until_us = core.mono_us() + 1'000'000;
    Requests batch;
    batch.push_back(std::move(receive));
    state.ResumeTiming();
    core.turn(batch);
    Requests answered = core.settle();
    PETREL_CHECK_EQ(answered.size(), size_t{1});
    auto& received = static_cast<Receive&>(*answered[0]);
    auto ack = std::make_unique<Ack>();
    ack->topic = received.topic;
    ack->group = received.group;
    for (const auto& delivery : received.deliveries) {
      ack->entries.push_back({.handle = delivery.handle, .outcome = {}});
    }
    state.counters["messages"] += static_cast<double>(received.deliveries.size());
    batch.push_back(std::move(ack));
    core.turn(batch);
    check_ok(core.settle(), 1);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.counters["messages"]));
}
BENCHMARK(receive_and_ack)->Iterations(2000);

}  // namespace
}  // namespace petrel::bench
