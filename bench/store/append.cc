// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>

#include "bench/stamp.h"
#include "bench/store/bare_store.h"
#include "bench/store/scenario.h"
#include "common/concat.h"

namespace petrel::bench {
namespace {

constexpr int64_t kGroup = 64;  // appended between two submits, as in a turn of the core
constexpr int32_t kQueues = 8;

// Writes what was submitted until told to stop; returns the CPU time that took.
class LogWriter {
 public:
  explicit LogWriter(store::CommitLog& log) : log_(log), thread_([this] { run(); }) {}
  double stop() {
    stopping_ = true;
    log_.wake();
    thread_.join();
    return cpu_s_;
  }

 private:
  void run() {
    while (!stopping_) PETREL_CHECK(log_.write_group(/*sync=*/false, 1000).ok());
    PETREL_CHECK(log_.write_group(/*sync=*/false, 0).ok());
    cpu_s_ = thread_cpu_s();
  }
  store::CommitLog& log_;
  std::atomic<bool> stopping_{false};
  double cpu_s_ = 0;
  std::thread thread_;
};

}  // namespace

void run_append(const AppendOptions& options) {
  BareStore store(options.directory);
  const std::string record = encoded_record(incompressible_bytes(options.body_bytes, 1));
  const double core_begin_s = thread_cpu_s();
  const int64_t begin_ns = monotonic_ns();
  LogWriter writer(store.log());
  int64_t waits = 0;
  for (int64_t i = 0; i < options.messages; ++i) {
    const auto queue_id = static_cast<int32_t>(i / kGroup % kQueues);
    while (true) {
      const auto placed = store->append(record, queue_id, begin_ns / 1'000'000);
      if (placed.ok()) break;
      PETREL_CHECK(absl::IsResourceExhausted(placed.status())) << placed.status();
      store.log().submit();
      ++waits;
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    if (i % kGroup != kGroup - 1) continue;
    store.log().submit();
    store::commit_written(*store.operator->());
  }
  store.log().submit();
  const double core_s = thread_cpu_s() - core_begin_s;
  const double writer_s = writer.stop();
  const double wall_s = static_cast<double>(monotonic_ns() - begin_ns) / 1e9;
  const auto messages = static_cast<double>(options.messages);
  print_result(concat("append of ", options.body_bytes, " B bodies, ASYNC_FLUSH"),
               {{"messages_per_s", messages / wall_s},
                {"core_ns_per_message", core_s * 1e9 / messages},
                {"log_thread_ns_per_message", writer_s * 1e9 / messages},
                {"messages_per_s_of_the_core", messages / core_s},
                {"waits_for_the_disk", waits}});
}

}  // namespace petrel::bench
