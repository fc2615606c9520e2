// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// A log that gets its bytes from another one: ranges, raw appends, truncation.
#include <string>
#include <vector>

#include "common/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/log/commit_log.h"
#include "store/log/file_names.h"
#include "store/test_util.h"

namespace petrel::store {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kSegmentBytes = 4096;

// A log on a disk of its own.
struct Member {
  explicit Member(const CommitLog::Options& options = small_log_options()) : options_(options) {
    PETREL_CHECK_OK(disk.create_directories("store"));
    open();
  }
  void open() {
    log = CommitLog::open(disk, "store/commitlog", options_).value();
    PETREL_CHECK_OK(log->recover(LogOffset(0)));
  }
  void restart() {
    log.reset();
    disk.restart();
    open();
  }
  void lose_power() {
    log.reset();
    disk.crash();
    open();
  }
  LogOffset append(std::string_view body) {
    return log->append(test_record("T", body), {}).value();
  }
  void write(bool sync = true) {
    log->submit();
    PETREL_CHECK_OK(log->write_group(sync, 0).status());
  }
  // Several segments, with fillers of many lengths between.
  void fill(int records = 60) {
    for (int i = 0; i < records; ++i) {
      ends.push_back(append(std::string(static_cast<size_t>(i * 37 % 900), 'x')));
      if (i % 4 == 0) write(i % 8 == 0);
    }
    write();
    ends.push_back(log->end());
  }
  std::vector<std::string> bodies() const {
    std::vector<std::string> found;
    PETREL_CHECK_OK(log->visit(log->begin(), log->end(), [&](const RecordView& record) {
      found.emplace_back(record.body);
      return absl::OkStatus();
    }));
    return found;
  }

