// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// Damage in the files of queues, whose messages are sound in the log: none may be lost.
#include "store/queue/queue_repair.h"

#include <string>
#include <vector>

#include "common/clock.h"
#include "common/concat.h"
#include "common/log.h"
#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/log/file_names.h"
#include "store/queue/deliver_test_util.h"
#include "store/queue/queue_files.h"
#include "store/testing/open_store.h"

namespace petrel::store {
namespace {

class DeletesTopics final : public StatelessOwner {
 public:
  absl::Status apply(MessageStore& store, const RecordView& record) override {
    if (record.topic == "ctl") store.delete_topic(record.body);
    return absl::OkStatus();
  }
  bool required(std::string_view topic) const override { return topic == "ctl"; }
};

class QueueRepairTest : public ::testing::Test {
 protected:
  static constexpr char kDirectory[] = "store/consumequeue/T/0";

  static void SetUpTestSuite() {
    ASSERT_TRUE(log::init({.level = log::Level::kError,
                           .file = concat(::testing::TempDir(), "petrel-queue-repair-test.log")})
                    .ok());
  }
  static void TearDownTestSuite() { ASSERT_TRUE(log::init({}).ok()); }
  void SetUp() override { open(); }
  void open() {
    MessageStore::Options options;
    options.directory = "store";
    options.log = small_log_options();
    store_ = open_store(*disk_, clock_, executor_, options, owner_).value();
  }
  void stop() {
    PETREL_CHECK_OK(close_store(*store_));
    store_.reset();
    disk_->restart();
  }
  void reopen() {
    stop();
    open();
  }
  void lose_power() {
    executor_.drop_all();
    store_.reset();
    disk_->crash();
    open();
  }

  void send(std::string_view topic, std::string_view body, std::string_view tag = "red") {
    if (topic == "ctl") store_->delete_topic(body);
    const std::string record = test_record(topic, body, concat("TAGS\x01", tag, "\x02"));
    PETREL_CHECK_OK(append_and_commit(*store_, record, 0, 0, /*sync=*/true).status());
  }
  // To T, with others between, over several pages if many.
  void fill(int messages) {
    for (int i = 0; i < messages; ++i) {
      send("T", concat("body ", sent_++));
      if (i % 3 == 0) send("other", "in between");
    }
  }
  void snapshot() { PETREL_CHECK_OK(make_snapshot(*store_, executor_)); }

  absl::StatusOr<std::string> body(int64_t offset) {
    return deliver_body(*store_, executor_, *store_->queue("T", 0), QueueOffset(offset));
  }
  void expect_all() {
    for (int64_t i = 0; i < sent_; ++i) {
      const absl::StatusOr<std::string> got = body(i);
      ASSERT_TRUE(got.ok()) << i << " " << got.status();
      ASSERT_EQ(*got, concat("body ", i));
    }
  }

  static std::string file_of(int64_t offset) {
    const int64_t start = offset / kQueueFileEntries * kQueueFileEntries * kQueueEntryBytes;
    return concat(kDirectory, "/", offset_file_name(start));
  }
  void flip(int64_t offset, int bit) {
    const int64_t at = offset % kQueueFileEntries * kQueueEntryBytes + bit / 8;
    disk_->flip_bit(file_of(offset), static_cast<uint64_t>(at), 7 - bit % 8);
  }
  void overwrite(int64_t offset, size_t entries, char with) {
    std::string bytes = disk_->bytes_of(file_of(offset));
    const auto at = static_cast<size_t>(offset % kQueueFileEntries * kQueueEntryBytes);
    bytes.replace(at, entries * kQueueEntryBytes, entries * kQueueEntryBytes, with);
    disk_->put_file(file_of(offset), bytes);
  }
  // What the files hold.
  std::vector<QueueEntry> on_disk(int64_t first, int64_t count) {
    std::vector<QueueEntry> entries(static_cast<size_t>(count));
    PETREL_CHECK_OK(read_raw_queue_entries(*disk_, kDirectory, QueueOffset(first), entries));
    return entries;
  }

