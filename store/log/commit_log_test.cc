// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/commit_log.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/log/hot_reader.h"
#include "store/test_util.h"

namespace petrel::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CommitLogTest : public ::testing::Test {
 protected:
  void open(const CommitLog::Options& options = small_log_options()) {
    ASSERT_TRUE(disk_.create_directories("store").ok());
    log_ = CommitLog::open(disk_, "store/commitlog", options).value();
    ASSERT_TRUE(log_->recover(LogOffset(0)).ok());
  }

  LogOffset append(std::string_view body) {
    return log_->append(test_record("T", body), {.queue_offset = QueueOffset(next_++)}).value();
  }
  LogProgress write(bool sync) {
    log_->submit();
    return log_->write_group(sync, 0).value();
  }
  static int32_t record_bytes(std::string_view body) {
    return static_cast<int32_t>(test_record("T", body).size());
  }
  std::string body_at(LogOffset offset, std::string_view body) {
    const absl::StatusOr<LogSlice> slice = log_->read(offset, record_bytes(body));
    if (!slice.ok()) return concat(slice.status().message());
    return std::string(decode_record(slice->bytes(), Verify::kChecksums)->body);
  }
  std::vector<std::string> log_files() { return *disk_.list("store/commitlog"); }

  SimDisk disk_{{}};
  std::unique_ptr<CommitLog> log_;
  int64_t next_ = 0;
};

TEST_F(CommitLogTest, RecordsAreReadFromMemoryBeforeTheyAreWritten) {
  open();
  const LogOffset first = append("one");
  const LogOffset second = append("two");
  EXPECT_EQ(first, LogOffset(0));
  EXPECT_EQ(second, LogOffset(record_bytes("one")));
  EXPECT_EQ(log_->end(), second + record_bytes("two"));
  const std::optional<LogSlice> slice = log_->read_hot(second, record_bytes("two"));
  ASSERT_TRUE(slice.has_value());
  const RecordView record = decode_record(slice->bytes(), Verify::kChecksums).value();
  EXPECT_EQ(record.body, "two");
  EXPECT_EQ(record.log_offset, second);
  EXPECT_EQ(record.queue_offset, QueueOffset(1));
}

TEST_F(CommitLogTest, ManyRecordsAreReadFromMemoryInAnyOrder) {
  open();
  std::vector<LogOffset> offsets;
  for (int i = 0; i < 200; ++i) offsets.push_back(append(concat("body ", 1000 + i)));
  HotReader reader(*log_);
  const int32_t size = record_bytes("body 1000");
  const auto check = [&](size_t i) {
    const std::optional<LogSlice> slice = reader.read(offsets[i], size);
    ASSERT_TRUE(slice.has_value()) << i;
    EXPECT_EQ(slice->bytes().data(), log_->read_hot(offsets[i], size)->bytes().data());
    EXPECT_EQ(slice->bytes().size(), static_cast<size_t>(size));
  };
  for (const size_t i : {0u, 1u, 199u, 100u, 101u, 3u}) check(i);
  EXPECT_FALSE(reader.read(log_->end(), size).has_value());
  offsets.push_back(append("body 1200"));
  check(200);
  for (int i = 0; i < 300; ++i) {
    append("fill");
    write(false);
  }
  EXPECT_TRUE(reader.read(offsets[200], size).has_value()) << "its block is kept";
  EXPECT_FALSE(HotReader(*log_).read(offsets[0], size).has_value());
}

TEST_F(CommitLogTest, RecordsAreReadFromTheFileWhenTheyLeftMemory) {
  open();
  std::vector<LogOffset> offsets;
  for (int i = 0; i < 200; ++i) {
    offsets.push_back(append(concat("body ", 1000 + i)));
    if (i % 5 == 0) write(false);
  }
  EXPECT_FALSE(log_->read_hot(offsets[0], record_bytes("body 1000")).has_value());
  EXPECT_TRUE(log_->read_hot(offsets[199], record_bytes("body 1199")).has_value());
  write(false);
  for (int i = 0; i < 200; ++i) {
    const std::string body = concat("body ", 1000 + i);
    EXPECT_EQ(body_at(offsets[static_cast<size_t>(i)], body), body);
  }
}

TEST_F(CommitLogTest, ASliceOutlivesTheBlockItIsIn) {
  open();
  const LogOffset first = append("first");
  const LogSlice slice = log_->read_hot(first, record_bytes("first")).value();
  for (int i = 0; i < 300; ++i) {
    append("fill");
    write(false);
  }
  EXPECT_EQ(decode_record(slice.bytes(), Verify::kChecksums)->body, "first");
}

