// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/metrics/timed_disk.h"

#include <span>
#include <utility>

#include "common/status.h"

namespace petrel::broker {

class TimedDisk::TimedFile final : public store::File {
 public:
  TimedFile(std::unique_ptr<store::File> file, const Clock& clock, const Times& times)
      : file_(std::move(file)), clock_(clock), times_(times) {}

  absl::Status write(uint64_t offset, std::span<const iovec> parts) override {
    const int64_t begin_us = clock_.mono_us();
    const absl::Status status = file_->write(offset, parts);
    times_.write_seconds.observe(clock_.mono_us() - begin_us);
    return status;
  }
  absl::Status sync() override {
    const int64_t begin_us = clock_.mono_us();
    const absl::Status status = file_->sync();
    times_.sync_seconds.observe(clock_.mono_us() - begin_us);
    return status;
  }
  absl::Status read(uint64_t offset, std::span<char> into) const override {
    return file_->read(offset, into);
  }
  absl::Status allocate(uint64_t offset, uint64_t length) override {
    return file_->allocate(offset, length);
  }
  absl::Status truncate(uint64_t size) override { return file_->truncate(size); }
  absl::StatusOr<uint64_t> size() const override { return file_->size(); }
  absl::StatusOr<std::vector<store::FileRange>> data_ranges(uint64_t offset) const override {
    return file_->data_ranges(offset);
  }

 private:
  const std::unique_ptr<store::File> file_;
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
    : disk_(std::move(disk)),
      clock_(clock),
      commit_log_{writes.with({"commitlog"}), syncs.with({"commitlog"})},
      other_{writes.with({"other"}), syncs.with({"other"})} {}

absl::StatusOr<std::unique_ptr<store::File>> TimedDisk::open(const std::string& path,
                                                             OpenMode mode) {
  PETREL_ASSIGN_OR_RETURN(auto file, disk_->open(path, mode));
  const bool in_log = path.find("/commitlog/") != std::string::npos;
  return std::make_unique<TimedFile>(std::move(file), clock_, in_log ? commit_log_ : other_);
}

absl::StatusOr<std::vector<std::string>> TimedDisk::list(const std::string& directory) {
  return disk_->list(directory);
}

absl::Status TimedDisk::create_directories(const std::string& directory) {
  return disk_->create_directories(directory);
}

absl::Status TimedDisk::make_directories(const std::string& directory) {
  return disk_->make_directories(directory);
}

absl::Status TimedDisk::rename(const std::string& from, const std::string& to) {
  return disk_->rename(from, to);
}

absl::Status TimedDisk::remove(const std::string& path) { return disk_->remove(path); }

absl::Status TimedDisk::sync_directory(const std::string& directory) {
  return disk_->sync_directory(directory);
}

absl::Status TimedDisk::sync_all(const std::string& directory) {
  return disk_->sync_all(directory);
}

absl::StatusOr<std::unique_ptr<store::FileLock>> TimedDisk::lock(const std::string& path) {
  return disk_->lock(path);
}

absl::StatusOr<store::DiskSpace> TimedDisk::space(const std::string& directory) {
  return disk_->space(directory);
}

}  // namespace petrel::broker
