// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/message_store.h"

#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/random.h"
#include "common/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/log/file_names.h"
#include "store/log/record_layout.h"
#include "store/queue/queue_files.h"
#include "store/store_identity.h"
#include "store/testing/open_store.h"

namespace petrel::store {
namespace {

using ::testing::HasSubstr;

// An owner whose state is the number of records it has applied. A record of topic "ctl" with the
// body "delete X" deletes topic X.
class Owner final : public MessageStore::Owner {
 public:
  absl::Status restore(MessageStore& /*store*/, std::span<const std::string> state) override {
    applied = state.empty() ? 0 : std::stoll(state.front());
    replayed = 0;
    is_live = false;
    return absl::OkStatus();
  }
  absl::Status apply(MessageStore& store, const RecordView& record) override {
    ++applied;
    if (!is_live) ++replayed;
    if (record.topic == "ctl") store.delete_topic(record.body.substr(7));
    return absl::OkStatus();
  }
  bool required(std::string_view topic) const override { return topic == "ctl"; }
  std::string state() const { return std::to_string(applied); }

  int64_t applied = 0;
  int64_t replayed = 0;  // when it was opened last
  bool is_live = false;
};

class MessageStoreTest : public ::testing::Test {
 protected:
  absl::Status open(Random* ids = nullptr) {
    MessageStore::Options options;
    options.directory = "store";
    options.random = ids;
    options.log = small_log_options();
    options.snapshot_log_bytes = 10'000;
    PETREL_ASSIGN_OR_RETURN(store_, open_store(disk_, clock_, executor_, options, owner_));
    owner_.is_live = true;
    return absl::OkStatus();
  }
  absl::Status reopen_after_kill() {
    executor_.run_all();
    store_.reset();
    disk_.restart();
    return open();
  }

  // As the core does. A topic is deleted before the record that says so.
  void send(std::string_view topic, int32_t queue_id, std::string_view body,
            std::string_view tag = "") {
    const std::string properties = tag.empty() ? "" : concat("TAGS\x01", tag, "\x02");
    const std::string record = test_record(topic, body, properties);
    if (topic == "ctl") store_->delete_topic(body.substr(7));
    ASSERT_TRUE(append_and_commit(*store_, record, queue_id, clock_.wall_ms()).ok());
  }
  absl::Status snapshot() { return make_snapshot(*store_, executor_, owner_.state()); }
  // The body of a message, wherever it has to be read from.
  std::string body(std::string_view topic, int32_t queue_id, int64_t offset) {
    ConsumeQueue* const queue = store_->find_queue(topic, queue_id);
    if (queue == nullptr) return "no queue";
    QueueEntry entry;
    if (queue->read(QueueOffset(offset), std::span(&entry, 1)) == 0) {
      absl::Status outcome;
      store_->load_queue_page(queue, QueueOffset(offset), [&](auto page) {
        outcome = page.status();
        if (page.ok()) store_->finish_load(queue, *page);
      });
      executor_.run_all();
      if (!outcome.ok()) return concat(outcome.message());
      if (queue->read(QueueOffset(offset), std::span(&entry, 1)) == 0) return "no entry";
    }
    const absl::StatusOr<LogSlice> slice = store_->log().read(entry.log_offset, entry.size);
    if (!slice.ok()) return concat(slice.status().message());
    return std::string(decode_record(slice->bytes(), Verify::kChecksums)->body);
  }

