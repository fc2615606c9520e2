// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/metrics.h"
#include "store/disk.h"

namespace petrel::broker {

// Another disk, with the time of each write and sync in two histograms, by whether the file belongs
// to the commit log: the store itself knows no clock for such things. Threads as Disk says.
class TimedDisk final : public store::Disk {
 public:
  // clock and registry outlive the disk and its files.
  TimedDisk(std::unique_ptr<store::Disk> disk, const Clock& clock, MetricRegistry& registry);

  absl::StatusOr<std::unique_ptr<store::File>> open(const std::string& path,
                                                    OpenMode mode) override;
  absl::StatusOr<std::vector<std::string>> list(const std::string& directory) override;
  absl::Status create_directories(const std::string& directory) override;
  absl::Status make_directories(const std::string& directory) override;
  absl::Status rename(const std::string& from, const std::string& to) override;
  absl::Status remove(const std::string& path) override;
  absl::Status sync_directory(const std::string& directory) override;
  absl::Status sync_all(const std::string& directory) override;
  absl::StatusOr<std::unique_ptr<store::FileLock>> lock(const std::string& path) override;
  absl::StatusOr<store::DiskSpace> space(const std::string& directory) override;

 private:
  class TimedFile;
  TimedDisk(std::unique_ptr<store::Disk> disk, const Clock& clock, Family<Histogram>& writes,
            Family<Histogram>& syncs);

  struct Times {
    Histogram& write_seconds;
    Histogram& sync_seconds;
  };

  const std::unique_ptr<store::Disk> disk_;
  const Clock& clock_;
  const Times commit_log_;
  const Times other_;
};

}  // namespace petrel::broker
