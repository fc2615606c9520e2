// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/broker_core.h"
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
      : executor_(make_thread_pool("store", 1)), disk_(store::make_posix_disk()) {
    auto store = store::MessageStore::open(*disk_, clock_, *executor_,
                                           {.directory = directory,
                                            .log = {},
                                            .snapshot_log_bytes = INT64_MAX,
                                            .snapshot_interval_ms = kSnapshotIntervalUs / 1000},
                                           core_.replay());
    PETREL_CHECK(store.ok()) << store.status();
    store_ = *std::move(store);
    core_.start(*store_, *this);
  }

  bool try_post(std::unique_ptr<core::Request>& /*request*/) override { return false; }
  void post_internal(std::unique_ptr<core::Request> request) override {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(request));
  }

  // One turn over `requests`, and the turns and writes until all of them are answered.
  void run(Requests requests) {
    const size_t expected = answered_.kept.size() + requests.size();
    core_.turn(requests);
    while (answered_.kept.size() < expected) settle();
    for (const auto& request : answered_.kept) {
      PETREL_CHECK(request->outcome.ok()) << request->outcome.text;
    }
    answered_.kept.clear();
  }
  void settle() {
    const auto progress = store_->log().write_group(/*sync=*/false, /*max_wait_us=*/0);
    PETREL_CHECK(progress.ok()) << progress.status();
    core_.log_progress(*progress);
    Requests posted;
    {
      const std::lock_guard lock(mutex_);
      posted.swap(posted_);
    }
    core_.turn(posted);
  }

  // Begins a snapshot. Its end is seen in core().stats() after a later settle.
  void begin_snapshot() {
    clock_.leap_us += kSnapshotIntervalUs;
    Requests none;
    core_.turn(none);
  }

  core::BrokerCore& core() { return core_; }
  store::MessageStore& store() { return *store_; }
  void close() { PETREL_CHECK(store_->close(core_.snapshot_for_close()).ok()); }

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
  core::BrokerCore core_{core::CoreOptions{.auto_create_topics = true}, clock_, liveness_,
                         answered_, registry_};
  std::unique_ptr<store::MessageStore> store_;
};

}  // namespace petrel::bench