  std::unique_ptr<SimDisk> disk_ = std::make_unique<SimDisk>(SimDisk::Options{});
  ManualClock clock_;
  ManualExecutor executor_;
  DeletesTopics owner_;
  std::unique_ptr<MessageStore> store_;
  int64_t sent_ = 0;
};

constexpr int kEntryBits = static_cast<int>(kQueueEntryBytes) * 8;
constexpr int kTagBit = 12 * 8;

TEST_F(QueueRepairTest, AnyFlippedBitThatLeadsAstrayCostsNothingAndIsCorrectedOnDisk) {
  fill(40);
  stop();
  const std::vector<QueueEntry> whole = on_disk(0, 40);
  for (const int64_t offset : {0, 1, 17, 38, 39}) {
    for (int bit = 0; bit < kTagBit; ++bit) {
      SCOPED_TRACE(concat("entry ", offset, " bit ", bit));
      flip(offset, bit);
      open();
      ASSERT_NO_FATAL_FAILURE(expect_all());
      EXPECT_EQ(store_->repaired_entries(), 1);
      EXPECT_EQ(store_->log().damage().refused_reads(), 0);
      EXPECT_EQ(store_->log().damage().count(), 0);
      stop();
      ASSERT_EQ(on_disk(0, 40), whole);
    }
  }
}

TEST_F(QueueRepairTest, AWrongTagIsCorrectedWithTheEntryOnly) {
  fill(10);
  stop();
  const std::vector<QueueEntry> whole = on_disk(0, 10);
  flip(4, kTagBit + 3);
  flip(4, 8 * 8);  // the size's sign
  open();
  ASSERT_NO_FATAL_FAILURE(expect_all());
  stop();
  EXPECT_EQ(on_disk(0, 10), whole);
  flip(4, kTagBit + 3);
  open();
  EXPECT_EQ(*body(4), "body 4") << "nobody looks at the tag";
  EXPECT_EQ(store_->repaired_entries(), 0);
}

TEST_F(QueueRepairTest, LostSectorsAndFilesAreFoundAgainInOneSearch) {
  fill(1500);
  stop();
  const std::vector<QueueEntry> whole = on_disk(0, 1500);
  const auto expect_repaired = [&] {
    open();
    ASSERT_NO_FATAL_FAILURE(expect_all());
    stop();
    ASSERT_EQ(on_disk(0, 1500), whole);
  };
  for (const char with : {'\0', '\x11', '\xff'}) {
    for (const int64_t first : {0, 700, 1000, 1400}) {
      SCOPED_TRACE(concat("from ", first, " with ", int{with}));
      overwrite(first, 100, with);
      ASSERT_NO_FATAL_FAILURE(expect_repaired());
    }
  }
  disk_->put_file(file_of(0), disk_->bytes_of(file_of(0)).substr(0, 777));
  ASSERT_NO_FATAL_FAILURE(expect_repaired());
  disk_->erase_file(file_of(0));
  ASSERT_NO_FATAL_FAILURE(expect_repaired());
}

TEST_F(QueueRepairTest, AcrossTheBorderOfTwoFilesToo) {
  const int64_t first = kQueueFileEntries - 7;
  static_cast<QueueView&>(*store_->queue("T", 0)).begin_at(QueueOffset(first));
  for (int64_t n = 0; n < 14; ++n) {
    send("T", concat("body ", first + n));
    send("other", "in between");
  }
  store_.reset();
  disk_->restart();
  open();
  reopen();
  const auto expect_repaired = [&](int64_t entries) {
    open();
    for (int64_t n = 0; n < 14; ++n) ASSERT_EQ(*body(first + n), concat("body ", first + n));
    EXPECT_EQ(store_->repaired_entries(), entries);
    stop();
  };
  stop();
  const std::vector<QueueEntry> whole = on_disk(first, 14);
  for (const int64_t offset : {kQueueFileEntries - 1, kQueueFileEntries}) {
    for (const int bit : {0, 40, 60, 64, 90}) {
      SCOPED_TRACE(concat("entry ", offset, " bit ", bit));
      flip(offset, bit);
      ASSERT_NO_FATAL_FAILURE(expect_repaired(1));
    }
  }
  for (const int64_t file : {int64_t{0}, kQueueFileEntries}) {
    disk_->erase_file(file_of(file));
    ASSERT_NO_FATAL_FAILURE(expect_repaired(7));
    EXPECT_EQ(on_disk(first, 14), whole);
  }
}

TEST_F(QueueRepairTest, EntriesThatLeadToEachOthersMessagesAreNotServed) {
  fill(30);
  stop();
  const std::vector<QueueEntry> whole = on_disk(0, 30);
  std::string bytes = disk_->bytes_of(file_of(0));
  const auto swap = [&](size_t a, size_t b) {
    std::swap_ranges(bytes.begin() + static_cast<ptrdiff_t>(a * kQueueEntryBytes),
                     bytes.begin() + static_cast<ptrdiff_t>((a + 1) * kQueueEntryBytes),
                     bytes.begin() + static_cast<ptrdiff_t>(b * kQueueEntryBytes));
  };
  swap(3, 9);
  swap(0, 29);
  disk_->put_file(file_of(0), bytes);
  open();
  ASSERT_NO_FATAL_FAILURE(expect_all());
  stop();
  EXPECT_EQ(on_disk(0, 30), whole);
}

TEST_F(QueueRepairTest, AppendsGoOnWhileAQueueIsRepaired) {
  fill(20);
  stop();
  overwrite(5, 3, '\x22');
  open();
  ConsumeQueue* const queue = store_->queue("T", 0);
  std::shared_ptr<MessageStore::LoadedPage> loaded;
  store_->load_queue_page(queue, QueueOffset(5), [&](auto page) { loaded = *page; });
  fill(20);
  executor_.run_all();
  fill(20);
  store_->finish_load(queue, loaded);
  ASSERT_NO_FATAL_FAILURE(expect_all());
  snapshot();
  fill(5);
  ASSERT_NO_FATAL_FAILURE(expect_all());
  EXPECT_EQ(store_->repaired_entries(), 3);
  reopen();
  ASSERT_NO_FATAL_FAILURE(expect_all());
  EXPECT_EQ(store_->repaired_entries(), 0) << "the files are right now";
}

TEST_F(QueueRepairTest, ARepairForATopicThatWasDeletedMeanwhileIsForgotten) {
  fill(20);
  stop();
  overwrite(5, 3, '\x22');
  open();
  std::shared_ptr<MessageStore::LoadedPage> loaded;
  store_->load_queue_page(store_->queue("T", 0), QueueOffset(5),
                          [&](auto page) { loaded = *page; });
  executor_.run_all();
  send("ctl", "T");
  sent_ = 0;
  fill(10);
  snapshot();
  store_->finish_load(store_->queue("T", 0), loaded);
  ASSERT_NO_FATAL_FAILURE(expect_all());
  reopen();
  ASSERT_NO_FATAL_FAILURE(expect_all());
}

TEST_F(QueueRepairTest, AMessageOfADeletedTopicNeverComesBack) {
  fill(3);
  send("ctl", "T");
  sent_ = 0;
  send("T", "made again");
  reopen();
  const LogOffset at =
      load_entry(*store_, executor_, *store_->queue("T", 0), QueueOffset(0))->log_offset;
  stop();
  // The only record, and its entry.
  const int64_t segment = at.value() / 4096 * 4096;
  disk_->flip_bit(concat("store/commitlog/", offset_file_name(segment)),
                  static_cast<uint64_t>(at.value() - segment + 5), 0);
  overwrite(0, 1, '\0');
  open();
  EXPECT_TRUE(absl::IsDataLoss(body(0).status()));
}

TEST_F(QueueRepairTest, WhereTheLogIsDamagedTooConsumersStepOverThatMessageOnly) {
  fill(30);
  reopen();
  const LogOffset at =
      load_entry(*store_, executor_, *store_->queue("T", 0), QueueOffset(7))->log_offset;
  stop();
  const int64_t segment = at.value() / 4096 * 4096;
  disk_->flip_bit(concat("store/commitlog/", offset_file_name(segment)),
                  static_cast<uint64_t>(at.value() - segment + 5), 0);
  for (const bool entries_too : {false, true}) {
    SCOPED_TRACE(entries_too);
    if (entries_too) overwrite(5, 10, '\0');
    open();
    for (int64_t i = 0; i < 30; ++i) {
      const absl::StatusOr<std::string> got = body(i);
      if (i == 7) {
        EXPECT_TRUE(absl::IsDataLoss(got.status()));
      } else {
        ASSERT_EQ(*got, concat("body ", i));
      }
    }
    EXPECT_EQ(store_->log().damage().count(), 1);
    EXPECT_EQ(store_->log().damage().refused_reads(), 1);
    // What stands in the file is not taken for the end of it: the log may be restored.
    stop();
  }
  disk_->flip_bit(concat("store/commitlog/", offset_file_name(segment)),
                  static_cast<uint64_t>(at.value() - segment + 5), 0);
  open();
  ASSERT_NO_FATAL_FAILURE(expect_all());
}

TEST_F(QueueRepairTest, PowerLossAtAnyPointOfARepairCostsNothing) {
  for (const bool reorder : {false, true}) {
    for (int64_t cut = 0;; ++cut) {
      SCOPED_TRACE(concat("cut at ", cut));
      executor_.drop_all();
      store_.reset();
      disk_ = std::make_unique<SimDisk>(
          SimDisk::Options{.seed = static_cast<uint64_t>(cut + 1), .reorder = reorder});
      sent_ = 0;
      open();
      fill(60);
      stop();
      overwrite(20, 30, '\x33');
      flip(3, 60);
      open();
      const int64_t begin = disk_->operations();
      disk_->cut_power_at(begin + cut);
      for (int64_t i = 0; i < sent_; ++i) body(i).IgnoreError();
      make_snapshot(*store_, executor_).IgnoreError();
      const bool whole = disk_->operations() - begin <= cut;
      lose_power();
      ASSERT_NO_FATAL_FAILURE(expect_all());
      if (whole) {
        EXPECT_EQ(store_->repaired_entries(), 0);
        break;
      }
    }
  }
}

TEST_F(QueueRepairTest, AReadThatFailsIsNoDamage) {
  fill(10);
  reopen();
  disk_->inject({.operation = SimDisk::Operation::kRead,
                 .path_part = "/consumequeue/",
                 .status = absl::InternalError("EIO")});
  EXPECT_TRUE(absl::IsInternal(body(3).status()));
  ASSERT_NO_FATAL_FAILURE(expect_all());
  EXPECT_EQ(store_->repaired_entries(), 0);
}

}  // namespace
}  // namespace petrel::store
