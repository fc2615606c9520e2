// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/snapshot/snapshots.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/concat.h"
#include "common/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/queue/queue_dispatch.h"
#include "store/queue/queue_files.h"
#include "store/snapshot/snapshot_file.h"
#include "store/test_util.h"

namespace petrel::store {
namespace {

using ::testing::ElementsAre;

// A log, its queues and their snapshots, without what a store has besides. A record of topic "ctl"
// deletes the topic that its body names.
class World {
 public:
  explicit World(SimDisk& disk) : disk_(disk) {}

  absl::Status open() {
    for (const std::string& directory : {paths_.snapshots(), paths_.queues()}) {
      PETREL_RETURN_IF_ERROR(disk_.create_directories(directory));
    }
    PETREL_ASSIGN_OR_RETURN(log_, CommitLog::open(disk_, paths_.log(), small_log_options()));
    snapshots_ = std::make_unique<Snapshots>(
        Snapshots::Parts{disk_, clock_, executor_, *log_, queues_, paths_},
        Snapshots::Options{.log_bytes = 10'000, .interval_ms = 60'000, .kept = 2});
    PETREL_ASSIGN_OR_RETURN(const std::vector<LogOffset> offsets,
                            list_snapshots(disk_, paths_.snapshots()));
    LogOffset used(0);
    if (!offsets.empty()) {
      used = offsets.front();
      PETREL_ASSIGN_OR_RETURN(const Snapshot snapshot,
                              read_snapshot(disk_, snapshot_path(paths_.snapshots(), used)));
      for (const TopicBounds& topic : snapshot.topics) {
        for (const QueueBounds& queue : topic.queues) {
          queues_.add(topic.topic, queue.queue_id, queue.min, queue.max, queue.front);
        }
      }
    }
    PETREL_RETURN_IF_ERROR(log_->recover(used));
    PETREL_RETURN_IF_ERROR(log_->visit(used, log_->end(), [&](const RecordView& record) {
      dispatch(record);
      return absl::OkStatus();
    }));
    return snapshots_->start(used);
  }

  void append(std::string_view topic, std::string_view body) {
    const std::string record = test_record(topic, body);
    const QueueView* const queue = queues_.find(topic, 0);
    const QueueOffset at = queue == nullptr ? QueueOffset(0) : queue->max();
    const absl::StatusOr<LogOffset> offset = log_->append(record, {.queue_offset = at});
    if (!offset.ok()) return;  // the power is gone
    std::string placed = record;
    place_record(placed, {.queue_offset = at, .log_offset = *offset});
    dispatch(*decode_record(placed, Verify::kStructure));
    log_->submit();
    log_->write_group(false, 0).IgnoreError();
  }
  bool is_alive() const { return log_->progress().written.value() == log_->end().value(); }
  // Until it is written, but for what waits on the executor.
  void begin() { ASSERT_TRUE(snapshots_->begin(log_->end(), {.begin = log_->begin()})); }
  void write() {
    while (!snapshots_->capture_some(1)) continue;
    snapshots_->write({"state"}, 0, [this](auto written) { written_ = std::move(written); });
  }
  absl::Status finish() {
    executor_.run_all();
    PETREL_RETURN_IF_ERROR(written_.status());
    snapshots_->finish(*std::move(written_));
    while (!snapshots_->finish_some(1)) continue;
    executor_.run_all();
    return absl::OkStatus();
  }
  absl::Status snapshot() {
    if (!is_alive()) return absl::UnavailableError("no power");
    begin();
    write();
    return finish();
  }

  // All queues have the entries that the log says, and those on disk can be read.
  void check() {
    std::map<std::pair<std::string, int32_t>, std::vector<QueueEntry>> expected;
    ASSERT_TRUE(
        log_->visit(log_->begin(), log_->end(),
                    [&](const RecordView& record) {
                      expected[{std::string(record.topic), 0}].push_back(queue_entry_of(record));
                      if (record.topic == "ctl") expected.erase({std::string(record.body), 0});
                      return absl::OkStatus();
                    })
            .ok());
    size_t queues = 0;
    for (const auto& [topic, of_topic] : queues_.topics()) {
      queues += of_topic.size();
      const QueueView& queue = *of_topic.at(0);
      EXPECT_EQ(entries_of(queue), (expected[{topic, 0}])) << topic;
    }
    EXPECT_EQ(queues, expected.size());
  }