  SimDisk disk_{{}};
  ManualClock clock_;
  ManualExecutor executor_;
  Owner owner_;
  std::unique_ptr<MessageStore> store_;
};

TEST_F(MessageStoreTest, ANewStoreIsEmpty) {
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(store_->find_queue("T", 0), nullptr);
  EXPECT_EQ(store_->queue("T", 0)->max(), QueueOffset(0));
  EXPECT_FALSE(store_->snapshot_due());
}

TEST_F(MessageStoreTest, WithoutASnapshotTheWholeLogIsReplayed) {
  ASSERT_TRUE(open().ok());
  for (int i = 0; i < 100; ++i) send("T", i % 3, concat("body ", i), "red");
  ASSERT_TRUE(reopen_after_kill().ok());
  EXPECT_EQ(owner_.replayed, 100);
  EXPECT_EQ(store_->find_queue("T", 0)->max(), QueueOffset(34));
  EXPECT_EQ(body("T", 1, 7), "body 22");
  QueueEntry entry;
  ASSERT_EQ(store_->find_queue("T", 0)->read(QueueOffset(0), std::span(&entry, 1)), 1u);
  EXPECT_EQ(entry.tags_code, tags_code("red"));
}

TEST_F(MessageStoreTest, ASnapshotBoundsTheReplay) {
  ASSERT_TRUE(open().ok());
  for (int i = 0; i < 50; ++i) send("T", 0, concat("body ", i));
  ASSERT_TRUE(snapshot().ok());
  for (int i = 50; i < 60; ++i) send("T", 0, concat("body ", i));
  ASSERT_TRUE(reopen_after_kill().ok());
  EXPECT_EQ(owner_.replayed, 10);
  EXPECT_EQ(owner_.applied, 60);
  EXPECT_EQ(store_->find_queue("T", 0)->max(), QueueOffset(60));
  EXPECT_EQ(body("T", 0, 3), "body 3");
  EXPECT_EQ(body("T", 0, 55), "body 55");
}

// The process that wrote it was killed before its name was durable.
TEST_F(MessageStoreTest, ASnapshotThatAStartReliedOnSurvivesAPowerCut) {
  ASSERT_TRUE(open().ok());
  for (int round = 0; round < 10; ++round) {  // a power cut may leave the name, too
    send("T", 0, "body");
    disk_.inject({.operation = SimDisk::Operation::kSyncDirectory,
                  .path_part = "/snapshots",
                  .status = absl::UnavailableError("killed")});
    ASSERT_FALSE(snapshot().ok());
    ASSERT_TRUE(reopen_after_kill().ok());
    ASSERT_EQ(owner_.replayed, 0);
    store_.reset();
    disk_.crash();
    ASSERT_TRUE(open().ok());
    ASSERT_EQ(owner_.replayed, 0) << "round " << round;
  }
}

TEST_F(MessageStoreTest, ACleanStopLeavesNothingToReplay) {
  ASSERT_TRUE(open().ok());
  for (int i = 0; i < 50; ++i) send("T", 0, concat("body ", i));
  ASSERT_TRUE(close_store(*store_, {owner_.state()}).ok());
  ASSERT_TRUE(reopen_after_kill().ok());
  EXPECT_EQ(owner_.replayed, 0);
  EXPECT_EQ(owner_.applied, 50);
  EXPECT_EQ(body("T", 0, 49), "body 49");
}

TEST_F(MessageStoreTest, ASnapshotOfAnotherStoreIsRefused) {
  SeededRandom ids(7);
  ASSERT_TRUE(open(&ids).ok());
  const std::string id = store_->store_id();
  send("T", 0, "x");
  ASSERT_TRUE(snapshot().ok());
  ASSERT_TRUE(reopen_after_kill().ok()) << "who has no id does not ask";
  store_.reset();
  disk_.restart();
  ASSERT_TRUE(open(&ids).ok());
  store_.reset();
  disk_.restart();
  ASSERT_TRUE(disk_.remove("store/identity").ok());
  ASSERT_TRUE(keep_identity(disk_, "store", "another").ok());
  const absl::Status refused = open(&ids);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(refused.message(), HasSubstr(id));
  EXPECT_THAT(refused.message(), HasSubstr("another"));
  EXPECT_THAT(refused.message(), HasSubstr("/snapshots/"));
  disk_.restart();
  ASSERT_TRUE(disk_.remove("store/identity").ok());
  ASSERT_TRUE(open(&ids).ok()) << "the snapshot tells which store it is";
  EXPECT_EQ(store_->store_id(), id);
}

TEST_F(MessageStoreTest, ADirectoryOfALaterFormatIsRefusedNamingIt) {
  ASSERT_TRUE(open().ok());
  send("T", 0, "x");
  ASSERT_TRUE(snapshot().ok());
  const std::string path = concat("store/snapshots/", disk_.list("store/snapshots")->front());
  std::string bytes = disk_.bytes_of(path);
  bytes[11] = 4;
  bytes[12] ^= 1;
  executor_.run_all();
  store_.reset();
  disk_.restart();
  disk_.put_file(path, bytes);
  const absl::Status refused = open();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(refused.message(), HasSubstr(path));
  EXPECT_THAT(refused.message(), HasSubstr("format 4"));
}

TEST_F(MessageStoreTest, ARefusedAppendLeavesNoQueue) {
  ASSERT_TRUE(open().ok());
  const std::string too_large = test_record("T", std::string(3000, 'x'));
  EXPECT_FALSE(store_->append(too_large, 5, clock_.wall_ms()).ok());
  EXPECT_EQ(store_->find_queue("T", 5), nullptr);
  EXPECT_EQ(store_->queue_id_end("T"), 0);
  send("T", 5, "x");
  EXPECT_EQ(store_->find_queue("T", 5)->max(), QueueOffset(1));
}

TEST_F(MessageStoreTest, ASnapshotBeforeTheIdIsKeptDoesNotBearIt) {
  ASSERT_TRUE(open().ok());
  send("T", 0, "x");
  ASSERT_TRUE(close_store(*store_, {owner_.state()}).ok());
  SeededRandom ids(7);
  disk_.limit_space(disk_.used_bytes());
  ASSERT_TRUE(open(&ids).ok());
  disk_.limit_space(1 << 20);
  disk_.inject({.operation = SimDisk::Operation::kWrite,
                .path_part = "/identity",
                .status = absl::ResourceExhaustedError("ENOSPC")});
  send("T", 0, "x");
  ASSERT_TRUE(snapshot().ok());
  ASSERT_FALSE(disk_.has_file("store/identity"));
  store_.reset();
  disk_.crash();
  EXPECT_TRUE(open(&ids).ok()) << "with another id";
}

// Else the only sound one would go with the next.
TEST_F(MessageStoreTest, ADamagedSnapshotIsNoneOfThoseThatAreKept) {
  ASSERT_TRUE(open().ok());
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 20; ++j) send("T", 0, "x");
    ASSERT_TRUE(snapshot().ok());
  }
  const auto damage_newest = [&] {
    disk_.flip_bit(concat("store/snapshots/", disk_.list("store/snapshots")->back()), 30, 2);
  };
  damage_newest();
  ASSERT_TRUE(reopen_after_kill().ok());
  ASSERT_EQ(owner_.replayed, 20);
  send("T", 0, "x");
  ASSERT_TRUE(snapshot().ok());
  damage_newest();
  ASSERT_TRUE(reopen_after_kill().ok());
  EXPECT_EQ(owner_.replayed, 21);
  EXPECT_EQ(owner_.applied, 41);
  for (int i = 0; i < 2; ++i) {
    send("T", 0, "x");
    ASSERT_TRUE(snapshot().ok());
  }
  EXPECT_EQ(disk_.list("store/snapshots")->size(), 2u);
  ASSERT_TRUE(reopen_after_kill().ok());
  EXPECT_EQ(owner_.replayed, 0);
}

