// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "common/clock.h"
#include "common/metrics.h"
#include "store/disk/forwarding_disk.h"

namespace petrel::broker {

// Another disk, with the time of each write and sync in two histograms, by whether the file belongs
// to the commit log: the store itself knows no clock for such things. Threads as Disk says.
class TimedDisk final : public store::ForwardingDisk {
 public:
  // clock and registry outlive the disk and its files.
  TimedDisk(std::unique_ptr<store::Disk> disk, const Clock& clock, MetricRegistry& registry);

  absl::StatusOr<std::unique_ptr<store::File>> open(const std::string& path,
                                                    OpenMode mode) override;

 private:
  class TimedFile;
  TimedDisk(std::unique_ptr<store::Disk> disk, const Clock& clock, Family<Histogram>& writes,
            Family<Histogram>& syncs);

  struct Times {
    Histogram& write_seconds;
    Histogram& sync_seconds;
  };

  const Clock& clock_;
  const Times commit_log_;
  const Times other_;
};

}  // namespace petrel::broker
