// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// Store directories that earlier releases wrote, kept beside this file: each opens, is what it was,
// and can be worked on.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "broker/rocketmq_files/rocketmq_config.h"
#include "common/concat.h"
#include "common/temp_directory.h"
#include "store/log/record.h"
#include "tests/compat/directories/listing.h"

namespace petrel::core {
namespace {

constexpr int64_t kSnapshotIntervalMs = 3'600'000;
constexpr char kClock[] = "clock wall_ms=";

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

// An "open" line of a listing: one delivery of orders to the group readers.
struct OpenDelivery {
  ReceiptHandle handle;
  int64_t visible_at_ms = 0;
  int attempt = 0;
  int suspended = 0;
};

std::vector<OpenDelivery> open_deliveries(const std::string& listed) {
  std::vector<OpenDelivery> found;
  std::istringstream lines(listed);
  for (std::string line; std::getline(lines, line);) {
    OpenDelivery open;
    std::array<long long, 3> numbers{};
    if (std::sscanf(line.c_str(),
                    "open readers orders/%d/%lld delivery_id=%lld visible_at_ms=%lld attempt=%d "
                    "suspended=%d",
                    &open.handle.queue_id, &numbers[0], &numbers[1], &numbers[2], &open.attempt,
                    &open.suspended) != 6) {
      continue;
    }
    open.handle.queue_offset = store::QueueOffset(numbers[0]);
    open.handle.delivery_id = numbers[1];
    open.visible_at_ms = numbers[2];
    found.push_back(open);
  }
  return found;
}

// The parameter: directory of the release, and name of the store directory.
class Directories : public ::testing::TestWithParam<const char*> {
 protected:
  // The store as it was left, at the time when it was left. Any broker reads first whether a
  // RocketMQ broker had the directory meanwhile.
  void SetUp() override {
    const std::string kept = concat(PETREL_DIRECTORIES, "/", GetParam());
    const std::string unpack = concat("tar -xzf '", kept, ".tar.gz' -C '", directory_.path(), "'");
    ASSERT_EQ(std::system(unpack.c_str()), 0) << unpack;
    expected_ = read_file(concat(kept, ".txt"));
    ASSERT_TRUE(expected_.starts_with(kClock));
    const size_t end = expected_.find('\n');
    const int64_t left_ms = std::stoll(expected_.substr(sizeof(kClock) - 1, end));
    expected_.erase(0, end + 1);
    // Until when a delivery would be renewed was remembered though nobody renewed it any more.
    expected_ = std::regex_replace(expected_, std::regex("renew_client=- renew_until_ms=[0-9]+"),
                                   "renew_client=- renew_until_ms=0");

    const std::string name = kept.substr(kept.rfind('/') + 1);
    world_ = std::make_unique<CoreWorld>(*disk_, directory_.file(name),
                                         directory_options(kSnapshotIntervalMs));
    if (HasFatalFailure()) return;
    world_->clock.jump_wall_ms(left_ms - world_->clock.wall_ms());
    const auto adopted = rocketmq_files::read_rocketmq_config(world_->store().foreign_config(),
                                                              world_->store().was_ours());
    ASSERT_TRUE(adopted.ok()) << adopted.status().ToString();
    world_->core().adopt(*adopted);
  }

  ReceiveRequest& receive(const std::string& group, const std::string& topic) {
    auto& received = world_->ask<ReceiveRequest>([&](auto& r) {
      r.group = group;
      r.topic = topic;
      r.batch_size = 32;
      r.invisible_ms = 10'000;
      r.wait_until_us = world_->clock.mono_us() + 1'000'000;  // to load a page of a queue
      r.cancel_id = world_->new_cancel_id();
    });
    world_->settle();
    return received;
  }
  void expect_same_after_restarts() {
    world_->settle();
    const std::string before = listing(*world_);
    world_->restart_after_crash();
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_EQ(listing(*world_), before) << "after a crash";
    world_->stop();
    ASSERT_FALSE(HasFatalFailure());
    world_->start();
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_EQ(listing(*world_), before) << "after a clean restart";
  }

