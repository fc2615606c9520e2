// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include "bench/disk_probe.h"
#include "bench/stamp.h"
#include "bench/store/bare_store.h"
#include "bench/store/scenario.h"
#include "common/concat.h"
#include "common/mutex.h"

namespace petrel::bench {
namespace {

constexpr int kProbes = 1000;

// The log thread of a broker with SYNC_FLUSH: a sync for each group, told to who waits.
class SyncingWriter {
 public:
  explicit SyncingWriter(store::CommitLog& log) : log_(log), thread_([this] { run(); }) {}
  ~SyncingWriter() {
    stopping_ = true;
    log_.wake();
    thread_.join();
  }
  // Blocks until more than `known` is synced.
  int64_t wait_beyond(int64_t known) {
    MutexLock lock(mutex_);
    while (synced_ <= known) {
      more_.wait(mutex_);
    }
    return synced_;
  }
  int64_t syncs() const { return syncs_; }

 private:
  void run() {
    while (!stopping_) {
      const auto progress = log_.write_group(/*sync=*/true, 1000);
      PETREL_CHECK(progress.ok()) << progress.status();
      MutexLock lock(mutex_);
      if (progress->synced.value() > synced_) ++syncs_;
      synced_ = progress->synced.value();
      more_.notify_all();
    }
  }
  store::CommitLog& log_;
  std::atomic<bool> stopping_{false};
  std::atomic<int64_t> syncs_{0};
  Mutex mutex_;
  CondVar more_;
  int64_t synced_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

struct Waiting {
  int64_t record_end = 0;
  int64_t sent_ns = 0;
};

}  // namespace

void run_sync(const SyncOptions& options) {
  std::filesystem::create_directories(options.directory);
  const auto before = probe_fdatasync(options.directory, kProbes);
  PETREL_CHECK(before.ok()) << before.status();
  BareStore store(options.directory);
  const std::string record = encoded_record(incompressible_bytes(options.body_bytes, 1));
  std::vector<Waiting> writers(static_cast<size_t>(options.writers));
  Histogram latency_ns;
  int64_t done = 0;
  int64_t queue_offset = 0;
  const int64_t begin_ns = monotonic_ns();
  const int64_t end_ns = begin_ns + options.seconds * int64_t{1'000'000'000};
  int64_t syncs = 0;
  {
    SyncingWriter log_thread(store.log());
    int64_t synced = 0;
    for (int64_t now_ns = begin_ns; now_ns < end_ns; now_ns = monotonic_ns()) {
      for (Waiting& writer : writers) {
        if (writer.record_end > synced) continue;
        if (writer.sent_ns > 0) {
          latency_ns.record(now_ns - writer.sent_ns);
          ++done;
        }
        const auto offset = store.log().append(
            record, {.queue_offset = store::QueueOffset(queue_offset++), .store_ms = 1});
        PETREL_CHECK(offset.ok()) << offset.status();
        writer = {.record_end = offset->value() + static_cast<int64_t>(record.size()),
                  .sent_ns = now_ns};
      }
      store.log().submit();
      synced = log_thread.wait_beyond(synced);
    }
    syncs = log_thread.syncs();
  }
  const double wall_s = static_cast<double>(monotonic_ns() - begin_ns) / 1e9;
  const auto after = probe_fdatasync(options.directory, kProbes);
  PETREL_CHECK(after.ok()) << after.status();
  const double dsync_s =
      static_cast<double>(before->quantile(0.5) + after->quantile(0.5)) / 2 / 1e9;
  const double target = 0.6 * options.writers / (1.5 * dsync_s);
  const double per_s = static_cast<double>(done) / wall_s;
  print_result(concat("SYNC_FLUSH, ", options.writers, " writers, ", options.body_bytes, " B"),
               {{"messages_per_s", per_s},
                {"target_per_s", target},
                {"of_target", per_s / target},
                {"syncs_per_s", static_cast<double>(syncs) / wall_s},
                {"dsync_4k_p50_ms", dsync_s * 1e3},
                {"p50_ms", quantile_ms(latency_ns, 0.5)},
                {"p99_ms", quantile_ms(latency_ns, 0.99)}});
}

}  // namespace petrel::bench
