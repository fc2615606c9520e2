// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/local/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>

#include "common/concat.h"
#include "common/file_util.h"
#include "common/temp_directory.h"

namespace petrel::ops {
namespace {

constexpr int64_t kPatienceMs = 30'000;

ProcessSpec spec_of(const TempDirectory& dir, std::string program,
                    std::vector<std::string> arguments) {
  return {.program = std::move(program),
          .arguments = std::move(arguments),
          .working_dir = dir.path(),
          .log_file = dir.file("log"),
          .record_file = dir.file("process.json"),
          .digest = "d1"};
}

TEST(Process, IsFoundAgainThroughItsRecordAndEndsWhenAsked) {
  const TempDirectory dir;
  const auto started = start_process(spec_of(dir, "/bin/sleep", {"1000"}));
  ASSERT_TRUE(started.ok()) << started.status();
  const auto record = read_process_record(dir.file("process.json"));
  ASSERT_TRUE(record.ok() && record->has_value());
  EXPECT_EQ((*record)->pid, started->pid);
  EXPECT_EQ((*record)->digest, "d1");
  EXPECT_TRUE(is_running(**record));
  EXPECT_NE(getsid(started->pid), getsid(0)) << "it must outlive the terminal";
  ASSERT_TRUE(terminate(**record).ok());
  EXPECT_TRUE(wait_for_end(**record, kPatienceMs));
  EXPECT_FALSE(is_running(**record));
}

TEST(Process, OutputGoesToTheLogAndTheWorkingDirectoryIsItsOwn) {
  const TempDirectory dir;
  const auto started = start_process(spec_of(dir, "/bin/pwd", {}));
  ASSERT_TRUE(started.ok()) << started.status();
  ASSERT_TRUE(wait_for_end(*started, kPatienceMs));
  EXPECT_EQ(*read_file(dir.file("log"), 1000), dir.path() + "\n");
}

TEST(Process, OneThatIgnoresTheRequestIsKilled) {
  const TempDirectory dir;
  const auto started = start_process(
      spec_of(dir, "/bin/sh", {"-c", "trap '' TERM; echo ready > up; while :; do sleep 1; done"}));
  ASSERT_TRUE(started.ok()) << started.status();
  while (access(dir.file("up").c_str(), F_OK) != 0) {
    ASSERT_TRUE(is_running(*started));
  }
  ASSERT_TRUE(terminate(*started).ok());
  EXPECT_FALSE(wait_for_end(*started, 1));
  EXPECT_TRUE(is_running(*started));
  EXPECT_TRUE(kill_and_wait(*started).ok());
  EXPECT_FALSE(is_running(*started));
}

TEST(Process, AnotherProcessWithTheSameIdIsNeitherTakenForItNorSignalled) {
  const TempDirectory dir;
  const auto started = start_process(spec_of(dir, "/bin/sleep", {"1000"}));
  ASSERT_TRUE(started.ok());
  ProcessRecord other = *started;
  other.start_ticks += 1;
  EXPECT_FALSE(is_running(other));
  EXPECT_TRUE(terminate(other).ok());
  EXPECT_TRUE(wait_for_end(other, 0));
  EXPECT_TRUE(kill_and_wait(other).ok());
  ProcessRecord before_boot = *started;
  before_boot.boot_id = "another";
  EXPECT_FALSE(is_running(before_boot));
  EXPECT_TRUE(is_running(*started));
  ASSERT_TRUE(terminate(*started).ok());
  ASSERT_TRUE(wait_for_end(*started, kPatienceMs));
}

TEST(Process, AProgramThatIsNotThereIsAnError) {
  const TempDirectory dir;
  const auto started = start_process(spec_of(dir, "/nonexistent", {}));
  EXPECT_THAT(std::string(started.status().message()), testing::HasSubstr("/nonexistent"));
}

TEST(Process, HowItEndedIsTold) {
  const TempDirectory dir;
  const auto failed = start_process(spec_of(dir, "/bin/sh", {"-c", "exit 3"}));
  ASSERT_TRUE(failed.ok());
  while (is_running(*failed)) {
  }
  EXPECT_EQ(how_it_ended(*failed), "ended with code 3");
  const auto killed = start_process(spec_of(dir, "/bin/sleep", {"1000"}));
  ASSERT_TRUE(killed.ok());
  ASSERT_EQ(kill(killed->pid, SIGKILL), 0);
  while (is_running(*killed)) {
  }
  EXPECT_EQ(how_it_ended(*killed), "was killed by signal 9 (Killed)");
}

TEST(Process, ADamagedRecordIsAnErrorAndAnAbsentOneIsNone) {
  const TempDirectory dir;
  EXPECT_FALSE(read_process_record(dir.file("none"))->has_value());
  for (const char* text : {"", "{", "[]", "{\"pid\": \"x\"}", "{\"pid\": 1}"}) {
    std::ofstream(dir.file("damaged")) << text;
    EXPECT_TRUE(absl::IsDataLoss(read_process_record(dir.file("damaged")).status())) << text;
  }
}

}  // namespace
}  // namespace petrel::ops
