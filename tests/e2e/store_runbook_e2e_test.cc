// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// The commands of docs/operations.md about backups and damage, as a shell runs them, on the store
// of a real broker whose log has lost its first files to retention.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "common/concat.h"
#include "common/file_util.h"
#include "tests/e2e/harness.h"
#include "tests/e2e/messaging_client.h"

namespace petrel::e2e {
namespace {

namespace fs = std::filesystem;
namespace rmq = ::apache::rocketmq::v2;
using ::testing::HasSubstr;
using ::testing::IsSubsetOf;
using ::testing::Not;

constexpr char kTopic[] = "orders";
constexpr char kGroup[] = "readers";
constexpr int64_t kSegmentBytes = 1 << 20;

class StoreRunbookTest : public ::testing::Test {
 protected:
  StoreRunbookTest() {
    add_short_log_flags(broker_, store_);
    broker_.add_flag("--store.log-size-max=3MiB");
    broker_.add_flag("--store.disk-space-clean-forcibly-ratio=100");
    broker_.add_flag("--store.disk-space-warning-level-ratio=100");
  }

  // Indented lines of one part of docs/operations.md, a script for each block of them.
  static std::vector<std::string> scripts_of(const std::string& heading) {
    std::istringstream lines(read_file(PETREL_OPERATIONS_DOC, 1 << 20).value_or(""));
    std::vector<std::string> scripts;
    bool in_part = false;
    bool in_script = false;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("## ")) in_part = line == concat("## ", heading);
      const bool is_command = in_part && line.starts_with("    ");
      if (is_command && !in_script) scripts.emplace_back();
      if (is_command) scripts.back() += concat(line.substr(4), "\n");
      in_script = is_command;
    }
    return scripts;
  }
  int shell(const std::string& script) {
    const std::string log = concat(broker_.directory(), "/shell-", ++shells_);
    const std::string bin = fs::path(Server("petrelctl").program()).parent_path();
    ProcessOptions options{.program = "/bin/bash", .log_file = log};
    options.arguments = {"-c", concat("set -e; export PATH=", bin, ":$PATH STORE=", store_,
                                      " BACKUP=", backup_, " PID=", broker_.pid(), "; ", script)};
    auto process = Process::start(options);
    EXPECT_TRUE(process.ok()) << process.status();
    const int code = (*process)->wait(kPatienceMs).value_or(-1);
    output_ = read_file(log, 1 << 20).value_or("");
    return code;
  }
  void run_documented(const std::string& heading, size_t block) {
    const std::vector<std::string> scripts = scripts_of(heading);
    ASSERT_GT(scripts.size(), block) << heading;
    EXPECT_EQ(shell(scripts[block]), 0) << scripts[block] << output_;
  }

