// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/proc_stat.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

namespace petrel::bench {
namespace {

TEST(ProcStat, CpuTicksAreFoundBehindACommandWithSpacesAndParentheses) {
  const auto ticks = parse_cpu_ticks(
      "42 (a b) c) S 1 42 42 0 -1 4194304 100 0 0 0 123 45 0 0 20 0 7 0 1000 0 0 0");
  ASSERT_TRUE(ticks.ok()) << ticks.status();
  EXPECT_EQ(*ticks, 168U);
}

TEST(ProcStat, AShortOrForeignStatIsDataLoss) {
  EXPECT_EQ(parse_cpu_ticks("").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(parse_cpu_ticks("42 (x) S 1 2 3").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(parse_cpu_ticks("42 (x) S 1 1 1 1 1 1 1 1 1 1 a b").status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(ProcStat, StatusValuesAreKibibytes) {
  const std::string_view status = "Name:\tx\nVmRSS:\t    2048 kB\nRssAnon:\t 1 kB\n";
  EXPECT_EQ(parse_status_bytes(status, "VmRSS").value(), 2048U * 1024);
  EXPECT_EQ(parse_status_bytes(status, "RssAnon").value(), 1024U);
  EXPECT_EQ(parse_status_bytes(status, "Vm").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(parse_status_bytes(status, "Name").status().code(), absl::StatusCode::kDataLoss);
}

TEST(ProcStat, AMachineIsBusyWithAllButIdleAndWaiting) {
  EXPECT_EQ(parse_busy_ticks("cpu  1 2 4 800 1600 8 16 32 64 0\ncpu0 9 9 9 9 9 9 9\n").value(),
            31U);
  EXPECT_EQ(parse_busy_ticks("cpu0 1 2 4 8 16 32 64").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(parse_busy_ticks("cpu 1 2").status().code(), absl::StatusCode::kDataLoss);
}

TEST(ProcStat, MemoryThatThisProcessTouchesShowsInItsOwnNumbers) {
  const auto before = read_proc_stat(getpid());
  ASSERT_TRUE(before.ok()) << before.status();
  constexpr size_t kBytes = 64 << 20;
  const std::vector<char> touched(kBytes, 'x');
  const auto after = read_proc_stat(getpid());
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_GE(after->rss_anon_bytes, before->rss_anon_bytes + kBytes / 2);
  EXPECT_GE(after->rss_bytes, after->rss_anon_bytes);
  EXPECT_EQ(touched[kBytes - 1], 'x');
}

TEST(ProcStat, AProcessThatDoesNotExistIsNotFound) {
  EXPECT_EQ(read_proc_stat(-1).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace petrel::bench