TEST_F(MessageStoreTest, ASnapshotInThePlaceOfADamagedOneCounts) {
  ASSERT_TRUE(open().ok());
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 20; ++j) send("T", 0, "x");
    ASSERT_TRUE(snapshot().ok());
  }
  const std::vector<std::string> before = *disk_.list("store/snapshots");
  disk_.flip_bit(concat("store/snapshots/", before.back()), 30, 2);
  ASSERT_TRUE(reopen_after_kill().ok());
  ASSERT_TRUE(snapshot().ok());
  ASSERT_EQ(*disk_.list("store/snapshots"), before);
  send("T", 0, "x");
  ASSERT_TRUE(snapshot().ok());
  EXPECT_EQ(disk_.list("store/snapshots")->size(), 2u);
  EXPECT_EQ(disk_.list("store/snapshots")->front(), before.back());
  ASSERT_TRUE(reopen_after_kill().ok());
  EXPECT_EQ(owner_.replayed, 0);
}

// The owner's rule says what is committed, not that the disk has it.
TEST_F(MessageStoreTest, AStopShowsNoMoreThanIsCommitted) {
  ASSERT_TRUE(open().ok());
  send("T", 0, "committed");
  const CommittedOffset committed = store_->committed();
  ASSERT_TRUE(store_->append(test_record("T", "not yet"), 0, clock_.wall_ms()).ok());
  ASSERT_TRUE(store_->close({owner_.state()}, committed).ok());
  EXPECT_EQ(store_->find_queue("T", 0)->max(), QueueOffset(1));
  EXPECT_EQ(store_->log().progress().synced.value(), store_->log().end().value());
  EXPECT_TRUE(disk_.list("store/snapshots")->empty()) << "it would hold what may be cut off";
  ASSERT_TRUE(reopen_after_kill().ok());
  EXPECT_EQ(owner_.replayed, 2);
}

