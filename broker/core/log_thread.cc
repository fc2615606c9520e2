// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/log_thread.h"

#include <pthread.h>

#include <algorithm>
#include <memory>

#include "broker/core/events.h"

namespace petrel::core {
namespace {
constexpr int64_t kDiskCheckUs = 1'000'000;
}

void LogThread::start() {
  told_ = store_.log().progress();
  last_sync_us_ = clock_.mono_us();
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "log");
    run();
  });
}

void LogThread::stop() {
  stopping_ = true;
  store_.log().wake();
  if (thread_.joinable()) thread_.join();
}

void LogThread::run() {
  const bool every_group = options_.flush_mode == store::FlushMode::kSync;
  const int64_t interval_us = options_.flush_interval_ms * 1000;
  while (!stopping_) {
    watch_disk();
    const int64_t now_us = clock_.mono_us();
    const bool behind = told_.synced.value() < told_.written.value();
    const bool due = behind && now_us >= last_sync_us_ + interval_us;
    int64_t wait_us = kDiskCheckUs;
    if (behind) wait_us = std::clamp<int64_t>(last_sync_us_ + interval_us - now_us, 0, wait_us);
    if (!write_group(every_group || due, wait_us)) return;
  }
  write_group(true, 0);
}

bool LogThread::write_group(bool sync, int64_t wait_us) {
  const auto progress = store_.log().write_group(sync, wait_us);
  if (!progress.ok()) {
    core_.post_internal(std::make_unique<LogFailed>(progress.status()));
    failed_(progress.status());
    return false;
  }
  const int64_t written = progress->written - told_.written;
  if (progress->synced > told_.synced) {
    last_sync_us_ = clock_.mono_us();
    stats_.syncs.fetch_add(1, std::memory_order_relaxed);
  } else if (written == 0) {
    return true;
  }
  if (written > 0) {
    stats_.groups.fetch_add(1, std::memory_order_relaxed);
    stats_.group_bytes.fetch_add(written, std::memory_order_relaxed);
  }
  told_ = *progress;
  core_.post_internal(std::make_unique<LogProgressed>(told_));
  return true;
}

void LogThread::watch_disk() {
  const int64_t now_us = clock_.mono_us();
  if (now_us < next_disk_check_us_) return;
  next_disk_check_us_ = now_us + kDiskCheckUs;
  const auto space = store_.disk_space();
  if (!space.ok()) return;
  const uint64_t reserve =
      std::min(static_cast<uint64_t>(options_.disk_reserve_bytes), space->total_bytes / 20);
  const bool full = space->available_bytes < reserve;
  if (full == disk_full_) return;
  disk_full_ = full;
  core_.post_internal(std::make_unique<DiskFullChanged>(full));
}

}  // namespace petrel::core
