// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/metrics/timed_disk.h"

#include <span>
#include <utility>

#include "common/status.h"

namespace petrel::broker {

class TimedDisk::TimedFile final : public store::ForwardingFile {
 public:
  TimedFile(std::unique_ptr<store::File> file, const Clock& clock, const Times& times)
      : ForwardingFile(std::move(file)), clock_(clock), times_(times) {}

  absl::Status write(uint64_t offset, std::span<const iovec> parts) override {
    const int64_t begin_us = clock_.mono_us();
    const absl::Status status = ForwardingFile::write(offset, parts);
    times_.write_seconds.observe(clock_.mono_us() - begin_us);
    return status;
  }
  absl::Status sync() override {
    const int64_t begin_us = clock_.mono_us();
    const absl::Status status = ForwardingFile::sync();
    times_.sync_seconds.observe(clock_.mono_us() - begin_us);
    return status;
  }

 private:
  const Clock& clock_;
  const Times& times_;
};

namespace {

Family<Histogram>& write_family(MetricRegistry& registry) {
  return registry.histograms("petrel_disk_write_seconds", "Time of one write to a file", {"files"},
                             latency_buckets());
}

Family<Histogram>& sync_family(MetricRegistry& registry) {
  return registry.histograms("petrel_disk_sync_seconds",
                             "Time until what was written to a file was durable", {"files"},
                             latency_buckets());
}

}  // namespace

TimedDisk::TimedDisk(std::unique_ptr<store::Disk> disk, const Clock& clock,
                     MetricRegistry& registry)
    : TimedDisk(std::move(disk), clock, write_family(registry), sync_family(registry)) {}

TimedDisk::TimedDisk(std::unique_ptr<store::Disk> disk, const Clock& clock,
                     Family<Histogram>& writes, Family<Histogram>& syncs)
    : ForwardingDisk(std::move(disk)),
      clock_(clock),
      commit_log_{writes.with({"commitlog"}), syncs.with({"commitlog"})},
      other_{writes.with({"other"}), syncs.with({"other"})} {}

absl::StatusOr<std::unique_ptr<store::File>> TimedDisk::open(const std::string& path,
                                                             OpenMode mode) {
  PETREL_ASSIGN_OR_RETURN(auto file, ForwardingDisk::open(path, mode));
  const bool in_log = path.find("/commitlog/") != std::string::npos;
  return std::make_unique<TimedFile>(std::move(file), clock_, in_log ? commit_log_ : other_);
}

}  // namespace petrel::broker