TEST_F(MessageStoreTest, AnIdThatAFullDiskDidNotKeepIsKeptWithTheNextSnapshot) {
  ASSERT_TRUE(open().ok());
  send("T", 0, "x");
  ASSERT_TRUE(close_store(*store_, {owner_.state()}).ok());
  SeededRandom ids(7);
  disk_.limit_space(disk_.used_bytes());
  ASSERT_TRUE(open(&ids).ok());
  const std::string id = store_->store_id();
  ASSERT_FALSE(id.empty());
  ASSERT_FALSE(disk_.has_file("store/identity"));
  disk_.limit_space(1 << 20);
  send("T", 0, "x");
  ASSERT_TRUE(snapshot().ok());
  EXPECT_TRUE(disk_.has_file("store/identity"));
  store_.reset();
  disk_.crash();
  ASSERT_TRUE(open(&ids).ok());
  EXPECT_EQ(store_->store_id(), id);
}

TEST_F(MessageStoreTest, ADamagedSnapshotMakesTheOlderOneBeUsed) {
  ASSERT_TRUE(open().ok());
  for (int i = 0; i < 20; ++i) send("T", 0, "x");
  ASSERT_TRUE(snapshot().ok());
  for (int i = 0; i < 20; ++i) send("T", 0, "x");
  ASSERT_TRUE(snapshot().ok());
  const std::vector<std::string> snapshots = *disk_.list("store/snapshots");
  ASSERT_EQ(snapshots.size(), 2u);
  disk_.flip_bit(concat("store/snapshots/", snapshots[1]), 30, 2);
  ASSERT_TRUE(reopen_after_kill().ok());
  EXPECT_EQ(owner_.replayed, 20);
  EXPECT_EQ(owner_.applied, 40);
  disk_.flip_bit(concat("store/snapshots/", snapshots[0]), 30, 2);
  ASSERT_TRUE(reopen_after_kill().ok());
  EXPECT_EQ(owner_.replayed, 40);
  EXPECT_EQ(store_->find_queue("T", 0)->max(), QueueOffset(40));
}

TEST_F(MessageStoreTest, RemovedQueueFilesAreRebuiltFromTheLog) {
  ASSERT_TRUE(open().ok());
  for (int i = 0; i < 60; ++i) send("T", i % 2, concat("body ", i));
  ASSERT_TRUE(snapshot().ok());
  send("T", 0, "behind");
  ASSERT_TRUE(disk_.remove("store/consumequeue/T/0/00000000000000000000").ok());
  ASSERT_TRUE(reopen_after_kill().ok());
  EXPECT_EQ(owner_.replayed, 1);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(body("T", i % 2, i / 2), concat("body ", i));
  EXPECT_EQ(body("T", 0, 30), "behind");
  ASSERT_TRUE(snapshot().ok());  // writes the files again
  ASSERT_TRUE(reopen_after_kill().ok());
  EXPECT_EQ(body("T", 0, 29), "body 58");
}