TEST_F(CommitLogTest, WhatReadersKeepOfMemoryIsBoundedAndThenTheyGetCopies) {
  CommitLog::Options options = small_log_options();
  options.block_bytes = 4 << 10;
  options.hot_bytes = 16 << 10;
  options.pinned_bytes_max = 8 << 10;
  open(options);
  const std::string body(900, 'x');
  const int32_t size = record_bytes(body);
  std::vector<LogSlice> kept;
  LogOffset last{0};
  for (int i = 0; i < 200; ++i) {
    last = append(body);
    if (auto slice = log_->read_hot(last, size)) kept.push_back(*std::move(slice));
    EXPECT_LE(log_->pinned_bytes(), options.pinned_bytes_max + options.hot_bytes + (8 << 10));
    if (i < 199) write(false);
  }
  EXPECT_GT(log_->pinned_bytes(), options.pinned_bytes_max);
  EXPECT_LT(kept.size(), 100u) << "nothing is lent any more";
  EXPECT_FALSE(log_->read_hot(last, size).has_value());
  EXPECT_FALSE(HotReader(*log_).read(last, size).has_value());

  const int64_t pinned = log_->pinned_bytes();
  const LogSlice copy = log_->read(last, size).value();  // it is in no file yet
  EXPECT_EQ(decode_record(copy.bytes(), Verify::kChecksums)->body, body);
  EXPECT_EQ(log_->pinned_bytes(), pinned);

  kept.clear();
  EXPECT_LE(log_->pinned_bytes(), options.pinned_bytes_max);
  EXPECT_TRUE(log_->read_hot(last, size).has_value());
}

TEST_F(CommitLogTest, WrittenAndSyncedFollowTheGroups) {
  open();
  append("one");
  EXPECT_EQ(log_->progress().written, WrittenOffset(0));
  LogProgress progress = write(false);
  EXPECT_EQ(progress.written.value(), log_->end().value());
  EXPECT_EQ(progress.synced, SyncedOffset(0));
  progress = log_->write_group(/*sync=*/true, 0).value();
  EXPECT_EQ(progress.synced.value(), log_->end().value());
}

TEST_F(CommitLogTest, WhatWasNotSubmittedIsNotWritten) {
  open();
  append("one");
  EXPECT_EQ(log_->write_group(true, 0)->written, WrittenOffset(0));
}

TEST_F(CommitLogTest, ARecordThatDoesNotFitBeginsTheNextSegmentBehindABlankRecord) {
  open();
  const std::string big(1500, 'x');
  append(big);
  append(big);
  const int64_t blank_at = log_->end().value();
  EXPECT_EQ(append(big), LogOffset(4096));
  write(true);
  EXPECT_THAT(log_files(), ElementsAre("00000000000000000000", "00000000000000004096"));
  const auto file =
      disk_.open("store/commitlog/00000000000000000000", Disk::OpenMode::kRead).value();
  EXPECT_EQ(*file->size(), 4096u);
  std::string blank(8, '\0');
  ASSERT_TRUE(file->read(static_cast<uint64_t>(blank_at), blank).ok());
  EXPECT_EQ(absl::BytesToHexString(blank.substr(4)), "cbd43194");
  EXPECT_EQ(absl::BytesToHexString(blank.substr(0, 4)),
            absl::BytesToHexString(std::string{0, 0, static_cast<char>((4096 - blank_at) >> 8),
                                               static_cast<char>(4096 - blank_at)}));
}

TEST_F(CommitLogTest, ABlankRecordMayBeJustItsHeader) {
  open();
  append(std::string(1930, 'x'));
  const int64_t left = 4096 - log_->end().value() - 8;
  const std::string fitting(static_cast<size_t>(left - record_bytes("")), 'y');
  append(fitting);
  ASSERT_EQ(log_->end(), LogOffset(4096 - 8));
  const LogOffset next = append("next");
  write(true);
  EXPECT_EQ(next, LogOffset(4096));
  const auto file =
      disk_.open("store/commitlog/00000000000000004096", Disk::OpenMode::kRead).value();
  std::string bytes(static_cast<size_t>(record_bytes("next")), '\0');
  ASSERT_TRUE(file->read(0, bytes).ok());
  EXPECT_EQ(decode_record(bytes, Verify::kChecksums)->body, "next");
}

