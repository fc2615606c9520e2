// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/queue/queue_view.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "common/concat.h"
#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/queue/queue_capture.h"
#include "store/queue/queue_files.h"

namespace petrel::store {
namespace {

QueueEntry entry(int64_t n) {
  return {.log_offset = LogOffset(n * 100),
          .size = static_cast<int32_t>(100 - n % 50),
          .tags_code = -n};
}

void append(QueueView& queue, int64_t count) {
  queue.take_places(count);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t n = queue.max().value();
    queue.show(entry(n), /*store_ms=*/n + 1);
  }
}

void set_durable(QueueView& queue, int64_t end, int64_t keep) {
  QueueView::Unwritten written;
  written.end = QueueOffset(end);
  queue.set_durable(written, keep);
}

// How many entries from `from` on are in memory; checks each.
int64_t readable(const QueueView& queue, int64_t from) {
  std::vector<QueueEntry> entries(10'000);
  const size_t count = queue.read(QueueOffset(from), entries);
  for (size_t i = 0; i < count; ++i) {
    const QueueEntry expected = entry(from + static_cast<int64_t>(i));
    EXPECT_EQ(entries[i].log_offset, expected.log_offset);
    EXPECT_EQ(entries[i].size, expected.size);
    EXPECT_EQ(entries[i].tags_code, expected.tags_code);
  }
  return static_cast<int64_t>(count);
}

class QueueViewTest : public ::testing::Test {
 protected:
  QueueView make(int64_t min = 0, int64_t max = 0) {
    return QueueView("T", 3, 1, QueueOffset(min), QueueOffset(max), dirty_, capture_);
  }
  QueueViews dirty_;
  QueueCapture capture_{[](QueueView&, LogOffset) {}};
};

TEST_F(QueueViewTest, EntriesAreReadBackAcrossPages) {
  QueueView queue = make();
  append(queue, 3000);
  EXPECT_EQ(queue.max(), QueueOffset(3000));
  for (const int64_t from : {0, 1, 1023, 1024, 1025, 2999}) {
    EXPECT_EQ(readable(queue, from), 3000 - from);
  }
  EXPECT_EQ(readable(queue, 3000), 0);
}

TEST_F(QueueViewTest, AQueueMayBeginAtAnyOffset) {
  QueueView queue = make();
  queue.begin_at(QueueOffset(5000));
  append(queue, 2000);
  EXPECT_EQ(queue.min(), QueueOffset(5000));
  EXPECT_EQ(readable(queue, 5000), 2000);
  EXPECT_EQ(readable(queue, 4999), 0);
}

TEST_F(QueueViewTest, AppendingToACleanQueueListsItOnce) {
  QueueView queue = make();
  append(queue, 5);
  EXPECT_EQ(dirty_, (QueueViews{{queue.generation(), &queue}}));
}

TEST_F(QueueViewTest, WhatIsDurableLeavesMemoryButTheNewest) {
  for (const int64_t durable : {1, 100, 1024, 1500, 2048, 2500, 3000}) {
    for (const int64_t keep : {0, 1, 256, 2000}) {
      QueueView queue = make();
      append(queue, 3000);
      set_durable(queue, durable, keep);
      const int64_t first = std::max<int64_t>(0, durable - keep);
      EXPECT_EQ(readable(queue, first), 3000 - first) << durable << " " << keep;
      if (first > 0) {
        EXPECT_EQ(readable(queue, first - 1), 0) << durable << " " << keep;
      }
      append(queue, 1500);
      EXPECT_EQ(readable(queue, first), 4500 - first) << durable << " " << keep;
      set_durable(queue, 4500, 0);
      EXPECT_EQ(readable(queue, 4499), 0);
      append(queue, 1);
      EXPECT_EQ(readable(queue, 4500), 1);
    }
  }
}

TEST_F(QueueViewTest, UnwrittenStaysAsItWasWhileTheQueueGrows) {
  QueueView queue = make();
  append(queue, 1500);
  set_durable(queue, 700, 100);
  const QueueView::Unwritten unwritten = queue.unwritten();
  append(queue, 2000);
  set_durable(queue, 1500, 0);
  EXPECT_EQ(unwritten.first, QueueOffset(700));
  EXPECT_EQ(unwritten.end, QueueOffset(1500));
  int64_t n = 700;
  for (const QueueView::Piece& piece : unwritten.pieces) {
    for (const QueueEntry& written : piece.entries) EXPECT_EQ(written, entry(n++));
  }
  EXPECT_EQ(n, 1500);
}

TEST_F(QueueViewTest, LoadedPagesAreReadUntilTheyAreDropped) {
  QueueView queue = make(0, 1500);
  append(queue, 10);
  EXPECT_EQ(readable(queue, 1024), 0);
  auto page = std::make_shared<QueuePage>();
  page->first = QueueOffset(1024);
  for (int64_t n = 1024; n < 1500; ++n) page->entries.push_back(entry(n));
  queue.put_page(page);
  EXPECT_EQ(readable(queue, 1023), 0);
  EXPECT_EQ(readable(queue, 1024), 486);  // on into the tail
  queue.drop_page(1);
  EXPECT_EQ(readable(queue, 1024), 0);
}

TEST_F(QueueViewTest, RebuildingPutsEntriesBeforeTheTail) {
  QueueView queue = make(100, 1100);
  append(queue, 50);
  std::vector<QueueEntry> lost;
  for (int64_t n = 300; n < 1100; ++n) lost.push_back(entry(n));
  queue.rebuild(lost);
  EXPECT_EQ(queue.min(), QueueOffset(300));
  EXPECT_EQ(queue.max(), QueueOffset(1150));
  EXPECT_EQ(queue.durable(), QueueOffset(300));
  EXPECT_EQ(readable(queue, 300), 850);
}

class QueueFilesTest : public ::testing::Test {
 protected:
  static constexpr char kDirectory[] = "store/consumequeue/T/3";

  void write(int64_t first, int64_t count) {
    UnsyncedFiles unsynced;
    QueueFileWriter writer(disk_, kDirectory, QueueOffset(first), QueueOffset(first), unsynced);
    std::vector<QueueEntry> entries;
    for (int64_t n = first; n < first + count; ++n) entries.push_back(entry(n));
    ASSERT_TRUE(writer.write(QueueOffset(first), entries).ok());
    writer.finish();
    ASSERT_TRUE(unsynced.sync(disk_, kDirectory).ok());
  }
  SimDisk disk_{{}};
};

TEST_F(QueueFilesTest, EntriesHaveRocketMqsBytesAlsoBeforeTheFirstOfAQueue) {
  UnsyncedFiles unsynced;
  QueueFileWriter writer(disk_, kDirectory, QueueOffset(1), QueueOffset(1), unsynced);
  const QueueEntry entries[] = {{LogOffset(0x0102030405060708), 0x11223344, -2}};
  ASSERT_TRUE(writer.write(QueueOffset(1), entries).ok());
  writer.finish();
  ASSERT_TRUE(unsynced.sync(disk_, kDirectory).ok());
  const auto file = disk_.open(concat(kDirectory, "/00000000000000000000"), Disk::OpenMode::kRead);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(*(*file)->size(), 6'000'000u);
  std::string bytes(40, '\0');
  ASSERT_TRUE((*file)->read(0, bytes).ok());
  EXPECT_EQ(absl::BytesToHexString(bytes),
            "00000000000000007fffffff0000000000000000"
            "010203040506070811223344fffffffffffffffe");
}

TEST_F(QueueFilesTest, AFileThatAKilledProcessMadeIsDurableOnceItIsWrittenAgain) {
  const std::vector<QueueEntry> entries = {entry(0), entry(1)};
  UnsyncedFiles never_synced;
  QueueFileWriter killed(disk_, kDirectory, QueueOffset(0), QueueOffset(0), never_synced);
  ASSERT_TRUE(killed.write(QueueOffset(0), entries).ok());
  disk_.restart();
  write(0, 2);
  disk_.crash();
  std::vector<QueueEntry> read(2);
  ASSERT_TRUE(read_queue_entries(disk_, kDirectory, QueueOffset(0), read).ok());
  EXPECT_EQ(read, entries);
}

TEST_F(QueueFilesTest, FilesHold300000EntriesEach) {
  write(299'990, 20);
  EXPECT_EQ(*disk_.list(kDirectory),
            (std::vector<std::string>{"00000000000000000000", "00000000000006000000"}));
  std::vector<QueueEntry> entries(20);
  ASSERT_TRUE(read_queue_entries(disk_, kDirectory, QueueOffset(299'990), entries).ok());
  EXPECT_EQ(entries[0].log_offset, entry(299'990).log_offset);
  EXPECT_EQ(entries[19].log_offset, entry(300'009).log_offset);
}

TEST_F(QueueFilesTest, FinishedEntriesSurvivePowerLoss) {
  write(0, 500);
  disk_.crash();
  std::vector<QueueEntry> entries(500);
  ASSERT_TRUE(read_queue_entries(disk_, kDirectory, QueueOffset(0), entries).ok());
  EXPECT_EQ(entries[499].log_offset, entry(499).log_offset);
}

TEST_F(QueueFilesTest, WhatWasNeverWrittenIsDataLoss) {
  std::vector<QueueEntry> entries(10);
  EXPECT_TRUE(absl::IsDataLoss(read_queue_entries(disk_, kDirectory, QueueOffset(0), entries)));
  write(0, 5);
  EXPECT_TRUE(absl::IsDataLoss(read_queue_entries(disk_, kDirectory, QueueOffset(0), entries)));
}

TEST_F(QueueFilesTest, TheFirstEntryAtOrBehindALogOffsetIsFound) {
  write(0, 1000);
  const auto front = [&](LogOffset begin) {
    return find_queue_front(disk_, kDirectory, QueueOffset(10), QueueOffset(1000), begin).value();
  };
  EXPECT_EQ(front(LogOffset(0)).offset, QueueOffset(10));
  EXPECT_EQ(front(entry(10).log_offset).offset, QueueOffset(10));
  EXPECT_EQ(front(entry(10).end()).offset, QueueOffset(11));
  EXPECT_EQ(front(entry(700).log_offset).offset, QueueOffset(700));
  EXPECT_EQ(front(entry(700).log_offset - 1).log_offset, entry(700).log_offset);
  EXPECT_EQ(front(entry(999).log_offset).offset, QueueOffset(999));
  EXPECT_EQ(front(entry(999).end()).offset, QueueOffset(1000));
  EXPECT_EQ(front(entry(999).end()).log_offset, std::nullopt);
}

TEST_F(QueueFilesTest, TheFirstEntryIsFoundAcrossFilesAndWhereTheFirstAreRemoved) {
  write(0, 1);
  write(299'995, 10);
  write(599'995, 300'010);
  const auto front = [&](int64_t n) {
    return find_queue_front(disk_, kDirectory, QueueOffset(299'996), QueueOffset(900'003),
                            entry(n).log_offset);
  };
  EXPECT_EQ(front(299'999)->offset, QueueOffset(299'999));
  EXPECT_EQ(front(900'001)->offset, QueueOffset(900'001));
  ASSERT_TRUE(remove_queue_files_below(disk_, kDirectory, entry(600'000).log_offset).ok());
  EXPECT_EQ(*disk_.list(kDirectory),
            (std::vector<std::string>{"00000000000012000000", "00000000000018000000"}));
  EXPECT_EQ(front(900'001)->offset, QueueOffset(900'001));
  EXPECT_TRUE(absl::IsDataLoss(front(600'000).status())) << "599'999 may have been it";
}

TEST_F(QueueFilesTest, AFlippedBitNeverHidesEntriesFromTheSearchForTheFirst) {
  constexpr int64_t kCount = 40;
  write(0, kCount);
  const std::string file = concat(kDirectory, "/00000000000000000000");
  for (const int64_t first : {0, 1, 13, 38, 39}) {
    for (int64_t flipped = 0; flipped < kCount; ++flipped) {
      for (int bit = 0; bit < 64; ++bit) {
        const auto at = static_cast<uint64_t>(flipped * kQueueEntryBytes + bit / 8);
        disk_.flip_bit(file, at, bit % 8);
        const absl::StatusOr<QueueFront> front = find_queue_front(
            disk_, kDirectory, QueueOffset(0), QueueOffset(kCount), entry(first).log_offset);
        if (front.ok()) {
          // The first itself may seem to be of a deleted record that lay behind the one before.
          const int64_t latest = flipped == first ? first + 1 : first;
          EXPECT_LE(front->offset.value(), latest) << "entry " << flipped << " bit " << bit;
        } else {
          EXPECT_TRUE(absl::IsDataLoss(front.status()));
        }
        disk_.flip_bit(file, at, bit % 8);
      }
    }
  }
}

TEST_F(QueueFilesTest, TheLastFileIsNeverRemoved) {
  write(299'999, 2);
  ASSERT_TRUE(remove_queue_files_below(disk_, kDirectory, LogOffset(int64_t{1} << 60)).ok());
  EXPECT_EQ(*disk_.list(kDirectory), (std::vector<std::string>{"00000000000006000000"}));
}

TEST_F(QueueFilesTest, AFileThatSomebodyElseRemovedMeanwhileIsGone) {
  write(299'999, 2);
  disk_.set_hook([&](SimDisk::Operation operation, const std::string& path) {
    if (operation == SimDisk::Operation::kRemove) disk_.erase_file(path);
  });
  EXPECT_TRUE(remove_queue_files_below(disk_, kDirectory, LogOffset(int64_t{1} << 60)).ok());
}

TEST_F(QueueFilesTest, AFileStaysWhileOneOfItsRecordsDoes) {
  write(299'999, 2);
  ASSERT_TRUE(remove_queue_files_below(disk_, kDirectory, entry(299'999).log_offset).ok());
  EXPECT_EQ(disk_.list(kDirectory)->size(), 2u);
}

TEST_F(QueueFilesTest, RecordSizesAreSummed) {
  write(0, 10'000);
  int64_t expected = 0;
  for (int64_t n = 3; n < 9'000; ++n) expected += entry(n).size;
  EXPECT_EQ(*sum_queue_record_bytes(disk_, kDirectory, QueueOffset(3), QueueOffset(9'000)),
            expected);
}

TEST_F(QueueViewTest, EntriesBelowMinAreGone) {
  QueueView queue = make();
  append(queue, 3000);
  set_durable(queue, 2500, 0);
  queue.move_min({.min = QueueOffset(2500)});
  EXPECT_EQ(queue.min(), QueueOffset(2500));
  EXPECT_EQ(readable(queue, 2499), 0);
  EXPECT_EQ(readable(queue, 2500), 500);
  queue.move_min({.min = QueueOffset(100)});
  EXPECT_EQ(queue.min(), QueueOffset(2500));
}

TEST_F(QueueViewTest, PlacesAreGivenBeforeTheirEntriesAreShown) {
  QueueView queue = make(10, 20);
  queue.take_places(2);
  EXPECT_EQ(queue.next(), QueueOffset(22));
  EXPECT_EQ(queue.max(), QueueOffset(20));
  queue.show(entry(20), 1);
  EXPECT_EQ(queue.max(), QueueOffset(21));
  EXPECT_EQ(queue.next(), QueueOffset(22));
}

TEST_F(QueueViewTest, TotalsAreThoseOfWhatIsShown) {
  QueueView queue = make();
  append(queue, 10);
  int64_t bytes = 0;
  for (int64_t n = 0; n < 10; ++n) bytes += entry(n).size;
  EXPECT_EQ(queue.totals(), (QueueTotals{.bytes = bytes, .oldest_ms = 1, .newest_ms = 10}));
  queue.take_places(1);
  queue.show(QueueEntry::hole(LogOffset(5)), 0);
  EXPECT_EQ(queue.totals().bytes, bytes) << "a hole has none";
  queue.move_min({.min = QueueOffset(1), .bytes = entry(0).size, .oldest_ms = 2});
  const QueueTotals without_first{.bytes = bytes - entry(0).size, .oldest_ms = 2, .newest_ms = 10};
  EXPECT_EQ(queue.totals(), without_first);
  queue.move_min({.min = QueueOffset(1), .bytes = entry(0).size, .oldest_ms = 2});
  EXPECT_EQ(queue.totals(), without_first) << "it was there already";
  queue.move_min({.min = QueueOffset(1), .oldest_ms = 3});
  EXPECT_EQ(queue.totals().oldest_ms, 3);
  queue.move_min({.min = QueueOffset(11)});
  EXPECT_EQ(queue.totals(), QueueTotals{});
}

// As after a start from an older snapshot, whose files lack the entries between.
TEST_F(QueueViewTest, MinMayMoveBeyondWhatIsDurable) {
  QueueView queue = make(0, 5);
  append(queue, 10);
  queue.move_min({.min = QueueOffset(12)});
  EXPECT_EQ(readable(queue, 12), 3);
  const QueueView::Unwritten unwritten = queue.unwritten();
  EXPECT_EQ(unwritten.first, QueueOffset(5)) << "files have no gap";
  queue.set_durable(unwritten, 0);
  EXPECT_EQ(queue.durable(), QueueOffset(15));
}

TEST_F(QueueViewTest, AQueueMayLoseAllItsEntries) {
  QueueView queue = make();
  append(queue, 3);
  set_durable(queue, 3, 256);
  queue.move_min({.min = QueueOffset(3)});
  EXPECT_EQ(queue.min(), queue.max());
  append(queue, 2);
  EXPECT_EQ(readable(queue, 3), 2);
}

}  // namespace
}  // namespace petrel::store
