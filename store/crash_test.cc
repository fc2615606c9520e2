// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// A store loses power, and what comes back is compared with what was done. The workload appends,
// rolls segments, syncs now and then, writes snapshots, deletes topics and makes them again.
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/log.h"
#include "gtest/gtest.h"
#include "store/message_store.h"
#include "store/sim_disk.h"
#include "store/test_util.h"

namespace petrel::store {
namespace {

constexpr char kControlTopic[] = "control";  // a record's body is the topic that it deletes
constexpr int64_t kSteps = 60;

struct Sent {
  std::string topic;
  int32_t queue_id = 0;
  QueueOffset queue_offset{0};
  std::string body;
  LogOffset end{0};
};
using QueueKey = std::pair<std::string, int32_t>;

class Owner final : public MessageStore::Replay {
 public:
  absl::Status restore(std::string_view state) override {
    applied = state.empty() ? 0 : std::stoll(std::string(state));
    return absl::OkStatus();
  }
  absl::Status apply(MessageStore& store, const RecordView& record) override {
    ++applied;
    if (record.topic == kControlTopic) store.delete_topic(record.body);
    return absl::OkStatus();
  }
  int64_t applied = 0;
};

class StoreRun {
 public:
  StoreRun(uint64_t seed, bool reorder)
      : random_(seed), disk_({.seed = seed, .reorder = reorder}) {}

  SimDisk& disk() { return disk_; }

  absl::Status open() {
    MessageStore::Options options;
    options.directory = "store";
    options.log = small_log_options();
    absl::StatusOr<std::unique_ptr<MessageStore>> store =
        MessageStore::open(disk_, clock_, executor_, options, owner_);
    if (!store.ok()) return store.status();
    store_ = *std::move(store);
    return absl::OkStatus();
  }

  // Until the steps are done or the power goes.
  void work(int64_t steps) {
    for (int64_t i = 0; i < steps; ++i) {
      if (!step().ok()) return;
    }
  }

  void crash() {
    if (store_ != nullptr) {
      synced_ = std::max(synced_, LogOffset(store_->log().progress().synced.value()));
    }
    executor_.run_all();
    store_.reset();
    disk_.crash();
  }

  // What is there after recovery: a beginning of what was sent, with all that was synced.
  void check() {
    std::vector<Sent> found;
    const CommitLog& log = store_->log();
    const absl::Status visited = log.visit(log.begin(), log.end(), [&](const RecordView& record) {
      found.push_back({.topic = std::string(record.topic),
                       .queue_id = record.queue_id,
                       .queue_offset = record.queue_offset,
                       .body = std::string(record.body),
                       .end = record.log_offset + static_cast<int64_t>(record.bytes.size())});
      return absl::OkStatus();
    });
    ASSERT_TRUE(visited.ok()) << visited;
    ASSERT_LE(found.size(), sent_.size());
    for (size_t i = 0; i < found.size(); ++i) {
      ASSERT_EQ(found[i].topic, sent_[i].topic) << "record " << i;
      ASSERT_EQ(found[i].queue_id, sent_[i].queue_id) << "record " << i;
      ASSERT_EQ(found[i].queue_offset, sent_[i].queue_offset) << "record " << i;
      ASSERT_EQ(found[i].body, sent_[i].body) << "record " << i;
      ASSERT_EQ(found[i].end, sent_[i].end) << "record " << i;
    }
    ASSERT_GE(log.end(), synced_);
    ASSERT_EQ(owner_.applied, static_cast<int64_t>(found.size()));
    sent_ = std::move(found);
    check_queues();
  }

 private:
  absl::Status step() {
    switch (random_.below(12)) {
      case 0:
        return snapshot();
      case 1:
        return delete_topic(concat("topic", random_.below(3)));
      default:
        return send(concat("topic", random_.below(3)), static_cast<int32_t>(random_.below(2)),
                    concat(sent_.size(), std::string(random_.below(900), 'x')));
    }
  }

  absl::Status send(const std::string& topic, int32_t queue_id, const std::string& body) {
    const std::string record = test_record(topic, body, "TAGS\x01red\x02");
    ConsumeQueue* const queue = store_->queue(topic, queue_id);
    const QueueOffset queue_offset = queue->max();
    const absl::StatusOr<LogOffset> offset =
        store_->log().append(record, {.queue_id = queue_id, .queue_offset = queue_offset});
    if (!offset.ok()) return offset.status();
    sent_.push_back(
        {topic, queue_id, queue_offset, body, *offset + static_cast<int64_t>(record.size())});
    store_->log().submit();
    const absl::Status written = store_->log().write_group(random_.below(3) == 0, 0).status();
    if (!written.ok()) return written;
    queue->append({.log_offset = *offset,
                   .size = static_cast<int32_t>(record.size()),
                   .tags_code = tags_code("red")});
    ++owner_.applied;
    return absl::OkStatus();
  }

  absl::Status delete_topic(const std::string& topic) {
    store_->delete_topic(topic);
    return send(kControlTopic, 0, topic);
  }