  void send(int count) {
    MessagingClient client(broker_.address());
    const std::string filling(30'000, 'x');
    for (int i = 0; i < count; ++i) {
      const std::string body = concat("message ", sent_.size(), " ", filling);
      ASSERT_EQ(client.send(kTopic, body), rmq::OK);
      sent_.push_back(body);
    }
  }
  std::vector<std::string> log_files() const {
    std::vector<std::string> names;
    for (const auto& file : fs::directory_iterator(concat(store_, "/commitlog"))) {
      names.push_back(file.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  // A running broker whose first log files retention has deleted.
  void start_and_outgrow() {
    ASSERT_TRUE(broker_.start());
    send(1);
    // A group that is new begins at the end.
    ASSERT_EQ(MessagingClient(broker_.address()).receive(kTopic, kGroup).size(), 1u);
    send(200);
    ASSERT_TRUE(eventually([this] { return log_files().front() > "00000000000000000000"; }));
  }
  // Of all that the group has not had yet.
  std::set<std::string> received() {
    MessagingClient client(broker_.address());
    const std::vector<std::string> bodies = client.drain(kTopic, kGroup);
    return {bodies.begin(), bodies.end()};
  }
  // Those that were sent last are there.
  void expect_newest(const std::set<std::string>& bodies, size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      EXPECT_TRUE(bodies.contains(sent_[i])) << "message " << i;
    }
  }
  void flip_byte(const std::string& file, int64_t at) {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(at);
    const char byte = static_cast<char>(bytes.get() ^ 0x40);
    bytes.seekp(at);
    bytes.put(byte);
  }
  void stop() { ASSERT_EQ(broker_.stop(), 0); }

  Server broker_{"petrel-broker"};
  const std::string store_ = concat(broker_.directory(), "/store");
  const std::string backup_ = concat(broker_.directory(), "/backup");
  std::vector<std::string> sent_;
  std::string output_;
  int shells_ = 0;
};

TEST_F(StoreRunbookTest, ABackupUnderLoadHasAllThatWasAcknowledgedAndIsRestored) {
  start_and_outgrow();
  const size_t acknowledged = sent_.size();
  std::atomic<bool> done{false};
  std::thread sender([&] {
    while (!done.load()) send(1);
  });
  run_documented("Backup", 0);
  done = true;
  sender.join();
  EXPECT_THAT(output_, HasSubstr("Read again and sound"));
  EXPECT_FALSE(fs::exists(backup_ + ".partial"));
  EXPECT_EQ(shell("petrelctl store backup $STORE $BACKUP"), 1) << "it is not empty";
  // A process that has ended is gone when its parent, here this test, has waited for it.
  std::thread parent([this] { EXPECT_EQ(broker_.wait_for_end(), 0); });
  run_documented("Restore", 0);
  parent.join();
  EXPECT_FALSE(broker_.is_running());
  run_documented("Restore", 1);
  ASSERT_TRUE(broker_.start()) << broker_.log();
  const std::set<std::string> bodies = received();
  expect_newest(bodies, acknowledged - 60, acknowledged);
  EXPECT_THAT(bodies, IsSubsetOf(std::set<std::string>(sent_.begin(), sent_.end())));
  send(1);
  EXPECT_EQ(received(), std::set<std::string>{sent_.back()});
}

TEST_F(StoreRunbookTest, ADamagedSegmentIsPutBackAndNothingNewerIsLost) {
  start_and_outgrow();
  run_documented("Backup", 0);
  send(5);
  stop();
  const std::vector<std::string> files = log_files();
  const std::string damaged = concat(store_, "/commitlog/", files[1]);
  flip_byte(damaged, kSegmentBytes / 2);
  EXPECT_EQ(shell("petrelctl store verify $STORE"), 1);
  // With the damage, for a while: queues have holes there.
  ASSERT_TRUE(broker_.start());
  send(5);
  stop();
  run_documented("Damage", 0);
  ASSERT_TRUE(broker_.start()) << broker_.log();
  expect_newest(received(), sent_.size() - 50, sent_.size());
  EXPECT_FALSE(fs::exists(concat(store_, "/commitlog.damaged")));
  EXPECT_THAT(broker_.page("/metrics"), Not(HasSubstr("petrel_store_damaged_ranges 1")));
}

TEST_F(StoreRunbookTest, DamagedSnapshotsComeFromABackupWhenTheLogsBeginIsDeleted) {
  start_and_outgrow();
  run_documented("Backup", 0);
  send(5);
  stop();
  for (const auto& snapshot : fs::directory_iterator(concat(store_, "/snapshots"))) {
    flip_byte(snapshot.path(), 100);
  }
  EXPECT_FALSE(broker_.try_start());
  EXPECT_EQ(shell("petrelctl store verify $STORE"), 1);
  EXPECT_THAT(output_, HasSubstr("No broker starts here"));
  EXPECT_EQ(shell("petrelctl store repair $STORE --yes"), 1);
  EXPECT_THAT(output_, HasSubstr("no repair helps"));
  run_documented("Damage", 1);
  ASSERT_TRUE(broker_.start()) << broker_.log();
  expect_newest(received(), sent_.size() - 50, sent_.size());
}

TEST_F(StoreRunbookTest, QueueFilesAndIndexAreMadeAgain) {
  start_and_outgrow();
  stop();
  run_documented("Damage", 2);
  ASSERT_TRUE(broker_.start()) << broker_.log();
  expect_newest(received(), sent_.size() - 50, sent_.size());
}

}  // namespace
}  // namespace petrel::e2e