TEST_F(CommitLogTest, TheNextSegmentIsThereWhenTheCurrentOneIsHalfFull) {
  open();
  append("small");
  write(false);
  EXPECT_THAT(log_files(), ElementsAre("00000000000000000000"));
  append(std::string(1900, 'x'));
  write(false);
  EXPECT_THAT(log_files(), ElementsAre("00000000000000000000", "00000000000000004096"));
}

TEST_F(CommitLogTest, OneGroupMaySpanSegments) {
  open();
  std::vector<LogOffset> offsets;
  const std::string body(700, 'y');
  for (int i = 0; i < 40; ++i) offsets.push_back(append(body));
  write(true);
  EXPECT_GT(log_files().size(), 7u);
  for (const LogOffset offset : offsets) EXPECT_EQ(body_at(offset, body), body);
}

TEST_F(CommitLogTest, ARecordLargerThanABlockIsOneSlice) {
  open();
  append("before");
  const std::string big(1800, 'z');
  const LogOffset offset = append(big);
  append("behind");
  EXPECT_TRUE(log_->read_hot(offset, record_bytes(big)).has_value());
  write(false);
  EXPECT_EQ(body_at(offset, big), big);
}

TEST_F(CommitLogTest, AppendsAreRefusedWhileTheDiskDoesNotKeepUp) {
  open();
  absl::Status refused;
  while (refused.ok()) {
    refused = log_->append(test_record("T", std::string(1000, 'x')), {}).status();
  }
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_LE(log_->end().value(), small_log_options().unwritten_bytes_max);
  write(false);
  EXPECT_TRUE(log_->append(test_record("T", "x"), {}).ok());
}