TEST_F(MessageStoreTest, ATopicDeletedAndMadeAgainBeginsAtZero) {
  ASSERT_TRUE(open().ok());
  for (int i = 0; i < 30; ++i) send("T", 0, "old");
  ASSERT_TRUE(snapshot().ok());
  send("ctl", 0, "delete T");
  EXPECT_EQ(store_->find_queue("T", 0), nullptr);
  send("T", 0, "new");
  for (const bool with_snapshot : {false, true}) {
    if (with_snapshot) {
      ASSERT_TRUE(snapshot().ok());
    }
    ASSERT_TRUE(reopen_after_kill().ok());
    EXPECT_EQ(store_->find_queue("T", 0)->max(), QueueOffset(1));
    EXPECT_EQ(body("T", 0, 0), "new");
  }
}

TEST_F(MessageStoreTest, ADeletedTopicsFilesAreRemovedWithTheNextSnapshot) {
  ASSERT_TRUE(open().ok());
  send("T", 0, "x");
  ASSERT_TRUE(snapshot().ok());
  send("ctl", 0, "delete T");
  ASSERT_TRUE(snapshot().ok());
  EXPECT_EQ(*disk_.list("store/consumequeue"), std::vector<std::string>{"ctl"});
}

TEST_F(MessageStoreTest, APageLoadedForADeletedTopicIsIgnored) {
  ASSERT_TRUE(open().ok());
  for (int i = 0; i < 20; ++i) send("T", 0, "x");
  ASSERT_TRUE(snapshot().ok());
  ConsumeQueue* const queue = store_->find_queue("T", 0);
  std::shared_ptr<MessageStore::LoadedPage> loaded;
  store_->load_queue_page(queue, QueueOffset(0), [&](auto page) { loaded = *page; });
  executor_.run_all();
  store_->delete_topic("T");
  store_->finish_load(queue, loaded);
  store_->queue("T", 0);
  store_->finish_load(store_->queue("T", 0), loaded);
  QueueEntry entry;
  EXPECT_EQ(store_->queue("T", 0)->read(QueueOffset(0), std::span(&entry, 1)), 0u);
}

TEST_F(MessageStoreTest, EntriesAppendedWhileASnapshotIsWrittenAreNotLost) {
  ASSERT_TRUE(open().ok());
  for (int i = 0; i < 30; ++i) send("T", 0, concat("body ", i));
  std::shared_ptr<MessageStore::SnapshotResult> result;
  capture_snapshot(*store_);
  store_->write_snapshot({owner_.state()}, [&](auto done) { result = *done; });
  EXPECT_FALSE(store_->snapshot_due());
  for (int i = 30; i < 60; ++i) send("T", 0, concat("body ", i));
  executor_.run_all();
  store_->finish_snapshot(result);
  ASSERT_TRUE(snapshot().ok());
  ASSERT_TRUE(reopen_after_kill().ok());
  EXPECT_EQ(owner_.replayed, 0);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(body("T", 0, i), concat("body ", i));
}

TEST_F(MessageStoreTest, AFailedSnapshotLeavesTheFormerAndIsDoneAgainWhole) {
  ASSERT_TRUE(open().ok());
  for (int i = 0; i < 10; ++i) send("T", 0, concat("body ", i));
  ASSERT_TRUE(snapshot().ok());
  for (int i = 10; i < 20; ++i) send("T", 0, concat("body ", i));
  disk_.inject({.operation = SimDisk::Operation::kSync,
                .path_part = "consumequeue/",
                .status = absl::InternalError("EIO")});
  EXPECT_FALSE(snapshot().ok());
  send("T", 0, "body 20");
  ASSERT_TRUE(snapshot().ok());
  executor_.run_all();
  store_.reset();
  disk_.crash();
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(owner_.replayed, 0);
  for (int i = 0; i <= 20; ++i) EXPECT_EQ(body("T", 0, i), concat("body ", i));
}

