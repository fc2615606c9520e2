// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// Power goes at every operation of a workload that deletes: what is left is a suffix of what was
// sent, with all that was synced, and queues that begin where the log does, or behind if their
// topic keeps less; no min that a synced record moved goes back.
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/log.h"
#include "common/random.h"
#include "common/status.h"
#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/message_store.h"
#include "store/testing/control_owner.h"

namespace petrel::store {
namespace {

constexpr int64_t kSteps = 40;
constexpr int64_t kSendMs = 1000;              // what goes by with each message
constexpr char kShortTopic[] = "topic1";       // keeps what is younger than
constexpr int64_t kShortMs = 8 * kSendMs + 1;  // this

class DeletingRun {
 public:
  explicit DeletingRun(uint64_t seed) : random_(seed), disk_({.seed = seed}) {}

  SimDisk& disk() { return disk_; }
  int64_t deletions() const { return deletions_; }
  int64_t expired() const { return expired_; }

  absl::Status open() {
    MessageStore::Options options;
    options.directory = "store";
    options.log = small_log_options();
    options.retention.log_bytes_max = 3 * options.log.segment_bytes;
    PETREL_ASSIGN_OR_RETURN(store_, open_store(disk_, clock_, executor_, options, owner_));
    return absl::OkStatus();
  }

  void work(int64_t steps) {
    for (int64_t i = 0; i < steps; ++i) {
      if (!step().ok()) return;
    }
  }

  void crash() {
    if (store_ != nullptr) {
      begin_ = std::max(begin_, store_->log().begin().value());
      note_promises();
    }
    executor_.run_all();
    store_.reset();
    disk_.crash();
  }

  void check() {
    const CommitLog& log = store_->log();
    ASSERT_GE(log.begin().value(), begin_) << "what was deleted does not come back";
    ASSERT_GE(log.end().value(), synced_);
    // Files below may not be deleted yet.
    const LogOffset begin = std::max(store_->begin(), log.begin());
    std::map<Key, std::vector<std::pair<QueueOffset, LogOffset>>> found;
    int64_t records = 0;
    const absl::Status visited = log.visit(log.begin(), log.end(), [&](const RecordView& record) {
      found[{std::string(record.topic), record.queue_id}].emplace_back(record.queue_offset,
                                                                       record.log_offset);
      ++records;
      return absl::OkStatus();
    });
    ASSERT_TRUE(visited.ok()) << visited;
    for (const auto& [key, old_min] : mins_) {
      ConsumeQueue* const queue = store_->find_queue(key.first, key.second);
      const auto entries = found.find(key);
      if (entries == found.end()) {
        ASSERT_TRUE(queue == nullptr || queue->min() == queue->max());
        continue;
      }
      ASSERT_NE(queue, nullptr);
      ASSERT_GE(queue->min().value(), old_min) << "it does not go back";
      QueueOffset first = entries->second.back().first + 1;
      for (const auto& [offset, log_offset] : entries->second) {
        if (log_offset >= begin) first = std::min(first, offset);
      }
      if (key.first == kShortTopic) {
        ASSERT_GE(queue->min(), first) << key.first << "/" << key.second;
      } else {
        ASSERT_EQ(queue->min(), first) << key.first << "/" << key.second;
      }
      ASSERT_EQ(queue->max(), entries->second.back().first + 1);
      for (const auto& [offset, log_offset] : entries->second) {
        if (offset < queue->min()) continue;
        ASSERT_EQ(log_offset_of(*queue, offset), log_offset) << key.first << " at " << offset;
      }
    }
  }

 private:
  using Key = std::pair<std::string, int32_t>;

  // What a power cut may not take.
  void note_promises() {
    const LogProgress progress = store_->log().progress();
    synced_ = std::max(synced_, progress.synced.value());
    if (progress.synced.value() < store_->log().end().value()) return;
    for (auto& [key, min] : mins_) {
      const ConsumeQueue* queue = store_->find_queue(key.first, key.second);
      if (queue != nullptr) min = std::max(min, queue->min().value());
    }
  }

  absl::Status step() {
    note_promises();
    switch (random_.below(12)) {
      case 0:
      case 1:
        return snapshot();
      case 2:
      case 3:
        return retain();
      default:
        // One topic seldom gets something, so that its queues come to be empty.
        return send(concat("topic", random_.below(8) / 4 + (random_.below(20) == 0 ? 1 : 0)),
                    static_cast<int32_t>(random_.below(2)), random_.below(900));
    }
  }

  absl::Status send(const std::string& topic, int32_t queue_id, size_t body_bytes) {
    mins_.try_emplace({topic, queue_id}, 0);
    const std::string record = test_record(topic, std::string(body_bytes, 'x'));
    const int64_t store_ms = clock_.wall_ms();
    clock_.advance_ms(kSendMs);
    return append_and_commit(*store_, record, queue_id, store_ms, random_.below(3) == 0).status();
  }