  absl::Status snapshot() {
    absl::Status outcome;
    std::shared_ptr<MessageStore::SnapshotResult> result;
    store_->begin_snapshot(store_->log().end(), std::to_string(owner_.applied), [&](auto done) {
      outcome = done.status();
      if (done.ok()) result = *done;
    });
    executor_.run_all();
    if (outcome.ok()) store_->finish_snapshot(result);
    return outcome;
  }

  // Queues are what the records that are there make them.
  void check_queues() {
    std::map<QueueKey, std::vector<const Sent*>> expected;
    for (const Sent& record : sent_) {
      expected[{record.topic, record.queue_id}].push_back(&record);
      if (record.topic != kControlTopic) continue;
      std::erase_if(expected, [&](const auto& queue) { return queue.first.first == record.body; });
    }
    for (int topic = 0; topic < 3; ++topic) {
      for (int32_t queue_id = 0; queue_id < 2; ++queue_id) {
        const std::string name = concat("topic", topic);
        if (expected.contains({name, queue_id})) continue;
        const ConsumeQueue* queue = store_->find_queue(name, queue_id);
        ASSERT_TRUE(queue == nullptr || queue->max() == QueueOffset(0));
      }
    }
    for (const auto& [key, records] : expected) {
      ConsumeQueue* const queue = store_->find_queue(key.first, key.second);
      ASSERT_NE(queue, nullptr);
      ASSERT_EQ(queue->min(), QueueOffset(0));
      ASSERT_EQ(queue->max(), QueueOffset(static_cast<int64_t>(records.size())));
      for (const Sent* record : records) {
        ASSERT_EQ(body_of(*queue, record->queue_offset), record->body)
            << key.first << "/" << key.second << " at " << record->queue_offset;
      }
    }
  }

  std::string body_of(ConsumeQueue& queue, QueueOffset offset) {
    QueueEntry entry;
    if (queue.read(offset, std::span(&entry, 1)) == 0) {
      std::string error = "nothing loaded";
      store_->load_queue_page(&queue, offset, [&](auto page) {
        error = concat(page.status().message());
        if (page.ok()) store_->finish_load(&queue, *page);
      });
      executor_.run_all();
      if (queue.read(offset, std::span(&entry, 1)) == 0) return error;
    }
    const absl::StatusOr<LogSlice> slice = store_->log().read(entry.log_offset, entry.size);
    if (!slice.ok()) return concat(slice.status().message());
    return std::string(decode_record(slice->bytes(), Verify::kChecksums)->body);
  }

  SeededRandom random_;
  SimDisk disk_;
  ManualClock clock_;
  ManualExecutor executor_;
  Owner owner_;
  std::unique_ptr<MessageStore> store_;
  std::vector<Sent> sent_;
  LogOffset synced_{0};
};

class CrashTest : public ::testing::TestWithParam<bool> {
 protected:
  static void SetUpTestSuite() {  // Thousands of expected failures.
    ASSERT_TRUE(log::init({.level = log::Level::kError,
                           .file = concat(::testing::TempDir(), "petrel-crash-test.log")})
                    .ok());
  }
  static void TearDownTestSuite() { ASSERT_TRUE(log::init({}).ok()); }

  static int64_t operations_of(uint64_t seed, bool reorder) {
    StoreRun run(seed, reorder);
    EXPECT_TRUE(run.open().ok());
    run.work(kSteps);
    return run.disk().operations();
  }
  static void recover_and_check(StoreRun& run) {
    const absl::Status opened = run.open();
    ASSERT_TRUE(opened.ok()) << opened;
    run.check();
  }
};

INSTANTIATE_TEST_SUITE_P(, CrashTest, ::testing::Bool(), [](const auto& how) {
  return how.param ? "UnsyncedSectorsAreLostEachForItself" : "UnsyncedSectorsAreLostFromSomePoint";
});

TEST_P(CrashTest, PowerLossAtEveryOperation) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    const int64_t operations = operations_of(seed, GetParam());
    for (int64_t cut = 0; cut < operations; ++cut) {
      SCOPED_TRACE(concat("seed ", seed, " cut at operation ", cut));
      StoreRun run(seed, GetParam());
      run.disk().cut_power_at(cut);
      if (run.open().ok()) run.work(kSteps);
      run.crash();
      ASSERT_NO_FATAL_FAILURE(recover_and_check(run));
      run.work(10);
      run.crash();
      ASSERT_NO_FATAL_FAILURE(recover_and_check(run));
    }
  }
}

TEST_P(CrashTest, PowerLossDuringRecovery) {
  for (uint64_t seed = 100; seed < 400; ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    SeededRandom random(seed);
    StoreRun run(seed, GetParam());
    run.disk().cut_power_at(static_cast<int64_t>(random.below(250)));
    if (run.open().ok()) run.work(kSteps);
    run.crash();
    for (int64_t cut = 0; cut < 8; ++cut) {
      run.disk().cut_power_at(run.disk().operations() + cut);
      if (run.open().ok()) {
        ASSERT_NO_FATAL_FAILURE(run.check());
      }
      run.crash();
    }
    ASSERT_NO_FATAL_FAILURE(recover_and_check(run));
  }
}

}  // namespace
}  // namespace petrel::store
