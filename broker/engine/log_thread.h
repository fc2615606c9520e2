// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <thread>

#include "absl/status/status.h"
#include "broker/core/core_port.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "store/disk/disk.h"
#include "store/message_store.h"

namespace petrel::engine {

// What the log thread counts. Any thread reads.
struct LogThreadStats {
  std::atomic<int64_t> groups{0};
  std::atomic<int64_t> group_bytes{0};
  std::atomic<int64_t> syncs{0};
  // Since when sends are refused because the disk has no room, wall clock in ms since 1970; 0: they
  // are taken. Told in the process's log when it begins and ends.
  std::atomic<int64_t> sends_refused_since_ms{0};
};

// Writes what the core appended, one write per group, and tells the core how far the log is. With
// kSync one sync per group too; with kAsync a second thread syncs every flush_interval_ms, so that
// no reply waits behind a sync that it does not promise. Also measures the room on the disk, as it
// is the thread that may make system calls: every second, and tells the core at intervals, when
// sends are to be refused or not any more, and each time when the disk gets full.
class LogThread {
 public:
  struct Options {
    store::FlushMode flush_mode = store::FlushMode::kAsync;
    int64_t flush_interval_ms = 500;  // between syncs with kAsync
    store::DiskLimits disk;
    int64_t disk_check_interval_ms = 10'000;  // between the checks for what is to be deleted
  };
  // `failed` is called once, on one of the two threads, when a write or sync failed; the log takes
  // nothing any more.
  LogThread(const Options& options, store::MessageStore& store, core::CorePort& core,
            const Clock& clock, std::function<void(const absl::Status&)> failed)
      : options_(options), store_(store), core_(core), clock_(clock), failed_(std::move(failed)) {}
  ~LogThread() { abandon(); }

  void start();
  // Writes and syncs everything that was submitted, then ends the threads.
  void stop();
  // Ends the threads after what they are writing just now; the rest is lost, as in a crash. Nothing
  // after stop().
  void abandon();
  const LogThreadStats& stats() const { return stats_; }
  // Free bytes below which sends are refused on such a disk. Any thread.
  uint64_t disk_reserve_bytes(const store::DiskSpace& space) const;

 private:
  void run();
  void join();
  void sync_at_intervals();
  void fail(const absl::Status& status);
  // False when the log has failed.
  bool write_group(bool sync, int64_t wait_us);
  void watch_disk();
  void tell_refusal(bool refuses, const std::optional<store::DiskSpace>& space);

  const Options options_;
  store::MessageStore& store_;
  core::CorePort& core_;
  const Clock& clock_;
  std::function<void(const absl::Status&)> failed_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> abandoned_{false};
  std::atomic<bool> failure_told_{false};
  Notification ending_;
  std::thread thread_;
  std::thread sync_thread_;  // with kAsync
  store::LogProgress told_;
  int64_t next_disk_check_us_ = 0;
  int64_t next_disk_event_us_ = 0;
  bool disk_full_ = false;
  int64_t refusing_since_us_ = 0;
  LogThreadStats stats_;
};

}  // namespace petrel::engine