  CommitLog& log() { return *log_; }
  QueueTable& queues() { return queues_; }
  Snapshots& snapshots() { return *snapshots_; }
  ManualExecutor& executor() { return executor_; }
  ManualClock& clock() { return clock_; }

 private:
  void dispatch(const RecordView& record) {
    QueueView* const queue = queues_.queue(record.topic, 0);
    queue->take_places(1);
    queues_.show(queue, queue_entry_of(record), record.store_ms);
    if (record.topic != "ctl") return;
    const std::string name(record.body);
    const auto hidden = queues_.hide_topic(name);
    if (!hidden.has_value()) return;
    queues_.forget_hidden(*hidden);
    snapshots_->topic_deleted(name, record.log_offset);
  }
  std::vector<QueueEntry> entries_of(const QueueView& queue) {
    std::vector<QueueEntry> entries(static_cast<size_t>(queue.max() - queue.min()));
    const auto on_disk = static_cast<size_t>(queue.durable() - queue.min());
    EXPECT_TRUE(read_queue_entries(disk_, paths_.queue(queue.topic(), 0), queue.min(),
                                   std::span(entries).first(on_disk))
                    .ok());
    EXPECT_EQ(queue.read(queue.durable(), std::span(entries).subspan(on_disk)),
              entries.size() - on_disk);
    return entries;
  }

