// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/queue_search.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "store/disk/sim_disk.h"
#include "store/testing/open_store.h"

namespace petrel::store {
namespace {

constexpr int64_t kMessages = 3'000;  // of three pages

// A queue in which each message is stored a millisecond after the one before.
class QueueSearchTest : public ::testing::Test {
 protected:
  QueueSearchTest() {
    options_.directory = "store";
    store_ = open_store(disk_, clock_, executor_, options_, owner_).value();
    first_ms_ = clock_.wall_ms();
    for (int64_t i = 0; i < kMessages; ++i) {
      log_offsets_.push_back(store_->log().end());
      EXPECT_TRUE(append_and_commit(*store_, test_record("T", "body"), 0, clock_.wall_ms()).ok());
      clock_.advance_ms(1);
    }
  }
  // The queue's entries are on disk, and no page is in memory.
  void reopen() {
    ASSERT_TRUE(make_snapshot(*store_, executor_).ok());
    executor_.run_all();
    store_.reset();
    disk_.restart();
    store_ = open_store(disk_, clock_, executor_, options_, owner_).value();
  }
  int64_t found(const QueuePoint& point) {
    absl::StatusOr<QueueOffset> result = QueueOffset(-1);
    store_->search_queue(store_->find_queue("T", 0), point,
                         [&](auto found) { result = std::move(found); });
    executor_.run_all();
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? result->value() : -1;
  }
  void expect_all_found() {
    for (const int64_t i :
         {int64_t{0}, int64_t{1}, int64_t{1'023}, int64_t{1'024}, int64_t{2'500}, kMessages - 1}) {
      const LogOffset at = log_offsets_[static_cast<size_t>(i)];
      EXPECT_EQ(found({.log_offset = at}), i);
      EXPECT_EQ(found({.log_offset = at + 1}), i + 1);
      EXPECT_EQ(found({.log_offset = store_->log().end(), .stored_ms = first_ms_ + i}), i);
      EXPECT_EQ(found({.log_offset = at, .stored_ms = first_ms_ + i + 1}), i)
          << "whichever comes first";
    }
    EXPECT_EQ(found({.log_offset = store_->log().end()}), kMessages);
    EXPECT_EQ(found({.log_offset = store_->log().end(), .stored_ms = 0}), 0);
  }

  SimDisk disk_{{}};
  ManualClock clock_;
  ManualExecutor executor_;
  StatelessOwner owner_;
  MessageStore::Options options_;
  std::unique_ptr<MessageStore> store_;
  std::vector<LogOffset> log_offsets_;
  int64_t first_ms_ = 0;
};

TEST_F(QueueSearchTest, FindsWhatIsInMemory) { expect_all_found(); }

TEST_F(QueueSearchTest, FindsWhatIsOnDisk) {
  reopen();
  expect_all_found();
}

TEST_F(QueueSearchTest, FindsOverTheEndOfWhatIsOnDisk) {
  reopen();
  const LogOffset at = store_->log().end();
  ASSERT_TRUE(append_and_commit(*store_, test_record("T", "body"), 0, clock_.wall_ms()).ok());
  EXPECT_EQ(found({.log_offset = at}), kMessages);
  EXPECT_EQ(found({.log_offset = log_offsets_[7]}), 7);
}

}  // namespace
}  // namespace petrel::store
