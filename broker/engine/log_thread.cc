// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/engine/log_thread.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "broker/core/events.h"
#include "common/log.h"

namespace petrel::engine {
namespace {

constexpr log::Logger kLog("broker");
constexpr int64_t kDiskCheckUs = 1'000'000;

}  // namespace

void LogThread::start() {
  told_ = store_.log().progress();
  next_disk_event_us_ = clock_.mono_us() + options_.disk_check_interval_ms * 1000;
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "log");
    run();
  });
  if (options_.flush_mode == store::FlushMode::kSync) return;
  sync_thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "log-sync");
    sync_at_intervals();
  });
}

void LogThread::stop() { join(); }

void LogThread::abandon() {
  abandoned_ = true;
  join();
}

void LogThread::join() {
  stopping_ = true;
  ending_.notify();
  store_.log().wake();
  if (sync_thread_.joinable()) sync_thread_.join();
  if (thread_.joinable()) thread_.join();
}

void LogThread::run() {
  const bool every_group = options_.flush_mode == store::FlushMode::kSync;
  while (!stopping_) {
    watch_disk();
    if (!write_group(every_group, kDiskCheckUs)) return;
  }
  if (!abandoned_) write_group(true, 0);
}

void LogThread::sync_at_intervals() {
  const std::chrono::milliseconds interval(options_.flush_interval_ms);
  while (!ending_.wait_for(interval)) {
    const store::LogProgress progress = store_.log().progress();
    if (progress.synced.value() >= progress.written.value()) continue;
    const absl::Status synced = store_.log().sync_up_to(store::LogOffset(progress.written.value()));
    if (!synced.ok()) return fail(synced);
    stats_.syncs.fetch_add(1, std::memory_order_relaxed);
  }
}

// Both threads see a failure, as it is final for the log.
void LogThread::fail(const absl::Status& status) {
  if (failure_told_.exchange(true)) return;
  core_.post_internal(std::make_unique<core::LogFailed>(status));
  failed_(status);
}

bool LogThread::write_group(bool sync, int64_t wait_us) {
  const auto progress = store_.log().write_group(sync, wait_us);
  if (!progress.ok()) {
    fail(progress.status());
    return false;
  }
  const int64_t written = progress->written - told_.written;
  const bool synced = progress->synced > told_.synced;
  if (written == 0 && !synced) return true;
  if (sync && synced) stats_.syncs.fetch_add(1, std::memory_order_relaxed);
  if (written > 0) {
    stats_.groups.fetch_add(1, std::memory_order_relaxed);
    stats_.group_bytes.fetch_add(written, std::memory_order_relaxed);
  }
  told_ = *progress;
  core_.post_internal(std::make_unique<core::LogProgressed>(told_));
  return true;
}

uint64_t LogThread::disk_reserve_bytes(const store::DiskSpace& space) const {
  return store::disk_reserve_bytes(options_.disk, space);
}

void LogThread::watch_disk() {
  const int64_t now_us = clock_.mono_us();
  if (now_us < next_disk_check_us_) return;
  next_disk_check_us_ = now_us + kDiskCheckUs;
  std::optional<store::DiskSpace> space;
  if (auto measured = store_.disk_space(); measured.ok()) space = *measured;
  const bool full = space.has_value() ? store::disk_is_full(options_.disk, *space) : disk_full_;
  tell_refusal(full || store_.log().refuses_messages(), space);
  const bool getting_full = store_.log().lacks_room() ||
                            (space.has_value() && store::disk_gets_full(options_.disk, *space));
  if (full == disk_full_ && !getting_full && now_us < next_disk_event_us_) return;
  disk_full_ = full;
  next_disk_event_us_ = now_us + options_.disk_check_interval_ms * 1000;
  core_.post_internal(std::make_unique<core::DiskMeasured>(space, full));
}

void LogThread::tell_refusal(bool refuses, const std::optional<store::DiskSpace>& space) {
  if (refuses == (stats_.sends_refused_since_ms.load(std::memory_order_relaxed) != 0)) return;
  // A clock of a test may stand at 0.
  stats_.sends_refused_since_ms.store(refuses ? std::max<int64_t>(1, clock_.wall_ms()) : 0,
                                      std::memory_order_relaxed);
  const std::string free = space ? std::to_string(space->available_bytes) : "unknown";
  const int64_t now_us = clock_.mono_us();
  if (refuses) {
    refusing_since_us_ = now_us;
    kLog.error("the disk is full: sends are refused until there is room again",
               {{"free_bytes", free},
                {"reserve_bytes", space ? disk_reserve_bytes(*space) : uint64_t{0}},
                {"next_log_file", store_.log().lacks_room() ? "no room" : "there"}});
  } else {
    kLog.warn("there is room on the disk: sends are taken again",
              {{"free_bytes", free}, {"refused_ms", (now_us - refusing_since_us_) / 1000}});
  }
}

}  // namespace petrel::engine