  SimDisk disk{{}};
  CommitLog::Options options_;
  std::unique_ptr<CommitLog> log;
  std::vector<LogOffset> ends;  // all records' begins, and the end
};

void follow(const Member& leader, Member& follower, int64_t bytes_max = 1000) {
  while (follower.log->end() < leader.log->end()) {
    const auto range =
        leader.log->read_range(follower.log->end(), bytes_max, leader.log->end()).value();
    PETREL_CHECK(!range.empty());
    PETREL_CHECK_OK(follower.log->append_raw(range.from, range.bytes()));
    follower.write();
  }
}

void expect_same_files(const Member& a, const Member& b) {
  for (int64_t start = 0; start < a.log->end().value(); start += kSegmentBytes) {
    const std::string path = concat("store/commitlog/", offset_file_name(start));
    EXPECT_TRUE(a.disk.bytes_of(path) == b.disk.bytes_of(path)) << path;
  }
}

// ---- ranges

TEST(LogRangeTest, RangesOfAnySizeAreTheBytesOfTheFilesAndEndWithARecord) {
  Member leader;
  leader.fill();
  for (const int64_t bytes_max : {1, 500, 1000, 3000, 100'000}) {
    LogOffset at(0);
    while (at < leader.log->end()) {
      const LogRange range = leader.log->read_range(at, bytes_max, leader.log->end()).value();
      ASSERT_LT(at, range.to);
      const std::string bytes = range.bytes();
      ASSERT_EQ(static_cast<int64_t>(bytes.size()), range.to - range.from);
      for (size_t i = 0; i < bytes.size();) {
        const int64_t offset = at.value() + static_cast<int64_t>(i);
        const int64_t start = offset / kSegmentBytes * kSegmentBytes;
        const std::string file =
            leader.disk.bytes_of(concat("store/commitlog/", offset_file_name(start)));
        const size_t size =
            std::min(bytes.size() - i, static_cast<size_t>(start + kSegmentBytes - offset));
        ASSERT_TRUE(bytes.compare(i, size, file, static_cast<size_t>(offset - start), size) == 0)
            << offset;
        i += size;
      }
      const bool is_end =
          std::find(leader.ends.begin(), leader.ends.end(), range.to) != leader.ends.end() ||
          range.to.value() % kSegmentBytes == 0;
      bool is_filler = false;
      for (const LogOffset end : leader.ends) {
        is_filler |=
            range.to < end && end.value() % kSegmentBytes == 0 && end - range.to < kSegmentBytes;
      }
      EXPECT_TRUE(is_end || is_filler) << range.to.value();
      at = range.to;
    }
  }
}

TEST(LogRangeTest, WhatIsInMemoryIsSharedAndNotCopied) {
  Member leader;
  const LogOffset first = leader.append("one");
  leader.append("two");
  const LogRange range = leader.log->read_range(first, 10'000, leader.log->end()).value();
  ASSERT_EQ(range.slices.size(), 1u);
  EXPECT_EQ(range.slices[0].bytes().data(), leader.log->read_hot(first, 100)->bytes().data());
  EXPECT_EQ(range.to, leader.log->end()) << "also before it is written";
}

TEST(LogRangeTest, NothingBehindTheLimitIsGiven) {
  Member leader;
  leader.fill(10);
  for (const LogOffset from : {LogOffset(0), leader.ends[9]}) {
    const LogRange range = leader.log->read_range(from, 100'000, leader.ends[10] + -1).value();
    EXPECT_LE(range.to, leader.ends[9]);
  }
  EXPECT_TRUE(leader.log->read_range(leader.ends[9], 1, leader.ends[10] + -1)->empty());
  EXPECT_TRUE(leader.log->read_range(leader.ends[3], 100, leader.ends[3])->empty());
  EXPECT_TRUE(
      absl::IsOutOfRange(leader.log->read_range(leader.ends[4], 100, leader.ends[3]).status()));
}

TEST(LogRangeTest, NoRangeBeginsInTheMidstOfARecordOrAtADamagedOne) {
  Member leader;
  leader.fill();
  for (const LogOffset at : {LogOffset(20), leader.ends[59] + 20}) {
    EXPECT_TRUE(absl::IsDataLoss(leader.log->read_range(at, 100, leader.log->end()).status()));
  }
  leader.disk.flip_bit("store/commitlog/00000000000000000000",
                       static_cast<uint64_t>(leader.ends[1].value()) + 95, 1);
  EXPECT_EQ(leader.log->read_range(LogOffset(0), 3000, leader.log->end())->to, leader.ends[1]);
  EXPECT_TRUE(
      absl::IsDataLoss(leader.log->read_range(leader.ends[1], 3000, leader.log->end()).status()));
  EXPECT_EQ(leader.log->damage().count(), 1);
}

// ---- raw appends

TEST(RawAppendTest, AFollowersFilesAreItsLeadersByteForByte) {
  for (const int64_t bytes_max : {1, 700, 5000, 20'000}) {
    Member leader;
    leader.fill();
    Member follower;
    follow(leader, follower, bytes_max);
    EXPECT_EQ(follower.log->end(), leader.log->end());
    expect_same_files(leader, follower);
    EXPECT_EQ(follower.log->segments().at(1).first_ms, leader.log->segments().at(1).first_ms);
    follower.restart();
    EXPECT_EQ(follower.bodies(), leader.bodies());
    Member third;  // what a follower has in memory and files is good for the next one
    follow(follower, third);
    expect_same_files(leader, third);
  }
}

TEST(RawAppendTest, WhatDoesNotFollowIsRefused) {
  Member leader;
  leader.fill(4);
  Member follower;
  const std::string bytes = leader.log->read_range(LogOffset(0), 1, leader.log->end())->bytes();
  EXPECT_TRUE(absl::IsFailedPrecondition(follower.log->append_raw(LogOffset(1), bytes)));
  ASSERT_TRUE(follower.log->append_raw(LogOffset(0), bytes).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(follower.log->append_raw(LogOffset(0), bytes)));
  EXPECT_TRUE(absl::IsDataLoss(follower.log->append_raw(follower.log->end(), bytes)))
      << "a record of another place";
}

TEST(RawAppendTest, NothingIsTakenOfBytesWithAnyBitFlippedOrCutAnywhere) {
  Member leader;
  leader.append("first");
  leader.append("second");
  leader.write();
  const std::string bytes = leader.log->read_range(LogOffset(0), 9000, leader.log->end())->bytes();
  Member follower;
  const auto first = bytes.size() / 2;
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 4);
    // What no checksum covers is in the last property, which the structure does.
    EXPECT_FALSE(follower.log->append_raw(LogOffset(0), changed).ok()) << at;
    const bool whole = at == 0 || decode_record(bytes.substr(0, at), Verify::kChecksums).ok();
    if (!whole || at > first + 1) {
      EXPECT_TRUE(
          absl::IsInvalidArgument(follower.log->append_raw(LogOffset(0), bytes.substr(0, at))))
          << at;
    }
  }
  EXPECT_EQ(follower.log->end(), LogOffset(0));
  EXPECT_TRUE(follower.log->append_raw(LogOffset(0), bytes).ok());
}

TEST(RawAppendTest, AnotherSegmentSizeIsNoticedWhereARecordOrAFillerDoesNotFit) {
  Member leader;
  leader.fill();
  CommitLog::Options options = small_log_options();
  options.segment_bytes = 8192;
  Member follower(options);
  absl::Status status;
  while (status.ok() && follower.log->end() < leader.log->end()) {
    const auto range = leader.log->read_range(follower.log->end(), 1, leader.log->end()).value();
    status = follower.log->append_raw(range.from, range.bytes());
  }
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(status.message(), HasSubstr("segment of 8192"));
  EXPECT_LE(follower.log->end(), LogOffset(4096));
}

TEST(RawAppendTest, TheRefusalsOfAnAppendHoldForIt) {
  Member leader;
  leader.fill();
  CommitLog::Options options = small_log_options();
  options.unwritten_bytes_max = 2000;
  Member follower(options);
  const auto range = leader.log->read_range(LogOffset(0), 3000, leader.log->end()).value();
  EXPECT_TRUE(absl::IsResourceExhausted(follower.log->append_raw(LogOffset(0), range.bytes())));
  EXPECT_EQ(follower.log->end(), LogOffset(0));
}

// ---- truncation

TEST(LogTruncationTest, TheLogEndsThereAndGoesOnAtAnyRecord) {
  Member whole;
  whole.fill(40);
  for (size_t i = 0; i < whole.ends.size(); i += 3) {
    Member member;
    member.fill(40);
    const LogOffset to = member.ends[i];
    ASSERT_TRUE(member.log->truncate(to).ok()) << i;
    EXPECT_EQ(member.log->end(), to);
    EXPECT_EQ(member.log->progress().synced.value(), to.value());
    EXPECT_EQ(member.log->progress().written.value(), to.value());
    EXPECT_EQ(member.bodies().size(), i);
    EXPECT_FALSE(member.log->read_hot(to, 100).has_value());
    if (i % 2 == 0) member.lose_power();
    EXPECT_EQ(member.log->end(), to);
    member.append("short");
    member.write();
    member.restart();
    EXPECT_EQ(member.bodies().size(), i + 1);
    EXPECT_EQ(member.bodies().back(), "short");
  }
}

TEST(LogTruncationTest, WhatWasCutOffComesAgainFromTheLeader) {
  Member leader;
  leader.fill();
  Member follower;
  follow(leader, follower);
  ASSERT_TRUE(follower.log->truncate(leader.ends[7]).ok());
  follow(leader, follower);
  expect_same_files(leader, follower);
}

TEST(LogTruncationTest, WhatIsNotWrittenYetIsKeptBeforeAndCutBehind) {
  Member member;
  member.append("synced");
  member.write();
  member.append("kept");
  const LogOffset to = member.append("cut");
  ASSERT_TRUE(member.log->truncate(to).ok());
  member.lose_power();
  EXPECT_EQ(member.bodies(), (std::vector<std::string>{"synced", "kept"}));
}

TEST(LogTruncationTest, ASliceOfWhatIsCutOffStaysWhatItWas) {
  Member member;
  const LogOffset first = member.append("old body");
  member.write();
  const LogSlice slice = member.log->read_record(first).value();
  ASSERT_TRUE(member.log->truncate(LogOffset(0)).ok());
  member.append("new body");
  EXPECT_EQ(decode_record(slice.bytes(), Verify::kChecksums)->body, "old body");
}

TEST(LogTruncationTest, OffsetsThatAreNoRecordsEndAreRefused) {
  Member member;
  member.fill(40);
  const LogOffset end = member.log->end();
  for (const LogOffset at : {LogOffset(5), member.ends[20] + 1, end + -1}) {
    EXPECT_TRUE(absl::IsInvalidArgument(member.log->truncate(at))) << at.value();
  }
  EXPECT_TRUE(absl::IsOutOfRange(member.log->truncate(end + 1)));
  EXPECT_TRUE(member.log->truncate(end).ok());
  const auto moved = member.log->move_out_before(LogOffset(kSegmentBytes), "store/removed");
  ASSERT_EQ(moved.begin, LogOffset(kSegmentBytes));
  EXPECT_TRUE(absl::IsOutOfRange(member.log->truncate(member.ends[1]))) << "it is on its way out";
  member.log->forget_before(moved.begin);
  EXPECT_TRUE(absl::IsOutOfRange(member.log->truncate(member.ends[1])));
  EXPECT_EQ(member.log->end(), end);
}

TEST(LogTruncationTest, ADamagedRecordCanBeCutOff) {
  Member member;
  member.fill(40);
  member.disk.flip_bit("store/commitlog/00000000000000000000",
                       static_cast<uint64_t>(member.ends[2].value()) + 95, 1);
  member.restart();
  ASSERT_EQ(member.log->damage().count(), 1);
  ASSERT_TRUE(member.log->truncate(member.ends[2]).ok());
  EXPECT_EQ(member.log->damage().count(), 0);
  member.restart();
  EXPECT_EQ(member.bodies().size(), 2u);
}

TEST(LogTruncationTest, WhatIsRequiredBehindIsForgotten) {
  Member member;
  member.fill(10);
  member.log->mark_required(member.ends[2]);
  member.append("more");
  member.write();
  ASSERT_TRUE(member.log->truncate(member.ends[6]).ok());
  member.restart();
  EXPECT_EQ(member.log->last_required(), member.ends[2]);
  ASSERT_TRUE(member.log->truncate(member.ends[2]).ok());
  EXPECT_EQ(member.log->last_required(), std::nullopt);
  member.append("more");
  member.write();
  member.restart();
  EXPECT_EQ(member.log->last_required(), std::nullopt);
}

TEST(LogTruncationTest, ARecoveryFromBehindTheCutIsRefused) {
  Member member;
  member.fill(10);
  ASSERT_TRUE(member.log->truncate(member.ends[2]).ok());
  member.log.reset();
  member.log = CommitLog::open(member.disk, "store/commitlog", small_log_options()).value();
  EXPECT_TRUE(absl::IsDataLoss(member.log->recover(member.ends[5])));
}

TEST(LogTruncationTest, AFailureIsFinal) {
  Member member;
  member.fill(10);
  member.disk.inject({.operation = SimDisk::Operation::kTruncate,
                      .path_part = "/commitlog/",
                      .status = absl::InternalError("broken")});
  EXPECT_FALSE(member.log->truncate(member.ends[2]).ok());
  EXPECT_FALSE(member.log->append(test_record("T", "x"), {}).ok());
  EXPECT_FALSE(member.log->write_group(true, 0).ok());
}

TEST(LogTruncationDeathTest, NobodyWritesMeanwhile) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Member member;
  member.fill(10);
  member.disk.set_hook([&](SimDisk::Operation operation, const std::string&) {
    if (operation == SimDisk::Operation::kTruncate) (void)member.log->write_group(false, 0);
  });
  EXPECT_DEATH((void)member.log->truncate(member.ends[2]), "being truncated");
}

}  // namespace
}  // namespace petrel::store