// The deletion is behind what is committed, so a power cut may undo it.
TEST_F(MessageStoreTest, ASnapshotFromBeforeADeletionHasTheTopicWithItsMessages) {
  for (const bool begun_before : {true, false}) {
    SCOPED_TRACE(begun_before ? "begun before it" : "begun behind it");
    ASSERT_TRUE(open().ok());
    send("T", 0, "kept");
    const std::string state = owner_.state();
    if (begun_before) store_->begin_snapshot();
    store_->delete_topic("T");
    ASSERT_TRUE(store_->append(test_record("ctl", "delete T"), 0, 0).ok());
    ASSERT_TRUE(store_->append(test_record("T", "new"), 0, 0).ok());
    if (!begun_before) store_->begin_snapshot();
    while (!store_->capture_snapshot(1)) continue;
    absl::Status outcome;
    store_->write_snapshot({state}, [&](auto done) {
      outcome = done.status();
      if (done.ok()) store_->finish_snapshot(*done);
    });
    executor_.run_all();
    ASSERT_TRUE(outcome.ok()) << outcome;
    EXPECT_EQ(store_->find_queue("T", 0)->max(), QueueOffset(0));
    EXPECT_EQ(store_->find_queue("T", 0)->next(), QueueOffset(1));
    ASSERT_TRUE(reopen_after_kill().ok());  // what was not written is gone
    EXPECT_EQ(owner_.replayed, 0);
    EXPECT_EQ(store_->find_queue("T", 0)->max(), QueueOffset(1));
    EXPECT_EQ(body("T", 0, 0), "kept");
    store_.reset();
    disk_.restart();
    for (const std::string& path : disk_.files()) disk_.erase_file(path);
  }
}