TEST_F(CommitLogTest, TooLargeARecordIsRefused) {
  open();
  const absl::Status refused = log_->append(test_record("T", std::string(2048, 'x')), {}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_EQ(log_->end(), LogOffset(0));
}

TEST_F(CommitLogTest, AFailedSyncIsFinal) {
  open();
  append("one");
  write(true);
  const SyncedOffset synced = log_->progress().synced;
  disk_.inject({.operation = SimDisk::Operation::kSync,
                .path_part = "commitlog/",
                .status = absl::InternalError("EIO")});
  append("two");
  log_->submit();
  EXPECT_THAT(log_->write_group(true, 0).status().message(), HasSubstr("EIO"));
  EXPECT_EQ(log_->progress().synced, synced);
  // The disk is sound again; the log does not believe it.
  EXPECT_FALSE(log_->write_group(true, 0).ok());
  EXPECT_FALSE(log_->append(test_record("T", "x"), {}).ok());
  EXPECT_FALSE(log_->sync_up_to(log_->end()).ok());
  EXPECT_FALSE(log_->close().ok());
  EXPECT_EQ(log_->progress().synced, synced);
}

TEST_F(CommitLogTest, AFailedWriteIsFinal) {
  open();
  disk_.inject({.operation = SimDisk::Operation::kWrite,
                .path_part = "commitlog/",
                .status = absl::InternalError("EIO")});
  append("one");
  log_->submit();
  EXPECT_FALSE(log_->write_group(false, 0).ok());
  EXPECT_EQ(log_->progress().written, WrittenOffset(0));
  EXPECT_FALSE(log_->write_group(false, 0).ok());
  EXPECT_FALSE(log_->append(test_record("T", "x"), {}).ok());
}

TEST_F(CommitLogTest, AFullDiskRefusesAppendsBeforeTheLastSegmentEndsAndGoesOnWhenThereIsRoom) {
  open();
  disk_.inject({.operation = SimDisk::Operation::kAllocate,
                .path_part = "commitlog/",
                .status = absl::ResourceExhaustedError("ENOSPC"),
                .times = 1000});
  absl::Status refused;
  int accepted = 0;
  while (refused.ok() && accepted < 100) {
    refused = log_->append(test_record("T", std::string(500, 'x')), {}).status();
    if (refused.ok()) ++accepted;
    write(true);
  }
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_EQ(accepted, 6);  // all of them synced, within the one segment
  EXPECT_EQ(log_->progress().synced.value(), log_->end().value());
  EXPECT_THAT(log_files(), ElementsAre("00000000000000000000"));
  disk_.heal();
  write(true);
  EXPECT_TRUE(log_->append(test_record("T", std::string(500, 'x')), {}).ok());
  EXPECT_EQ(write(true).synced.value(), log_->end().value());
}

class LogReserveTest : public CommitLogTest {
 protected:
  LogReserveTest() {
    options_.reserve_bytes = 1024;
    open(options_);
  }
  // As messages are appended; how many were.
  int append_checked(size_t body_bytes) {
    int accepted = 0;
    const std::string record = test_record("T", std::string(body_bytes, 'x'));
    while (log_->append(record, {}, CommitLog::Room::kButReserve).ok()) ++accepted;
    return accepted;
  }
  absl::Status append_message(size_t body_bytes) {
    return log_
        ->append(test_record("T", std::string(body_bytes, 'x')), {}, CommitLog::Room::kButReserve)
        .status();
  }
  void fill_disk() {
    disk_.inject({.operation = SimDisk::Operation::kAllocate,
                  .path_part = "commitlog/",
                  .status = absl::ResourceExhaustedError("ENOSPC"),
                  .times = 1000});
  }

  CommitLog::Options options_ = small_log_options();
};

TEST_F(LogReserveTest, OnAFullDiskItIsLeftForThoseWhoMayUseIt) {
  fill_disk();
  EXPECT_GT(append_checked(500), 0);
  write(true);
  EXPECT_EQ(append_checked(500), 0);
  EXPECT_TRUE(log_->lacks_room());
  EXPECT_LE(log_->end(), LogOffset(4096 - 1024));
  EXPECT_TRUE(log_->refuses_messages());
  EXPECT_FALSE(log_->reserve_runs_out());
  append(std::string(450, 'x'));
  EXPECT_TRUE(log_->reserve_runs_out());
  append(std::string(200, 'x'));
  EXPECT_EQ(write(true).synced.value(), log_->end().value());
  EXPECT_THAT(log_files(), ElementsAre("00000000000000000000"));
}

TEST_F(LogReserveTest, ItIsAlsoLeftByWhatIsAppendedBeforeAnybodyKnowsThatTheDiskIsFull) {
  fill_disk();
  append_checked(100);
  EXPECT_LE(log_->end(), LogOffset(4096 - 1024));
  EXPECT_FALSE(log_->lacks_room());
}

TEST_F(LogReserveTest, ThatTheNextSegmentCannotBeMadeIsNoRefusalWhileThereIsRoom) {
  fill_disk();
  EXPECT_TRUE(append_message(1'100).ok());
  EXPECT_TRUE(append_message(1'100).ok());
  write(true);
  EXPECT_TRUE(log_->lacks_room());
  EXPECT_EQ(log_->refuses_messages(),
            log_->end().value() + options_.record_bytes_max > 4096 - 1024);
}

TEST_F(LogReserveTest, WhoIsRefusedHasTheNextSegmentMade) {
  EXPECT_TRUE(append_message(1'700).ok());
  const LogOffset end = log_->end();
  EXPECT_TRUE(absl::IsResourceExhausted(append_message(1'800)));
  EXPECT_EQ(log_->end(), end);
  EXPECT_TRUE(log_->write_group(false, 60'000'000).ok()) << "it is woken";
  EXPECT_TRUE(append_message(1'800).ok());
}

TEST_F(LogReserveTest, ALogThatEndsInTheReserveGoesOnWhenThereIsRoom) {
  fill_disk();
  append_checked(500);
  append(std::string(500, 'x'));
  write(true);
  ASSERT_TRUE(log_->lacks_room());
  disk_.restart();
  open(options_);
  EXPECT_EQ(append_checked(500), 0);
  ASSERT_TRUE(log_->write_group(false, 0).ok());
  EXPECT_EQ(append_checked(500), 0);
  append(std::string(100, 'x'));
  write(true);
  disk_.heal();
  ASSERT_TRUE(log_->write_group(false, 0).ok());
  EXPECT_GT(append_checked(500), 0);
  EXPECT_EQ(write(true).synced.value(), log_->end().value());
}

TEST_F(LogReserveTest, ItIsAtMostAQuarterOfASegment) {
  options_.reserve_bytes = 1 << 20;
  log_.reset();
  open(options_);
  fill_disk();
  EXPECT_EQ(append_checked(400), 6);
}

TEST_F(CommitLogTest, ADamagedRecordIsNotServed) {
  open();
  const LogOffset offset = append("precious");
  for (int i = 0; i < 100; ++i) {
    append("fill");
    write(false);
  }
  ASSERT_FALSE(log_->read_hot(offset, record_bytes("precious")).has_value());
  EXPECT_EQ(body_at(offset, "precious"), "precious");
  disk_.flip_bit("store/commitlog/00000000000000000000", 93, 3);
  const absl::Status read = log_->read(offset, record_bytes("precious")).status();
  EXPECT_TRUE(absl::IsDataLoss(read));
  EXPECT_THAT(read.message(), HasSubstr("store/commitlog/00000000000000000000"));
}

TEST_F(CommitLogTest, ReadsOfWhatIsNoRecordAreRefused) {
  open();
  append("one");
  append("two");
  for (int i = 0; i < 100; ++i) {
    append("fill");
    write(false);
  }
  const int32_t size = record_bytes("one");
  EXPECT_TRUE(log_->read(LogOffset(0), size).ok());
  for (const auto& [offset, bytes] :
       std::vector<std::pair<int64_t, int32_t>>{{0, size - 1},
                                                {0, size + 1},
                                                {1, size},
                                                {0, 0},
                                                {0, -5},
                                                {0, 1 << 30},
                                                {-1, size},
                                                {log_->end().value(), size},
                                                {int64_t{1} << 60, size}}) {
    EXPECT_FALSE(log_->read(LogOffset(offset), bytes).ok()) << offset << " " << bytes;
  }
}

TEST_F(CommitLogTest, WhatIsNoRecordInMemoryIsRefusedToo) {
  open();
  append("one");
  append("two");
  const int32_t size = record_bytes("one");
  EXPECT_TRUE(log_->read(LogOffset(0), size).ok());
  EXPECT_FALSE(log_->read(LogOffset(0), size + 1).ok());
  EXPECT_FALSE(log_->read(LogOffset(1), size).ok());
  EXPECT_FALSE(log_->read(LogOffset(0), 2 * size).ok());
}

TEST_F(CommitLogTest, VisitGivesTheRecordsOfARange) {
  open();
  std::vector<LogOffset> offsets;
  for (int i = 0; i < 60; ++i) offsets.push_back(append(concat("body ", 100 + i)));
  write(false);
  std::vector<LogOffset> seen;
  ASSERT_TRUE(log_->visit(offsets[10], offsets[50],
                          [&](const RecordView& record) {
                            seen.push_back(record.log_offset);
                            return absl::OkStatus();
                          })
                  .ok());
  EXPECT_EQ(seen, std::vector<LogOffset>(offsets.begin() + 10, offsets.begin() + 50));
}

TEST_F(CommitLogTest, WakeEndsAWait) {
  open();
  log_->wake();
  EXPECT_TRUE(log_->write_group(false, int64_t{3600} * 1'000'000).ok());
}

// On the real file system, with the threads that a broker has.
TEST(CommitLogThreads, ReadersSeeSoundRecordsWhileOthersAppendAndWrite) {
  const std::filesystem::path directory =
      std::filesystem::path(::testing::TempDir()) / concat("petrel-log-", ::getpid());
  const std::unique_ptr<Disk> disk = make_posix_disk();
  CommitLog::Options options = small_log_options();
  options.segment_bytes = 64 << 10;
  options.block_bytes = 4 << 10;
  options.hot_bytes = 16 << 10;
  options.unwritten_bytes_max = 1 << 20;
  ASSERT_TRUE(disk->create_directories(directory.string()).ok());
  auto log = CommitLog::open(*disk, (directory / "commitlog").string(), options).value();
  ASSERT_TRUE(log->recover(LogOffset(0)).ok());

  const std::string record = test_record("T", "a body");
  const auto size = static_cast<int32_t>(record.size());
  std::atomic<int64_t> last{-1};
  std::atomic<bool> done{false};
  std::thread writer([&] {
    while (!done) ASSERT_TRUE(log->write_group(true, 1000).ok());
  });
  std::thread reader([&] {
    int64_t reads = 0;
    while (!done || reads == 0) {
      const int64_t offset = last.load(std::memory_order_acquire);
      if (offset < 0) continue;
      const LogSlice slice = log->read(LogOffset(offset), size).value();
      ASSERT_EQ(decode_record(slice.bytes(), Verify::kChecksums)->log_offset, LogOffset(offset));
      ++reads;
    }
  });
  for (int i = 0; i < 20'000; ++i) {
    absl::StatusOr<LogOffset> offset = log->append(record, {});
    while (!offset.ok()) {  // the disk does not keep up
      std::this_thread::yield();
      offset = log->append(record, {});
    }
    last.store(offset->value(), std::memory_order_release);
    if (i % 7 == 0) log->submit();
  }
  log->submit();
  done = true;
  log->wake();
  writer.join();
  reader.join();
  EXPECT_TRUE(log->close().ok());
  EXPECT_EQ(log->progress().synced.value(), log->end().value());
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace petrel::store
