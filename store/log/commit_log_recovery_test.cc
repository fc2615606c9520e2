// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "common/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/log/commit_log.h"
#include "store/log/file_names.h"
#include "store/log/record_layout.h"
#include "store/test_util.h"

namespace petrel::store {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kFirstSegment[] = "store/commitlog/00000000000000000000";
constexpr char kMark[] = "store/commitlog.synced";
constexpr char kDamage[] = "store/commitlog.damaged";

class RecoveryTest : public ::testing::Test {
 protected:
  // Opens the log as after the end of the process, and collects the bodies.
  absl::Status reopen(LogOffset from = LogOffset(0)) {
    log_.reset();
    disk_->restart();
    PETREL_CHECK_OK(disk_->create_directories("store"));
    absl::StatusOr<std::unique_ptr<CommitLog>> log =
        CommitLog::open(*disk_, "store/commitlog", options_);
    if (!log.ok()) return log.status();
    log_ = *std::move(log);
    bodies_.clear();
    PETREL_RETURN_IF_ERROR(log_->recover(from));
    // Either visit tells the same.
    PETREL_ASSIGN_OR_RETURN(bodies_, bodies_from(from, Verify::kChecksums));
    PETREL_ASSIGN_OR_RETURN(const std::vector<std::string> bodies,
                            bodies_from(from, Verify::kStructure));
    EXPECT_EQ(bodies, bodies_);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<std::string>> bodies_from(LogOffset from, Verify verify) {
    std::vector<std::string> bodies;
    const auto take = [&](const RecordView& record) {
      bodies.emplace_back(record.body);
      return absl::OkStatus();
    };
    PETREL_RETURN_IF_ERROR(log_->visit(from, log_->end(), take, verify));
    return bodies;
  }
  void append(std::string_view body, bool sync = false) {
    offsets_.push_back(log_->append(test_record("T", body), {}).value());
    log_->submit();
    PETREL_CHECK_OK(log_->write_group(sync, 0));
  }
  void forget_mark() { PETREL_CHECK_OK(disk_->remove(kMark)); }
  void overwrite(const std::string& path, uint64_t offset, std::string bytes) {
    const auto file = disk_->open(path, Disk::OpenMode::kReadWrite).value();
    const iovec part = {.iov_base = bytes.data(), .iov_len = bytes.size()};
    PETREL_CHECK_OK(file->write(offset, std::span(&part, 1)));
  }
  void start_anew() {
    log_.reset();
    disk_ = std::make_unique<SimDisk>(SimDisk::Options{});
    offsets_.clear();
    PETREL_CHECK_OK(reopen());
  }

  // So that memory holds the last of them only.
  void start_with_sixty_records() {
    start_anew();
    for (int i = 0; i < 60; ++i) append(concat("body ", i), /*sync=*/true);
  }

  CommitLog::Options options_ = small_log_options();
  std::unique_ptr<SimDisk> disk_ = std::make_unique<SimDisk>(SimDisk::Options{});
  std::unique_ptr<CommitLog> log_;
  std::vector<LogOffset> offsets_;
  std::vector<std::string> bodies_;
};

TEST_F(RecoveryTest, AnEmptyDirectoryIsAnEmptyLog) {
  ASSERT_TRUE(reopen().ok());
  EXPECT_EQ(log_->end(), LogOffset(0));
  EXPECT_TRUE(bodies_.empty());
}

TEST_F(RecoveryTest, AllRecordsComeBackInOrder) {
  ASSERT_TRUE(reopen().ok());
  std::vector<std::string> written;
  for (int i = 0; i < 120; ++i) {
    written.push_back(concat("body ", i));
    append(written.back());
  }
  const LogOffset end = log_->end();
  ASSERT_TRUE(reopen().ok());
  EXPECT_EQ(bodies_, written);
  EXPECT_EQ(log_->end(), end);
  EXPECT_EQ(log_->progress().synced.value(), end.value());
}

TEST_F(RecoveryTest, OnlyRecordsFromTheGivenOffsetAreVisited) {
  ASSERT_TRUE(reopen().ok());
  for (int i = 0; i < 60; ++i) append(concat("body ", i));
  ASSERT_TRUE(reopen(offsets_[50]).ok());
  EXPECT_EQ(bodies_.size(), 10u);
  EXPECT_EQ(bodies_[0], "body 50");
}

TEST_F(RecoveryTest, ALogCutAtAnyByteGivesTheWholeRecordsBefore) {
  ASSERT_TRUE(reopen().ok());
  for (const char* body : {"a", "bb", "ccc"}) append(body);
  const auto end = static_cast<uint64_t>(log_->end().value());
  for (uint64_t cut = 0; cut <= end; ++cut) {
    start_anew();
    for (const char* body : {"a", "bb", "ccc"}) append(body);
    offsets_.push_back(log_->end());
    const auto file = disk_->open(kFirstSegment, Disk::OpenMode::kReadWrite).value();
    ASSERT_TRUE(file->truncate(cut).ok());
    ASSERT_TRUE(reopen().ok()) << cut;
    size_t whole = 0;
    while (whole < 3 && offsets_[whole + 1].value() <= static_cast<int64_t>(cut)) ++whole;
    EXPECT_EQ(bodies_.size(), whole) << cut;
    EXPECT_EQ(log_->end(), offsets_[whole]) << cut;
    append("new");
    ASSERT_TRUE(reopen().ok());
    EXPECT_EQ(bodies_.size(), whole + 1) << cut;
    EXPECT_EQ(bodies_.back(), "new");
  }
}

TEST_F(RecoveryTest, ADamagedLastRecordThatWasNotSyncedIsCutOffWhateverByteItIs) {
  ASSERT_TRUE(reopen().ok());
  append("first");
  append("last");
  const int64_t start = offsets_[1].value();
  const int64_t end = log_->end().value();
  for (int64_t at = start; at < end; ++at) {
    start_anew();
    append("first");
    append("last");
    disk_->flip_bit(kFirstSegment, static_cast<uint64_t>(at), static_cast<int>(at % 8));
    ASSERT_TRUE(reopen().ok()) << at;
    EXPECT_EQ(bodies_, std::vector<std::string>{"first"}) << at;
    EXPECT_EQ(log_->end(), LogOffset(start)) << at;
  }
}

TEST_F(RecoveryTest, ADamagedRecordThatWasSyncedIsDataLossWhateverByteItIs) {
  ASSERT_TRUE(reopen().ok());
  append("first");
  append("last", /*sync=*/true);
  const int64_t start = offsets_[1].value();
  const int64_t end = log_->end().value();
  for (int64_t at = start; at < end; ++at) {
    const auto byte = static_cast<uint64_t>(at);
    disk_->flip_bit(kFirstSegment, byte, 5);
    const absl::Status status = reopen();
    EXPECT_TRUE(absl::IsDataLoss(status)) << at << status;
    disk_->flip_bit(kFirstSegment, byte, 5);
  }
  EXPECT_TRUE(reopen().ok());
  EXPECT_EQ(bodies_.size(), 2u);
}

TEST_F(RecoveryTest, BehindDamageInTheMiddleRecoveryGoesOn) {
  ASSERT_TRUE(reopen().ok());
  for (int i = 0; i < 60; ++i) append(concat("body ", i), /*sync=*/true);
  const LogOffset end = log_->end();
  disk_->flip_bit(kFirstSegment, static_cast<uint64_t>(offsets_[5].value() + 60), 0);
  for (int attempt = 0; attempt < 2; ++attempt) {
    ASSERT_TRUE(reopen().ok());
    EXPECT_EQ(bodies_.size(), 59u);
    EXPECT_THAT(bodies_, Not(Contains("body 5")));
    EXPECT_EQ(log_->end(), end);
    const std::vector<DamagedRange> ranges = log_->damage().ranges();
    ASSERT_EQ(ranges.size(), 1u);
    EXPECT_EQ(ranges[0].begin, offsets_[5]);
    EXPECT_EQ(ranges[0].end, offsets_[6]);
    EXPECT_EQ(ranges[0].file, kFirstSegment);
    EXPECT_THAT(ranges[0].why, HasSubstr("checksum"));
    EXPECT_EQ(log_->damage().bytes(), offsets_[6] - offsets_[5]);
  }
}

TEST_F(RecoveryTest, DamagedBytesAreLeftAsTheyAreSoThatTheFileCanBeRestored) {
  ASSERT_TRUE(reopen().ok());
  for (int i = 0; i < 60; ++i) append(concat("body ", i), /*sync=*/true);
  const auto byte = static_cast<uint64_t>(offsets_[5].value() + 60);
  disk_->flip_bit(kFirstSegment, byte, 0);
  ASSERT_TRUE(reopen().ok());
  disk_->flip_bit(kFirstSegment, byte, 0);
  ASSERT_TRUE(reopen().ok());
  EXPECT_EQ(bodies_.size(), 60u);
  EXPECT_EQ(log_->damage().count(), 0);
  EXPECT_THAT(disk_->files(), Not(Contains(kDamage)));
}

TEST_F(RecoveryTest, DamageBelowWhereTheReplayBeginsIsRemembered) {
  ASSERT_TRUE(reopen().ok());
  for (int i = 0; i < 60; ++i) append(concat("body ", i), /*sync=*/true);
  disk_->flip_bit(kFirstSegment, static_cast<uint64_t>(offsets_[5].value() + 60), 0);
  ASSERT_TRUE(reopen().ok());
  ASSERT_TRUE(reopen(offsets_[50]).ok());
  EXPECT_EQ(bodies_.size(), 10u);
  EXPECT_EQ(log_->damage().count(), 1);
}

TEST_F(RecoveryTest, AnyDamagedSectorOfTheSyncedLogCostsOnlyWhatLayInIt) {
  constexpr int64_t kSectorBytes = 512;
  start_with_sixty_records();
  const int64_t end = offsets_[59].value();
  for (int64_t sector = 0; sector + kSectorBytes <= end; sector += kSectorBytes) {
    start_with_sixty_records();
    const int64_t in_file = sector % 4096;
    overwrite(concat("store/commitlog/", offset_file_name(sector - in_file)),
              static_cast<uint64_t>(in_file), std::string(kSectorBytes, '\xff'));
    ASSERT_TRUE(reopen().ok()) << sector;
    std::vector<std::string> sound;
    for (size_t i = 0; i < 60; ++i) {
      const int64_t begin = offsets_[i].value();
      const auto bytes = static_cast<int64_t>(test_record("T", concat("body ", i)).size());
      if (begin + bytes <= sector || begin >= sector + kSectorBytes) {
        sound.push_back(concat("body ", i));
      }
    }
    EXPECT_EQ(bodies_, sound) << sector;
    EXPECT_EQ(log_->damage().count(), 1) << sector;
  }
}

TEST_F(RecoveryTest, WhatLooksLikeARecordWithinADamagedBodyIsNone) {
  ASSERT_TRUE(reopen().ok());
  append("first", /*sync=*/true);
  const int64_t body_at = log_->end().value() + static_cast<int64_t>(layout::body(0)) + 10;
  std::string inner = test_record("T", "inner");
  place_record(std::span(inner.data(), inner.size()), {.log_offset = LogOffset(body_at)});
  append(concat("0123456789", inner), /*sync=*/true);
  append("last", /*sync=*/true);
  disk_->flip_bit(kFirstSegment, static_cast<uint64_t>(body_at - 5), 0);
  ASSERT_TRUE(reopen().ok());
  EXPECT_EQ(bodies_, (std::vector<std::string>{"first", "last"}));
}

TEST_F(RecoveryTest, VisitingStepsOverDamageThatCameWhileTheLogIsOpen) {
  start_with_sixty_records();
  disk_->flip_bit(kFirstSegment, static_cast<uint64_t>(offsets_[5].value() + 60), 0);
  int visited = 0;
  const absl::Status status = log_->visit(log_->begin(), log_->end(), [&](const RecordView&) {
    ++visited;
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(visited, 59);
  EXPECT_EQ(log_->damage().count(), 1);
}

TEST_F(RecoveryTest, ADamagedRecordIsNotReadAndListed) {
  start_with_sixty_records();
  const auto size = static_cast<int32_t>(offsets_[6] - offsets_[5]);
  disk_->flip_bit(kFirstSegment, static_cast<uint64_t>(offsets_[5].value() + 60), 0);
  const absl::Status read = log_->read(offsets_[5], size).status();
  EXPECT_TRUE(absl::IsDataLoss(read));
  EXPECT_THAT(read.message(),
              HasSubstr(concat(kFirstSegment, ": at offset ", offsets_[5].value())));
  EXPECT_EQ(log_->damage().count(), 1);
  // Who asks for the wrong place tells nothing of the log.
  EXPECT_TRUE(absl::IsDataLoss(log_->read(offsets_[5] + 1, size).status()));
  EXPECT_EQ(log_->damage().count(), 1);
}

TEST_F(RecoveryTest, WithoutAMarkASoundRecordBehindTellsDamageFromATornTail) {
  ASSERT_TRUE(reopen().ok());
  for (int i = 0; i < 60; ++i) append(concat("body ", i), /*sync=*/true);
  forget_mark();
  disk_->flip_bit(kFirstSegment, static_cast<uint64_t>(offsets_[5].value() + 60), 0);
  ASSERT_TRUE(reopen().ok());
  EXPECT_EQ(bodies_.size(), 59u);
  EXPECT_EQ(log_->damage().count(), 1);
}

TEST_F(RecoveryTest, WithoutAMarkDamageIsSeenAlsoWhenTheSoundRecordIsInTheNextSegment) {
  ASSERT_TRUE(reopen().ok());
  append(std::string(1900, 'x'));
  append(std::string(1900, 'y'));
  append("in the next segment", /*sync=*/true);
  ASSERT_EQ(offsets_[2], LogOffset(4096));
  forget_mark();
  disk_->flip_bit(kFirstSegment, static_cast<uint64_t>(offsets_[1].value() + 100), 0);
  ASSERT_TRUE(reopen().ok());
  EXPECT_EQ(bodies_.back(), "in the next segment");
  EXPECT_EQ(log_->damage().ranges()[0].end, LogOffset(4096));
}

TEST_F(RecoveryTest, ADamagedMarkIsNoMark) {
  ASSERT_TRUE(reopen().ok());
  append("one", /*sync=*/true);
  disk_->flip_bit(kMark, 9, 1);
  ASSERT_TRUE(reopen().ok());
  EXPECT_EQ(bodies_.size(), 1u);
}

TEST_F(RecoveryTest, WhatWasCutOffNeverComesBack) {
  ASSERT_TRUE(reopen().ok());
  for (const char* body : {"one", "two", "old"}) append(body);
  disk_->flip_bit(kFirstSegment, static_cast<uint64_t>(offsets_[1].value() + 60), 0);
  ASSERT_TRUE(reopen().ok());
  EXPECT_EQ(bodies_, std::vector<std::string>{"one"});
  append("new");  // as long as the one cut off, so that "old" would follow it
  ASSERT_TRUE(reopen().ok());
  EXPECT_EQ(bodies_, (std::vector<std::string>{"one", "new"}));
}

TEST_F(RecoveryTest, TheCutReachesIntoLaterSegments) {
  ASSERT_TRUE(reopen().ok());
  for (int i = 0; i < 12; ++i) append(std::string(1000, 'x'));
  ASSERT_EQ(disk_->list("store/commitlog")->size(), 5u);
  disk_->flip_bit(kFirstSegment, static_cast<uint64_t>(offsets_[1].value() + 60), 0);
  ASSERT_TRUE(reopen().ok());
  EXPECT_EQ(bodies_.size(), 1u);
  EXPECT_EQ(disk_->list("store/commitlog")->size(), 1u);
}

TEST_F(RecoveryTest, AnEmptyLastFileIsMadeWhole) {
  ASSERT_TRUE(reopen().ok());
  append("one");
  ASSERT_TRUE(disk_->open("store/commitlog/00000000000000004096", Disk::OpenMode::kCreate).ok());
  ASSERT_TRUE(reopen().ok());
  EXPECT_EQ(bodies_.size(), 1u);
  const auto file =
      disk_->open("store/commitlog/00000000000000004096", Disk::OpenMode::kRead).value();
  EXPECT_EQ(*file->size(), 4096u);
  for (int i = 0; i < 60; ++i) append("fill");
  ASSERT_TRUE(reopen().ok());
  EXPECT_EQ(bodies_.size(), 61u);
}

TEST_F(RecoveryTest, ALastFileThatLacksAPartOfItsFillerIsMadeWhole) {
  ASSERT_TRUE(reopen().ok());
  for (int i = 0; i < 4; ++i) append(std::string(1000, 'x'));
  ASSERT_GE(offsets_[3], LogOffset(4096));
  const std::string first = "store/commitlog/00000000000000000000";
  for (const std::string& path : disk_->files()) {
    if (path.starts_with("store/commitlog/") && path != first) disk_->erase_file(path);
  }
  disk_->put_file(first, disk_->bytes_of(first).substr(0, 3600));
  for (int i = 0; i < 2; ++i) {  // the first start makes the next file
    ASSERT_TRUE(reopen().ok());
    EXPECT_EQ(bodies_.size(), 3u);
    EXPECT_EQ(disk_->bytes_of(first).size(), 4096u);
  }
}

TEST_F(RecoveryTest, AMissingFileBetweenOthersIsDataLoss) {
  ASSERT_TRUE(reopen().ok());
  for (int i = 0; i < 12; ++i) append(std::string(1000, 'x'));
  ASSERT_TRUE(disk_->remove("store/commitlog/00000000000000004096").ok());
  const absl::Status status = reopen();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(status.message(), HasSubstr("missing"));
}

TEST_F(RecoveryTest, OtherSegmentSizesAreRefused) {
  ASSERT_TRUE(reopen().ok());
  ASSERT_TRUE(disk_->open("store/commitlog/00000000000000001000", Disk::OpenMode::kCreate).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(reopen()));
}

TEST_F(RecoveryTest, ALogKeepsTheSegmentSizeThatItWasMadeWith) {
  ASSERT_TRUE(reopen().ok());
  for (int i = 0; i < 5; ++i) append(std::string(1000, 'x'));
  options_.segment_bytes = 16 << 10;
  ASSERT_TRUE(reopen().ok());
  EXPECT_EQ(log_->segment_bytes(), 4096);
  EXPECT_EQ(bodies_.size(), 5u);
}

TEST_F(RecoveryTest, ALogOfOneFileWithoutARecordTakesALargerSegmentSize) {
  ASSERT_TRUE(reopen().ok());
  append("one");
  options_.segment_bytes = 16 << 10;
  ASSERT_TRUE(reopen().ok());
  EXPECT_EQ(log_->segment_bytes(), 4096) << "it is recorded";
  ASSERT_TRUE(disk_->remove("store/commitlog.segments").ok());
  ASSERT_TRUE(reopen().ok());
  EXPECT_EQ(bodies_, std::vector<std::string>{"one"});
  for (int i = 0; i < 5; ++i) append(std::string(1000, 'x'));
  EXPECT_EQ(log_->segments().size(), 1u);
  ASSERT_TRUE(reopen().ok());
  EXPECT_EQ(bodies_.size(), 6u);
}

TEST_F(RecoveryTest, ABlankRecordWithNothingBehindItIsTheEnd) {
  ASSERT_TRUE(reopen().ok());
  append(std::string(1900, 'x'));
  append(std::string(1900, 'y'));
  append("rolls");
  overwrite("store/commitlog/00000000000000004096", 0, std::string(200, '\0'));
  ASSERT_TRUE(reopen().ok());
  EXPECT_EQ(bodies_.size(), 2u);
  EXPECT_EQ(log_->end(), LogOffset(4096));
  append("again");
  ASSERT_TRUE(reopen().ok());
  EXPECT_EQ(bodies_.back(), "again");
}

TEST_F(RecoveryTest, TheVisitorsErrorEndsIt) {
  ASSERT_TRUE(reopen().ok());
  append("one");
  const auto refuse = [](const RecordView&) { return absl::InternalError("enough"); };
  for (const Verify verify : {Verify::kStructure, Verify::kChecksums}) {
    EXPECT_EQ(log_->visit(LogOffset(0), log_->end(), refuse, verify).message(), "enough");
  }
}

TEST_F(RecoveryTest, ArbitraryBytesAreNeverARecord) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SeededRandom random(seed);
    start_anew();
    append("sound");
    std::string bytes(1000, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.next());
    // Let some of it look like a record.
    const auto at = static_cast<size_t>(random.below(100));
    const std::string record = test_record("T", "fake");
    const auto part = static_cast<size_t>(random.below(record.size() - 1));
    bytes.replace(at, part, record, 0, part);
    overwrite(kFirstSegment, static_cast<uint64_t>(log_->end().value()), bytes);
    ASSERT_TRUE(reopen().ok()) << seed;
    EXPECT_EQ(bodies_, std::vector<std::string>{"sound"}) << seed;
  }
}

}  // namespace
}  // namespace petrel::store
