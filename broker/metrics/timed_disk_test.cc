// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/metrics/timed_disk.h"

#include <array>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/disk/disk_calls_test_util.h"
#include "store/disk/sim_disk.h"

namespace petrel::broker {
namespace {

using testing::HasSubstr;

TEST(TimedDisk, TellsTheLogsWritesAndSyncsFromThoseOfOtherFiles) {
  ManualClock clock;
  MetricRegistry registry;
  TimedDisk disk(std::make_unique<store::SimDisk>(store::SimDisk::Options{}), clock, registry);
  ASSERT_TRUE(disk.create_directories("data/commitlog").ok());
  std::array<char, 3> bytes = {'a', 'b', 'c'};
  const std::array<iovec, 1> parts = {iovec{bytes.data(), bytes.size()}};

  const auto log = disk.open("data/commitlog/0", store::Disk::OpenMode::kCreate);
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_TRUE((*log)->write(0, parts).ok());
  EXPECT_TRUE((*log)->sync().ok());
  EXPECT_TRUE((*log)->sync().ok());
  const auto other = disk.open("data/lock", store::Disk::OpenMode::kCreate);
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_TRUE((*other)->write(0, parts).ok());

  const std::string text = registry.text();
  EXPECT_THAT(text, HasSubstr("petrel_disk_write_seconds_count{files=\"commitlog\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("petrel_disk_sync_seconds_count{files=\"commitlog\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("petrel_disk_write_seconds_count{files=\"other\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("petrel_disk_sync_seconds_count{files=\"other\"} 0\n"));
  EXPECT_EQ(*(*log)->size(), 3u);
}

TEST(TimedDisk, PassesOnEveryCall) {
  ManualClock clock;
  MetricRegistry registry;
  store::expect_passes_on_every_call([&](std::unique_ptr<store::Disk> disk) {
    return std::make_unique<TimedDisk>(std::move(disk), clock, registry);
  });
}

}  // namespace
}  // namespace petrel::broker