  SimDisk& disk_;
  ManualClock clock_;
  ManualExecutor executor_;
  const StorePaths paths_{"store"};
  std::unique_ptr<CommitLog> log_;
  QueueTable queues_;
  std::unique_ptr<Snapshots> snapshots_;
  absl::StatusOr<Snapshots::Written> written_ = absl::UnknownError("not written");
};

constexpr char kQueueFile[] = "store/consumequeue/T/0/00000000000000000000";

class SnapshotsTest : public ::testing::Test {
 protected:
  SnapshotsTest() { EXPECT_TRUE(world_.open().ok()); }
  SimDisk disk_{{}};
  World world_{disk_};
};

TEST_F(SnapshotsTest, OneIsDueAfterMuchLogOrMuchTimeOrWhenSomebodyWaits) {
  world_.append("T", "x");
  EXPECT_FALSE(world_.snapshots().due());
  world_.clock().advance_ms(60'000);
  EXPECT_TRUE(world_.snapshots().due());
  ASSERT_TRUE(world_.snapshot().ok());
  world_.snapshots().want(true);
  EXPECT_FALSE(world_.snapshots().due()) << "nothing was appended";
  world_.append("T", "x");
  EXPECT_TRUE(world_.snapshots().due());
  world_.begin();
  EXPECT_FALSE(world_.snapshots().due()) << "one is under way";
  world_.write();
  EXPECT_FALSE(world_.snapshots().due());
  ASSERT_TRUE(world_.finish().ok());
  for (int i = 0; i < 100; ++i) world_.append("T", "x");
  EXPECT_TRUE(world_.snapshots().due());
}

TEST_F(SnapshotsTest, AnAbandonedOneIsAsIfItHadNotBegun) {
  world_.append("T", "x");
  world_.snapshots().want(true);
  world_.begin();
  world_.append("T", "y");
  world_.snapshots().abandon();
  EXPECT_EQ(world_.snapshots().last_begun(), LogOffset(0));
  EXPECT_TRUE(world_.snapshots().due());
  ASSERT_TRUE(world_.snapshot().ok());
  world_.check();
  EXPECT_EQ(world_.queues().find("T", 0)->durable(), QueueOffset(2));
}

TEST_F(SnapshotsTest, AFailedOneIsDoneAgainWhole) {
  world_.append("T", "x");
  disk_.inject({.operation = SimDisk::Operation::kSync,
                .path_part = "consumequeue/",
                .status = absl::InternalError("EIO")});
  EXPECT_FALSE(world_.snapshot().ok());
  EXPECT_TRUE(world_.snapshots().on_disk().empty());
  ASSERT_TRUE(world_.snapshot().ok());
  EXPECT_THAT(world_.snapshots().on_disk(), ElementsAre(world_.log().end()));
  world_.check();
}

TEST_F(SnapshotsTest, NoneBeginsWhileADeletionIsNotBelowIt) {
  world_.append("T", "x");
  const LogOffset before = world_.log().end();
  world_.append("ctl", "T");
  EXPECT_FALSE(world_.snapshots().begin(before, {}));
  ASSERT_TRUE(world_.snapshot().ok());
}

TEST_F(SnapshotsTest, FilesOfATopicDeletedWhileOneIsMadeGoWithTheNext) {
  world_.append("T", "x");
  ASSERT_TRUE(world_.snapshot().ok());
  world_.append("other", "x");
  world_.begin();
  world_.append("ctl", "T");
  world_.write();
  ASSERT_TRUE(world_.finish().ok());
  EXPECT_TRUE(disk_.has_file(kQueueFile));
  ASSERT_TRUE(world_.snapshot().ok());
  EXPECT_FALSE(disk_.has_file(kQueueFile));
  world_.check();
}

// A deletion of queue files that passed them runs at the same time.
TEST_F(SnapshotsTest, FilesOfADeletedTopicMayGoWhileTheyAreRemoved) {
  world_.append("T", "x");
  ASSERT_TRUE(world_.snapshot().ok());
  world_.append("ctl", "T");
  disk_.set_hook([&](SimDisk::Operation operation, const std::string& path) {
    if (operation == SimDisk::Operation::kRemove && path == kQueueFile) disk_.erase_file(path);
  });
  EXPECT_TRUE(world_.snapshot().ok());
  EXPECT_FALSE(disk_.has_file(kQueueFile));
}

TEST_F(SnapshotsTest, TheLastOneForgetsWhatWasUnderWay) {
  for (const int steps : {0, 1, 2, 3}) {
    SCOPED_TRACE(steps);
    world_.append("T", "x");
    world_.append("U", "y");
    if (steps > 0) world_.begin();
    if (steps > 1) world_.write();
    if (steps > 2) world_.executor().run_all();
    world_.executor().run_all();
    world_.append("ctl", "U");
    ASSERT_TRUE(world_.snapshots().write_last({}, {"state"}, 0).ok());
    world_.check();
    EXPECT_EQ(world_.snapshots().on_disk().back(), world_.log().end());
  }
}

// A topic is deleted before a snapshot, and again between its begin and its writing, and made again
// each time; then comes the next one. What a restart finds after a power cut at any operation is
// what the log says.
class SnapshotPowerCutTest : public ::testing::TestWithParam<bool> {
 protected:
  static void scenario(World& world) {
    for (int i = 0; i < 3; ++i) world.append("T", concat("first ", i));
    world.append("kept", "x");
    if (!world.snapshot().ok()) return;
    world.append("T", "first 3");
    world.append("ctl", "T");
    for (int i = 0; i < 5; ++i) world.append("T", concat("second ", i));
    if (!world.is_alive()) return;
    world.begin();
    world.append("T", "second 5");
    world.append("ctl", "T");
    world.append("T", "third 0");
    world.write();
    world.append("T", "third 1");
    if (!world.finish().ok()) return;
    world.append("T", "third 2");
    world.append("kept", "y");
    if (!world.snapshot().ok()) return;
    world.append("T", "third 3");
  }
};

TEST_P(SnapshotPowerCutTest, QueuesAreWhatTheLogSays) {
  const auto count_operations = [] {
    SimDisk disk{{}};
    World world(disk);
    EXPECT_TRUE(world.open().ok());
    scenario(world);
    return disk.operations();
  };
  const int64_t operations = count_operations();
  ASSERT_GT(operations, 50);
  int64_t first = 0;
  {
    SimDisk disk{{}};
    World world(disk);
    EXPECT_TRUE(world.open().ok());
    first = disk.operations();
  }
  for (int64_t cut = first; cut <= operations; ++cut) {
    SCOPED_TRACE(concat("cut at ", cut));
    SimDisk disk({.seed = static_cast<uint64_t>(cut + 1), .reorder = GetParam()});
    {
      World world(disk);
      ASSERT_TRUE(world.open().ok());
      disk.cut_power_at(cut);
      scenario(world);
    }
    disk.crash();
    World world(disk);
    ASSERT_TRUE(world.open().ok());
    world.check();
    world.append("T", "after");
    ASSERT_TRUE(world.snapshot().ok());
    world.check();
  }
}

INSTANTIATE_TEST_SUITE_P(Reorder, SnapshotPowerCutTest, ::testing::Bool());

}  // namespace
}  // namespace petrel::store