TEST_F(MessageStoreTest, ASnapshotIsDueAfterMuchLogOrMuchTime) {
  ASSERT_TRUE(open().ok());
  send("T", 0, "x");
  EXPECT_FALSE(store_->snapshot_due());
  clock_.advance_ms(60'000);
  EXPECT_TRUE(store_->snapshot_due());
  ASSERT_TRUE(snapshot().ok());
  clock_.advance_ms(60'000);
  EXPECT_FALSE(store_->snapshot_due());  // nothing was appended
  for (int i = 0; i < 100; ++i) send("T", 0, "x");
  EXPECT_TRUE(store_->snapshot_due());
}

TEST_F(MessageStoreTest, OneProcessAtATime) {
  ASSERT_TRUE(open().ok());
  MessageStore::Options options;
  options.directory = "store";
  options.log = small_log_options();
  Owner other;
  EXPECT_TRUE(absl::IsFailedPrecondition(
      MessageStore::open(disk_, clock_, executor_, options, other).status()));
}

TEST_F(MessageStoreTest, AQueueWhoseBeginIsNoLongerInTheLogStartsWhereItIs) {
  ASSERT_TRUE(open().ok());
  store_->log().append(test_record("T", "x"), {.queue_offset = QueueOffset(500)}).value();
  store_->log().append(test_record("T", "y"), {.queue_offset = QueueOffset(501)}).value();
  store_->log().submit();
  ASSERT_TRUE(store_->log().write_group(false, 0).ok());
  ASSERT_TRUE(reopen_after_kill().ok());
  EXPECT_EQ(store_->find_queue("T", 0)->min(), QueueOffset(500));
  EXPECT_EQ(store_->find_queue("T", 0)->max(), QueueOffset(502));
}

TEST_F(MessageStoreTest, AHoleInAQueueIsDataLoss) {
  ASSERT_TRUE(open().ok());
  send("T", 0, "x");
  store_->log().append(test_record("T", "y"), {.queue_offset = QueueOffset(2)}).value();
  store_->log().submit();
  ASSERT_TRUE(store_->log().write_group(false, 0).ok());
  EXPECT_TRUE(absl::IsDataLoss(reopen_after_kill()));
}

// ---- damage in the middle of the log

class DamagedStoreTest : public MessageStoreTest {
 protected:
  void flip_in(std::string_view topic, int64_t offset) {
    QueueEntry entry;
    ASSERT_EQ(store_->queue(topic, 0)->read(QueueOffset(offset), std::span(&entry, 1)), 1u);
    const int64_t at = entry.log_offset.value() + static_cast<int64_t>(layout::body(0));
    const int64_t in_file = at % 4096;
    disk_.flip_bit(concat("store/commitlog/", offset_file_name(at - in_file)),
                   static_cast<uint64_t>(in_file), 0);
  }
  bool is_hole(std::string_view topic, int64_t offset) {
    body(topic, 0, offset);  // loads the entry
    QueueEntry entry;
    const ConsumeQueue& queue = *store_->queue(topic, 0);
    return queue.read(QueueOffset(offset), std::span(&entry, 1)) == 1 && entry.is_hole();
  }
  void sync() { ASSERT_TRUE(store_->log().write_group(/*sync=*/true, 0).ok()); }
};

TEST_F(DamagedStoreTest, ALostMessageLeavesAHoleAndTheOthersTheirOffsets) {
  ASSERT_TRUE(open().ok());
  for (int i = 0; i < 40; ++i) send(i % 2 == 0 ? "T" : "U", 0, concat("body ", i));
  sync();
  flip_in("T", 7);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const absl::Status opened = reopen_after_kill();
    ASSERT_TRUE(opened.ok()) << opened;
    EXPECT_EQ(store_->queue("T", 0)->max(), QueueOffset(20));
    EXPECT_TRUE(is_hole("T", 7));
    EXPECT_EQ(body("T", 0, 6), "body 12");
    EXPECT_EQ(body("T", 0, 8), "body 16");
    EXPECT_EQ(store_->queue("U", 0)->max(), QueueOffset(20));
    ASSERT_TRUE(snapshot().ok());
  }
}

TEST_F(DamagedStoreTest, TheOffsetOfAQueuesLastMessageIsNotGivenAgainWhenItIsLost) {
  ASSERT_TRUE(open().ok());
  send("T", 0, "kept");
  send("T", 0, "lost");
  send("U", 0, "behind");
  sync();
  flip_in("T", 1);
  ASSERT_TRUE(reopen_after_kill().ok());
  EXPECT_EQ(store_->queue("T", 0)->max(), QueueOffset(2));
  EXPECT_TRUE(is_hole("T", 1));
  ASSERT_TRUE(reopen_after_kill().ok());
  send("T", 0, "new");
  EXPECT_EQ(body("T", 0, 2), "new");
  ASSERT_TRUE(reopen_after_kill().ok());
  EXPECT_EQ(body("T", 0, 2), "new");
}

TEST_F(DamagedStoreTest, LostRecordsThatTheOwnerCannotLackRefuseTheStart) {
  ASSERT_TRUE(open().ok());
  send("ctl", 0, "delete nothing");
  send("ctl", 0, "delete something");
  send("T", 0, "behind");
  sync();
  flip_in("ctl", 1);
  const absl::Status opened = reopen_after_kill();
  EXPECT_TRUE(absl::IsDataLoss(opened));
  EXPECT_THAT(opened.message(), HasSubstr("records of ctl from 1 to 1 are lost"));
  EXPECT_THAT(opened.message(), HasSubstr("petrelctl store repair"));
}

TEST_F(DamagedStoreTest, QueueFilesThatAreRebuiltHaveTheHolesToo) {
  ASSERT_TRUE(open().ok());
  for (int i = 0; i < 40; ++i) send("T", 0, concat("body ", i));
  sync();
  flip_in("T", 7);
  ASSERT_TRUE(reopen_after_kill().ok());
  ASSERT_TRUE(snapshot().ok());
  const std::string file = "store/consumequeue/T/0/00000000000000000000";
  ASSERT_TRUE(disk_.remove(file).ok());
  const absl::Status opened = reopen_after_kill();
  ASSERT_TRUE(opened.ok()) << opened;
  EXPECT_EQ(store_->queue("T", 0)->min(), QueueOffset(0));
  EXPECT_EQ(store_->queue("T", 0)->max(), QueueOffset(40));
  EXPECT_TRUE(is_hole("T", 7));
  EXPECT_EQ(body("T", 0, 8), "body 8");
}

// ---- logs that RocketMQ wrote

class ForeignStoreTest : public MessageStoreTest {
 protected:
  void append(RecordFields fields, int64_t queue_offset) {
    if (fields.topic.empty()) fields.topic = "T";
    const std::string record = encode_record(fields).value();
    store_->log().append(record, {.queue_offset = QueueOffset(queue_offset)}).value();
    store_->log().submit();
    ASSERT_TRUE(store_->log().write_group(false, 0).ok());
  }
};

TEST_F(ForeignStoreTest, AQueueWhoseRecordsBeginAgainIsAnew) {
  ASSERT_TRUE(open().ok());
  append({.body = "before"}, 0);
  append({.body = "before"}, 1);
  append({.body = "after"}, 0);
  ASSERT_TRUE(reopen_after_kill().ok());
  EXPECT_EQ(store_->find_queue("T", 0)->max(), QueueOffset(1));
  EXPECT_EQ(body("T", 0, 0), "after");
  ASSERT_TRUE(snapshot().ok());
  ASSERT_TRUE(disk_.remove("store/consumequeue/T/0/00000000000000000000").ok());
  ASSERT_TRUE(reopen_after_kill().ok());
  EXPECT_EQ(body("T", 0, 0), "after");
}

TEST_F(ForeignStoreTest, PreparedAndRolledBackMessagesHaveNoPlaceInAQueue) {
  ASSERT_TRUE(open().ok());
  append({.body = "first"}, 0);
  append({.body = "prepared", .sys_flag = sys_flag::kTransactionPrepared}, 0);
  append({.body = "rolled back", .sys_flag = sys_flag::kTransactionRollback}, 0);
  append({.body = "second"}, 1);
  ASSERT_TRUE(reopen_after_kill().ok());
  EXPECT_EQ(store_->find_queue("T", 0)->max(), QueueOffset(2));
  EXPECT_EQ(body("T", 0, 1), "second");
}

TEST_F(ForeignStoreTest, ATopicThatWouldLeadOutOfTheDirectoryIsRefusedByName) {
  ASSERT_TRUE(open().ok());
  append({.topic = "../../elsewhere", .body = "x"}, 0);
  const absl::Status opened = reopen_after_kill();
  EXPECT_TRUE(absl::IsFailedPrecondition(opened)) << opened;
  EXPECT_THAT(opened.message(), HasSubstr("of topic '../../elsewhere', which cannot have a"));
  EXPECT_THAT(opened.message(), HasSubstr("at log offset 0 "));
}

TEST_F(ForeignStoreTest, BatchesInOneRecordAreRefusedByName) {
  ASSERT_TRUE(open().ok());
  append({.body = "many", .sys_flag = sys_flag::kInnerBatch}, 0);
  const absl::Status opened = reopen_after_kill();
  EXPECT_TRUE(absl::IsFailedPrecondition(opened));
  EXPECT_THAT(opened.message(), HasSubstr("of topic T is a batch"));
}

// Wherever the power goes while a snapshot of many queues is made, their files, synced together,
// are what the snapshot says, or are written again.
TEST_F(MessageStoreTest, ManyQueuesSurviveAPowerCutInTheMidstOfTheirSnapshot) {
  constexpr int32_t kQueues = 24;
  static_assert(kQueues > static_cast<int32_t>(UnsyncedFiles::kOneByOneMax));
  ASSERT_TRUE(open().ok());
  for (int64_t cut = 0; cut < 200; ++cut) {
    for (int32_t queue = 0; queue < kQueues; ++queue) send("T", queue, concat(cut, " ", queue));
    ASSERT_TRUE(store_->log().write_group(true, 0).ok());
    disk_.cut_power_at(disk_.operations() + cut);
    const bool made = snapshot().ok();
    store_.reset();
    executor_.drop_all();
    disk_.crash();
    ASSERT_TRUE(open().ok());
    for (int32_t queue = 0; queue < kQueues; ++queue) {
      ASSERT_EQ(body("T", queue, cut), concat(cut, " ", queue));
    }
    if (made) return;  // the cut came behind the last operation
  }
  FAIL() << "a snapshot of so few files takes fewer operations";
}

TEST_F(MessageStoreTest, ASnapshotOfManyQueuesWaitsUntilTheLogGrewAsMuchAsItWrites) {
  ASSERT_TRUE(open().ok());
  constexpr int32_t kQueues = 300;  // more than 1 MiB in pages of their files
  for (int32_t queue = 0; queue < kQueues; ++queue) send("T", queue, "a");
  ASSERT_TRUE(snapshot().ok());
  send("T", 0, "a little more");
  clock_.advance_ms(3'600'000);
  EXPECT_FALSE(store_->snapshot_due());
}

}  // namespace
}  // namespace petrel::store