  absl::Status snapshot() { return make_snapshot(*store_, executor_); }

  absl::Status retain() {
    const auto all_read = [](const ConsumeQueue&) { return std::optional<QueueOffset>(); };
    std::vector<ExpiringQueue> expiring;
    for (const auto& [key, min] : mins_) {
      const ConsumeQueue* queue = store_->find_queue(key.first, key.second);
      if (key.first == kShortTopic && queue != nullptr) {
        expiring.push_back({queue, clock_.wall_ms() - kShortMs});
      }
    }
    MessageStore::RetentionFound found;
    store_->begin_retention({.now_ms = clock_.wall_ms()}, all_read, expiring, [&](auto result) {
      found = store_->finish_retention(std::move(result));
    });
    executor_.run_all();
    const std::string events = control_events(found, store_->begin());
    if (events.empty()) return absl::OkStatus();
    PETREL_RETURN_IF_ERROR(append_control(*store_, events, clock_.wall_ms()).status());
    if (random_.below(2) == 0) PETREL_RETURN_IF_ERROR(send("topic0", 0, 10));  // together
    PETREL_RETURN_IF_ERROR(write_and_commit(*store_, random_.below(2) == 0));
    deletions_ += found.log_bytes[static_cast<size_t>(RetentionReason::kSize)] > 0 ? 1 : 0;
    for (const auto& queue : found.queues) {
      expired_ += queue.topic == kShortTopic ? queue.move.min - queue.old_min : 0;
    }
    executor_.run_all();
    return absl::OkStatus();
  }

  LogOffset log_offset_of(ConsumeQueue& queue, QueueOffset offset) {
    QueueEntry entry;
    if (queue.read(offset, std::span(&entry, 1)) == 0) {
      store_->load_queue_page(&queue, offset, [&](auto page) {
        EXPECT_TRUE(page.ok()) << page.status();
        if (page.ok()) store_->finish_load(&queue, *page);
      });
      executor_.run_all();
      if (queue.read(offset, std::span(&entry, 1)) == 0) return LogOffset(-1);
    }
    return entry.log_offset;
  }

  SeededRandom random_;
  SimDisk disk_;
  ManualClock clock_;
  ManualExecutor executor_;
  ControlOwner owner_;
  std::unique_ptr<MessageStore> store_;
  std::map<Key, int64_t> mins_;  // the highest seen
  int64_t synced_ = 0;
  int64_t begin_ = 0;
  int64_t deletions_ = 0;
  int64_t expired_ = 0;
};

class RetentionCrashTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {  // Thousands of expected failures.
    ASSERT_TRUE(log::init({.level = log::Level::kError,
                           .file = concat(::testing::TempDir(), "petrel-retention-crash.log")})
                    .ok());
  }
  static void TearDownTestSuite() { ASSERT_TRUE(log::init({}).ok()); }
};

TEST_F(RetentionCrashTest, PowerLossAtEveryOperation) {
  int64_t deletions = 0;
  int64_t expired = 0;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    DeletingRun whole(seed);
    ASSERT_TRUE(whole.open().ok());
    whole.work(kSteps);
    deletions += whole.deletions();
    expired += whole.expired();
    ASSERT_NO_FATAL_FAILURE(whole.check());
    for (int64_t cut = 0; cut < whole.disk().operations(); ++cut) {
      SCOPED_TRACE(concat("seed ", seed, " cut at operation ", cut));
      DeletingRun run(seed);
      run.disk().cut_power_at(cut);
      if (run.open().ok()) run.work(kSteps);
      for (int life = 0; life < 3; ++life) {
        run.crash();
        const absl::Status opened = run.open();
        ASSERT_TRUE(opened.ok()) << opened;
        ASSERT_NO_FATAL_FAILURE(run.check());
        run.work(15);
        ASSERT_NO_FATAL_FAILURE(run.check());
      }
    }
  }
  EXPECT_GE(deletions, 4) << "the workload does not delete";
  EXPECT_GE(expired, 6) << "no message expires";
}

TEST_F(RetentionCrashTest, PowerLossDuringRecovery) {
  for (uint64_t seed = 100; seed < 250; ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    SeededRandom random(seed);
    DeletingRun run(seed);
    run.disk().cut_power_at(static_cast<int64_t>(random.below(250)));
    if (run.open().ok()) run.work(kSteps);
    run.crash();
    for (int64_t cut = 0; cut < 8; ++cut) {
      run.disk().cut_power_at(run.disk().operations() + cut);
      if (run.open().ok()) {
        run.disk().cut_power_at(-1);
        ASSERT_NO_FATAL_FAILURE(run.check());
      }
      run.crash();
    }
    const absl::Status opened = run.open();
    ASSERT_TRUE(opened.ok()) << opened;
    ASSERT_NO_FATAL_FAILURE(run.check());
  }
}

}  // namespace
}  // namespace petrel::store
