// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <filesystem>
#include <thread>
#include <vector>

#include "bench/stamp.h"
#include "bench/store/bare_store.h"
#include "bench/store/scenario.h"
#include "common/concat.h"
#include "common/mutex.h"

namespace petrel::bench {
namespace {

struct Position {
  int64_t offset = 0;
  int32_t size = 0;
};

// What was appended and when it was due, for the log thread to tell how long it took.
class Due {
 public:
  void appended(int64_t record_end, int64_t due_ns) {
    MutexLock lock(mutex_);
    waiting_.emplace_back(record_end, due_ns);
  }
  void done_up_to(int64_t end) {
    const int64_t now_ns = monotonic_ns();
    MutexLock lock(mutex_);
    while (!waiting_.empty() && waiting_.front().first <= end) {
      times_ns_.record(now_ns - waiting_.front().second);
      waiting_.pop_front();
    }
  }
  Histogram take() {
    MutexLock lock(mutex_);
    return std::exchange(times_ns_, Histogram());
  }

 private:
  Mutex mutex_;
  std::deque<std::pair<int64_t, int64_t>> waiting_ ABSL_GUARDED_BY(mutex_);
  Histogram times_ns_ ABSL_GUARDED_BY(mutex_);
};

std::vector<Position> fill(BareStore& store, const std::string& record, int64_t bytes) {
  std::vector<Position> positions;
  const auto size = static_cast<int32_t>(record.size());
  for (int64_t written = 0; written < bytes; written += size) {
    const auto offset = store.log().append(
        record, {.queue_offset = store::QueueOffset(static_cast<int64_t>(positions.size()))});
    PETREL_CHECK(offset.ok()) << offset.status();
    positions.push_back({offset->value(), size});
    if (positions.size() % 4096 == 0) {
      store.log().submit();
      PETREL_CHECK(store.log().write_group(/*sync=*/false, 0).ok());
    }
  }
  store.log().submit();
  PETREL_CHECK(store.log().write_group(/*sync=*/true, 0).ok());
  return positions;
}

// Everything is synced, so the kernel lets go of all of it.
void drop_from_page_cache(const std::string& directory) {
  for (const auto& file : std::filesystem::directory_iterator(directory + "/commitlog")) {
    const int fd = open(file.path().c_str(), O_RDONLY | O_CLOEXEC);
    PETREL_CHECK_GE(fd, 0);
    fdatasync(fd);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
  }
}

// Reads records in order, as a broker's reader thread does, at most at the given rate.
class Reader {
 public:
  Reader(BareStore& store, const std::vector<Position>& positions, int64_t bytes_per_s)
      : thread_([this, &store, &positions, bytes_per_s] { run(store, positions, bytes_per_s); }) {}
  // Bytes a second that were read.
  double stop() {
    stopping_ = true;
    thread_.join();
    return bytes_ / seconds_;
  }
  double cpu_s() const { return cpu_s_; }

 private:
  void run(BareStore& store, const std::vector<Position>& positions, int64_t bytes_per_s) {
    const int64_t begin_ns = monotonic_ns();
    for (size_t i = 0; i < positions.size() && !stopping_; ++i) {
      const auto slice = store.log().read(store::LogOffset(positions[i].offset), positions[i].size);
      PETREL_CHECK(slice.ok()) << slice.status();
      bytes_ += positions[i].size;
      const auto due_ns =
          begin_ns + static_cast<int64_t>(bytes_ / static_cast<double>(bytes_per_s) * 1e9);
      const int64_t early_ns = due_ns - monotonic_ns();
      if (early_ns > 1'000'000) std::this_thread::sleep_for(std::chrono::nanoseconds(early_ns));
    }
    seconds_ = static_cast<double>(monotonic_ns() - begin_ns) / 1e9;
    cpu_s_ = thread_cpu_s();
  }
  std::atomic<bool> stopping_{false};
  double bytes_ = 0;
  double seconds_ = 0;
  double cpu_s_ = 0;
  std::thread thread_;
};

class SteadyAppends {
 public:
  SteadyAppends(BareStore& store, const ColdReaderOptions& options, const std::string& record,
                Due& due)
      : store_(store), options_(options), record_(record), due_(due) {
    log_thread_ = std::thread([this] { write(); });
  }
  ~SteadyAppends() {
    stopping_ = true;
    store_.log().wake();
    log_thread_.join();
  }
  // In steps of a millisecond; an append is due when its step begins.
  void run(int seconds) {
    constexpr int64_t kStepNs = 1'000'000;
    const int64_t each_step = std::max<int64_t>(1, options_.appends_per_s / 1000);
    const int64_t begin_ns = monotonic_ns();
    for (int64_t step = 0; step < seconds * int64_t{1000}; ++step) {
      const int64_t due_ns = begin_ns + step * kStepNs;
      const int64_t early_ns = due_ns - monotonic_ns();
      if (early_ns > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(early_ns));
      for (int64_t i = 0; i < each_step; ++i) {
        const auto offset = store_.log().append(record_, {});
        PETREL_CHECK(offset.ok()) << offset.status();
        due_.appended(offset->value() + static_cast<int64_t>(record_.size()), due_ns);
      }
      store_.log().submit();
    }
  }

 private:
  void write() {
    while (!stopping_) {
      const auto progress = store_.log().write_group(options_.sync, 1000);
      PETREL_CHECK(progress.ok()) << progress.status();
      due_.done_up_to(options_.sync ? progress->synced.value() : progress->written.value());
    }
  }
  BareStore& store_;
  const ColdReaderOptions& options_;
  const std::string& record_;
  Due& due_;
  std::atomic<bool> stopping_{false};
  std::thread log_thread_;
};

nlohmann::ordered_json quantiles(const Histogram& times_ns) {
  return {{"p50_ms", quantile_ms(times_ns, 0.5)},
          {"p99_ms", quantile_ms(times_ns, 0.99)},
          {"p999_ms", quantile_ms(times_ns, 0.999)},
          {"max_ms", static_cast<double>(times_ns.max()) / 1e6}};
}

}  // namespace

void run_cold_reader(const ColdReaderOptions& options) {
  BareStore store(options.directory);
  const std::string record = encoded_record(incompressible_bytes(options.body_bytes, 1));
  const std::vector<Position> positions = fill(store, record, options.cold_bytes);
  drop_from_page_cache(options.directory);
  Due due;
  SteadyAppends appends(store, options, record, due);
  appends.run(1);  // warms up
  due.take();
  appends.run(options.seconds);
  const Histogram quiet = due.take();
  Reader reader(store, positions, options.read_bytes_per_s);
  appends.run(options.seconds);
  const Histogram beside = due.take();
  const double read_bytes_per_s = reader.stop();
  const double ratio =
      static_cast<double>(beside.quantile(0.99)) / static_cast<double>(quiet.quantile(0.99));
  const std::string what =
      concat(options.appends_per_s, " appends/s until ", options.sync ? "synced" : "written");
  print_result(concat(what, ", alone"), quantiles(quiet));
  nlohmann::ordered_json figures = quantiles(beside);
  figures["p99_ratio"] = ratio;
  figures["read_mb_per_s"] = read_bytes_per_s / 1e6;
  figures["reader_cpu_s"] = reader.cpu_s();
  print_result(concat(what, ", beside a reader of old records"), figures);
}

}  // namespace petrel::bench