  TempDirectory directory_;
  std::unique_ptr<store::Disk> disk_ = store::make_posix_disk();
  std::string expected_;
  std::unique_ptr<CoreWorld> world_;
};

TEST_P(Directories, AreWhatTheyWereWhenTheyOpen) {
  EXPECT_EQ(world_->store().log().damage().count(), 0u);
  EXPECT_EQ(listing(*world_), expected_);
  expect_same_after_restarts();
  EXPECT_EQ(listing(*world_), expected_);
}

TEST_P(Directories, AreTheSameBehindANewSnapshot) {
  world_->clock.advance_ms(kSnapshotIntervalMs + 1'000);
  auto& sent = world_->ask<SendRequest>([](auto& r) {
    r.topic = "jobs";
    r.messages.push_back(
        {.record = store::encode_record({.topic = "jobs", .body = "new"}).value()});
  });
  world_->settle();
  EXPECT_TRUE(sent.outcome.ok()) << sent.outcome.text;
  EXPECT_EQ(world_->core().stats().snapshots, 1);
  expect_same_after_restarts();
}

TEST_P(Directories, TakeMessagesAndGiveAllOfThem) {
  std::set<std::pair<int32_t, int64_t>> left;  // queue and offset of messages in jobs
  for (int32_t id = 0; id < 2; ++id) {
    const store::ConsumeQueue* const queue = world_->store().find_queue("jobs", id);
    ASSERT_NE(queue, nullptr);
    for (int64_t offset = 0; offset < queue->max().value(); ++offset) left.emplace(id, offset);
  }
  ASSERT_GE(left.size(), 32u);
  auto& sent = world_->ask<SendRequest>([](auto& r) {
    r.topic = "jobs";
    r.messages.push_back(
        {.record = store::encode_record({.topic = "jobs", .body = "new"}).value()});
  });
  world_->settle();
  ASSERT_TRUE(sent.outcome.ok()) << sent.outcome.text;
  EXPECT_TRUE(left.emplace(sent.messages[0].queue_id, sent.messages[0].queue_offset.value()).second)
      << "a queue goes on behind its last message";
  while (!left.empty()) {
    const ReceiveRequest& received = receive("newcomers", "jobs");
    ASSERT_FALSE(received.deliveries.empty()) << left.size() << " are not delivered";
    for (const ReceiveRequest::Delivery& delivery : received.deliveries) {
      EXPECT_EQ(delivery.attempt, 1);
      left.erase({delivery.handle.queue_id, delivery.handle.queue_offset.value()});
      const auto record =
          world_->store().log().read(delivery.handle.log_offset, delivery.record_size);
      EXPECT_TRUE(record.ok()) << record.status().ToString();
    }
  }
  expect_same_after_restarts();
}

TEST_P(Directories, LetOpenDeliveriesEndOrComeAgain) {
  const std::vector<OpenDelivery> before = open_deliveries(listing(*world_));
  const OpenDelivery* invisible = nullptr;
  std::set<std::pair<int32_t, int64_t>> due;
  for (const OpenDelivery& open : before) {
    if (open.visible_at_ms > world_->clock.wall_ms()) {
      invisible = &open;
    } else {
      due.emplace(open.handle.queue_id, open.handle.queue_offset.value());
    }
  }
  ASSERT_NE(invisible, nullptr);
  ASSERT_FALSE(due.empty());
  auto& acked = world_->ask<AckRequest>([&](auto& r) {
    r.group = "readers";
    r.topic = "orders";
    r.entries.push_back({.handle = invisible->handle, .outcome = {}});
  });
  world_->settle();
  EXPECT_TRUE(acked.entries[0].outcome.ok()) << acked.entries[0].outcome.text;
  for (const OpenDelivery& open : open_deliveries(listing(*world_))) {
    EXPECT_FALSE(open.handle.queue_id == invisible->handle.queue_id &&
                 open.handle.queue_offset == invisible->handle.queue_offset);
  }
  for (int i = 0; i < 8 && !due.empty(); ++i) {
    for (const ReceiveRequest::Delivery& again : receive("readers", "orders").deliveries) {
      due.erase({again.handle.queue_id, again.handle.queue_offset.value()});
      for (const OpenDelivery& open : before) {
        if (open.handle.queue_id != again.handle.queue_id) continue;
        if (open.handle.queue_offset != again.handle.queue_offset) continue;
        EXPECT_EQ(again.attempt, open.attempt + (open.suspended == 1 ? 0 : 1));
      }
    }
  }
  EXPECT_TRUE(due.empty()) << due.size() << " did not come again";
  expect_same_after_restarts();
}

TEST_P(Directories, HaveAnIndexThatFindsTheirMessages) {
  for (const std::string topic : {"orders", "again"}) {
    const size_t line = expected_.rfind(concat("message ", topic, "/"));
    ASSERT_NE(line, std::string::npos);
    const size_t key = expected_.find("key=", line) + 4;
    const std::string word = expected_.substr(key, expected_.find(' ', key) - key);
    const auto answer = world_->store().indexer().query(
        {.topic = topic,
         .key = word,
         .stored = {.begin_ms = 0, .end_ms = world_->clock.wall_ms()}});
    ASSERT_TRUE(answer.ok()) << answer.status().ToString();
    EXPECT_EQ(answer->records.size(), 1u) << topic << " " << word;
  }
}

INSTANTIATE_TEST_SUITE_P(FirstLight, Directories,
                         ::testing::Values("first-light/snapshots", "first-light/log-only",
                                           "first-light/closed"),
                         [](const auto& directory) {
                           std::string name(directory.param);
                           name.erase(0, name.rfind('/') + 1);
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace petrel::core
