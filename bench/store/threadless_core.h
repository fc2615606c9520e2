// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/core_assembly.h"
#include "common/check.h"
#include "common/clock.h"
#include "common/executor.h"
#include "store/message_store.h"

namespace petrel::bench {

// A broker's core on the real disk whose turns and writes happen when a benchmark says so; this
// thread is its core thread and its log thread. Snapshots run on one executor thread, as they do in
// a broker.
class ThreadlessCore final : public core::CorePort {
 public:
  using Requests = std::vector<std::unique_ptr<core::Request>>;

  explicit ThreadlessCore(const std::string& directory)
      : executor_(make_thread_pool("store", 1)),
        disk_(store::make_posix_disk()),
        assembly_({.core = {.auto_create_topics = true},
                   .store = {.directory = directory,
                             .log = {},
                             .snapshot_log_bytes = INT64_MAX,
                             .snapshot_interval_ms = kSnapshotIntervalUs / 1000}},
                  {.disk = *disk_,
                   .clock = clock_,
                   .liveness = liveness_,
                   .replies = answered_,
                   .registry = registry_}) {
    const absl::Status opened = assembly_.open(*executor_, *this);
    PETREL_CHECK(opened.ok()) << opened;
  }

  bool try_post(std::unique_ptr<core::Request>& /*request*/) override { return false; }
  void post_internal(std::unique_ptr<core::Request> request) override {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(request));
  }

  // One turn over `requests`, and the turns and writes until all of them are answered.
  void run(Requests requests) {
    const size_t expected = answered_.kept.size() + requests.size();
    core().turn(requests);
    while (answered_.kept.size() < expected) settle();
    for (const auto& request : answered_.kept) {
      PETREL_CHECK(request->outcome.ok()) << request->outcome.text;
    }
    answered_.kept.clear();
  }
  void settle() {
    const auto progress = store().log().write_group(/*sync=*/false, /*max_wait_us=*/0);
    PETREL_CHECK(progress.ok()) << progress.status();
    core().log_progress(*progress);
    Requests posted;
    {
      const std::lock_guard lock(mutex_);
      posted.swap(posted_);
    }
    core().turn(posted);
  }

  // Begins a snapshot. Its end is seen in core().stats() after a later settle.
  void begin_snapshot() {
    clock_.leap_us += kSnapshotIntervalUs;
    Requests none;
    core().turn(none);
  }

  core::BrokerCore& core() { return assembly_.core(); }
  store::MessageStore& store() { return assembly_.store(); }
  void close() {
    assembly_.end();
    PETREL_CHECK(assembly_.close().ok());
  }

 private:
  static constexpr int64_t kSnapshotIntervalUs = 3'600'000'000;

  // Makes a snapshot due by a leap over the interval.
  class LeapingClock final : public Clock {
   public:
    int64_t wall_ms() const override { return clock_.wall_ms(); }
    int64_t mono_us() const override { return clock_.mono_us() + leap_us; }
    int64_t leap_us = 0;

   private:
    SystemClock clock_;
  };
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

  LeapingClock clock_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<store::Disk> disk_;
  NobodyConnected liveness_;
  KeepReplies answered_;
  std::mutex mutex_;
  Requests posted_;
  core::Registry registry_;
  core::CoreAssembly assembly_;
};

}  // namespace petrel::bench
