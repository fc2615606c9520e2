// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// What the store does about each fault in each kind of file: the table in store/README.md has one
// row for each test here. None may lose in silence, invent, or serve another record's bytes.
#include <functional>
#include <string>
#include <vector>

#include "common/concat.h"
#include "common/log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/crash/crash_run.h"
#include "tests/crash/index_view.h"

namespace petrel::store {
namespace {

using ::testing::HasSubstr;
using ::testing::Values;

constexpr int kSteps = 60;
using Operation = SimDisk::Operation;

absl::Status eio() { return absl::InternalError("Input/output error"); }

// A store with some log files, queue files and snapshots, after the end of its process.
class FaultTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ASSERT_TRUE(log::init({.level = log::Level::kError,
                           .file = concat(::testing::TempDir(), "petrel-faults-test.log")})
                    .ok());
  }
  static void TearDownTestSuite() { ASSERT_TRUE(log::init({}).ok()); }

  void fill(uint64_t seed = 1) {
    run_ = std::make_unique<CrashRun>(CrashRun::Options{.seed = seed});
    run_->add_view(index_view(Expect::kNoWrongRecord));
    ASSERT_TRUE(run_->open().ok());
    run_->work(kSteps);
    ASSERT_TRUE(run_->close().ok());
  }
  SimDisk& disk() { return run_->disk(); }
  std::vector<std::string> files(std::string_view path_part) {
    std::vector<std::string> found;
    for (const std::string& path : disk().files()) {
      if (path.find(path_part) != std::string::npos) found.push_back(path);
    }
    return found;
  }
  std::string last_file(std::string_view path_part) { return files(path_part).back(); }

  // Opens, and all is as it was.
  void expect_whole() {
    const absl::Status opened = run_->open();
    ASSERT_TRUE(opened.ok()) << opened;
    const absl::Status checked = run_->check();
    ASSERT_TRUE(checked.ok()) << checked;
  }
  // All is as it was but for what the store says to be damaged, or it is refused as that.
  static void expect_whole_or_told(CrashRun& run) {
    run.allow_damage();
    absl::Status status = run.open();
    if (status.ok()) status = run.check();
    ASSERT_TRUE(status.ok() || absl::IsDataLoss(status)) << status;
  }

  std::unique_ptr<CrashRun> run_;
};

// ---- operations that fail

struct FailingSnapshot {
  const char* path_part;
  Operation operation;
  absl::StatusCode code;
};

class SnapshotFaultTest : public FaultTest,
                          public ::testing::WithParamInterface<FailingSnapshot> {};

TEST_P(SnapshotFaultTest, CostsASnapshotAndTheNextIsWhole) {
  fill();
  expect_whole();
  disk().inject({.operation = GetParam().operation,
                 .path_part = GetParam().path_part,
                 .status = absl::Status(GetParam().code, "injected"),
                 .times = 3});
  run_->work(kSteps);
  EXPECT_TRUE(run_->failure().ok()) << "appends go on: " << run_->failure();
  disk().heal();
  run_->work(kSteps);
  run_->lose_power();
  expect_whole();
  EXPECT_TRUE(run_->compare_with_rebuild().ok());
}

INSTANTIATE_TEST_SUITE_P(
    , SnapshotFaultTest,
    Values(FailingSnapshot{"/consumequeue/", Operation::kWrite, absl::StatusCode::kInternal},
           FailingSnapshot{"/consumequeue/", Operation::kSync, absl::StatusCode::kInternal},
           FailingSnapshot{"/consumequeue/", Operation::kTruncate, absl::StatusCode::kInternal},
           FailingSnapshot{"/consumequeue/", Operation::kRemove, absl::StatusCode::kInternal},
           FailingSnapshot{"/consumequeue", Operation::kSyncDirectory, absl::StatusCode::kInternal},
           FailingSnapshot{"/consumequeue/", Operation::kWrite,
                           absl::StatusCode::kResourceExhausted},
           FailingSnapshot{"/snapshots/", Operation::kWrite, absl::StatusCode::kInternal},
           FailingSnapshot{"/snapshots/", Operation::kSync, absl::StatusCode::kInternal},
           FailingSnapshot{"/snapshots/", Operation::kRename, absl::StatusCode::kInternal},
           FailingSnapshot{"/snapshots/", Operation::kRemove, absl::StatusCode::kInternal},
           FailingSnapshot{"/snapshots", Operation::kSyncDirectory, absl::StatusCode::kInternal},
           FailingSnapshot{"/snapshots/", Operation::kWrite, absl::StatusCode::kResourceExhausted},
           FailingSnapshot{"/config/", Operation::kWrite, absl::StatusCode::kInternal},
           FailingSnapshot{"/config/", Operation::kSync, absl::StatusCode::kInternal},
           FailingSnapshot{"/config/", Operation::kRename, absl::StatusCode::kInternal},
           FailingSnapshot{"/config", Operation::kSyncDirectory, absl::StatusCode::kInternal},
           FailingSnapshot{"/config/", Operation::kWrite, absl::StatusCode::kResourceExhausted},
           FailingSnapshot{"/checkpoint", Operation::kWrite, absl::StatusCode::kInternal},
           FailingSnapshot{"/checkpoint", Operation::kSync, absl::StatusCode::kInternal},
           FailingSnapshot{"/checkpoint", Operation::kRename, absl::StatusCode::kInternal}));

struct FailingLog {
  const char* path_part;
  Operation operation;
};

class LogFaultTest : public FaultTest, public ::testing::WithParamInterface<FailingLog> {};

TEST_P(LogFaultTest, IsFinalAndNothingIsTriedAgain) {
  fill();
  expect_whole();
  disk().inject(
      {.operation = GetParam().operation, .path_part = GetParam().path_part, .status = eio()});
  run_->work(kSteps);
  EXPECT_THAT(run_->failure().message(), HasSubstr("Input/output error"));
  // The disk is sound again, but what it did not take is unknown.
  const int64_t operations = disk().operations();
  CommitLog& log = run_->store().log();
  EXPECT_FALSE(log.write_group(true, 0).ok());
  EXPECT_FALSE(log.sync_up_to(log.begin()).ok() && log.append("", {}).ok());
  EXPECT_FALSE(log.close().ok());
  EXPECT_LE(disk().operations() - operations, 1) << "the mark at most";
  run_->kill();
  expect_whole();
}

TEST_P(LogFaultTest, WhatCameBackAfterItOutlivesThePowerCutThatFollows) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    fill(seed);
    expect_whole();
    disk().inject(
        {.operation = GetParam().operation, .path_part = GetParam().path_part, .status = eio()});
    run_->work(kSteps);
    run_->kill();
    expect_whole();  // from the kernel's memory, which the disk may not agree with
    run_->lose_power();
    expect_whole();
  }
}

INSTANTIATE_TEST_SUITE_P(, LogFaultTest,
                         Values(FailingLog{"/commitlog/", Operation::kWrite},
                                FailingLog{"/commitlog/", Operation::kSync},
                                FailingLog{"/commitlog.synced", Operation::kWrite}));

TEST_F(FaultTest, AColdReadThatFailsHarmsThatReadOnly) {
  fill();
  expect_whole();
  disk().inject({.operation = Operation::kRead, .path_part = "/commitlog/", .status = eio()});
  EXPECT_THAT(run_->check().message(), HasSubstr("Input/output error"));
  EXPECT_TRUE(run_->check().ok());
  run_->work(kSteps);
  EXPECT_TRUE(run_->failure().ok());
}

TEST_F(FaultTest, AReadThatFailsAtStartRefusesItAndChangesNothing) {
  fill();
  const std::unique_ptr<SimDisk> before = disk().copy();
  for (const char* path : {"/commitlog/", "/commitlog.synced", "/snapshots/", "/config/"}) {
    disk().inject({.operation = Operation::kRead, .path_part = path, .status = eio()});
    EXPECT_THAT(run_->open().message(), HasSubstr("Input/output error")) << path;
    run_->kill();
  }
  for (const std::string& path : before->files()) {
    EXPECT_TRUE(SimDisk::same_bytes(*before, disk(), path)) << path;
  }
  expect_whole();
}

// ---- a full disk

TEST_F(FaultTest, AFullDiskRefusesAppendsAndTheyGoOnWhenThereIsRoom) {
  fill();
  expect_whole();
  disk().limit_space(disk().used_bytes() + 2000);
  run_->work(4 * kSteps);
  EXPECT_TRUE(run_->refused());
  run_->kill();
  expect_whole();
  disk().heal();
  run_->work(kSteps);
  EXPECT_TRUE(run_->failure().ok()) << run_->failure();
  run_->lose_power();
  expect_whole();
}

TEST_F(FaultTest, AFullDiskAtStartIsNoReasonNotToServe) {
  fill();
  disk().inject({.operation = Operation::kWrite,
                 .path_part = "/abort",
                 .status = absl::ResourceExhaustedError("no space left on device"),
                 .times = 1});
  expect_whole();
  EXPECT_FALSE(disk().has_file("store/abort"));
  // A snapshot is the next to write for RocketMQ.
  for (int i = 0; i < 10 && !disk().has_file("store/abort"); ++i) {
    run_->work(kSteps);
    ASSERT_TRUE(run_->failure().ok()) << run_->failure();
  }
  EXPECT_TRUE(disk().has_file("store/abort"));
  EXPECT_TRUE(run_->close().ok());
}

// So that what is stored can be consumed, and files be removed.
TEST_F(FaultTest, ALogOpensOnAFullDiskEvenWhenItNeedsTheNextFile) {
  SimDisk disk({});
  ASSERT_TRUE(disk.create_directories("store").ok());
  std::unique_ptr<CommitLog> log;
  const auto open = [&] {
    log = CommitLog::open(disk, "store/commitlog", small_log_options()).value();
    return log->recover(LogOffset(0));
  };
  ASSERT_TRUE(open().ok());
  disk.inject({.operation = Operation::kAllocate,
               .path_part = "/commitlog/",
               .status = absl::ResourceExhaustedError("no space left on device"),
               .times = 1000});
  // One group, so that the file is full before the next one was thought of.
  const std::string record = test_record("T", std::string(1900, 'x'));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(log->append(record, {}).ok());
  EXPECT_FALSE(log->close().ok());
  disk.restart();
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(log->end(), LogOffset(4096));
  EXPECT_TRUE(absl::IsResourceExhausted(log->append(record, {}).status()));
  ASSERT_TRUE(log->write_group(false, 0).ok());
  disk.heal();
  ASSERT_TRUE(log->write_group(false, 0).ok());
  EXPECT_EQ(log->append(record, {}).value(), LogOffset(4096));
  EXPECT_TRUE(log->close().ok());
}

// ---- a slow disk

TEST_F(FaultTest, WhileASyncTakesLongAppendsAndHotReadsGoOn) {
  fill();
  expect_whole();
  CommitLog& log = run_->store().log();
  const std::string record = test_record("topic0", "a body");
  const auto size = static_cast<int32_t>(record.size());
  log.append(record, {}).value();
  log.submit();
  int appended = 0;
  disk().set_hook([&](Operation operation, const std::string& path) {
    if (operation != Operation::kSync || path.find("/commitlog/") == std::string::npos) return;
    const absl::StatusOr<LogOffset> offset = log.append(record, {});
    if (offset.ok() && log.read_hot(*offset, size).has_value()) ++appended;
  });
  ASSERT_TRUE(log.write_group(true, 0).ok());
  EXPECT_GE(appended, 1);
  disk().set_hook(nullptr);
}

// ---- damage

TEST_F(FaultTest, ABitThatFlipsInASnapshotCostsTimeOnly) {
  fill();
  for (const std::string& path : files("/snapshots/")) {
    const size_t bytes = disk().bytes_of(path).size();
    for (size_t at = 0; at < bytes; ++at) {
      disk().flip_bit(path, at, static_cast<int>(at % 8));
      ASSERT_NO_FATAL_FAILURE(expect_whole()) << path << " " << at;
      run_->kill();
      disk().flip_bit(path, at, static_cast<int>(at % 8));
    }
  }
}

TEST_F(FaultTest, ABitThatFlipsInTheSyncMarkCostsNothing) {
  fill();
  for (uint64_t at = 0; at < 32; ++at) {
    disk().flip_bit("store/commitlog.synced", at, 3);
    ASSERT_NO_FATAL_FAILURE(expect_whole()) << at;
    run_->kill();  // it is written anew
  }
}

// They say nothing that is not said elsewhere: whatever becomes of them, the next stop leaves them
// as they should be.
TEST_F(FaultTest, DamageInTheFilesForRocketmqCostsNothing) {
  SeededRandom random(1);
  for (const char* path : {"store/config/state.json", "store/checkpoint", "store/abort"}) {
    const std::vector<std::function<void()>> damages = {
        [&] { disk().erase_file(path); },
        [&] { disk().put_file(path, ""); },
        [&] { disk().put_file(path, disk().bytes_of(path).substr(0, 5)); },
        [&] { disk().put_file(path, std::string(5000, '\xA7')); },
        [&] { disk().flip_bit(path, random.below(disk().bytes_of(path).size()), 3); },
    };
    for (const auto& damage : damages) {
      fill();
      disk().put_file("store/abort", "petrel\n");
      const std::string config = disk().bytes_of("store/config/state.json");
      damage();
      const absl::Status opened = run_->open();
      ASSERT_TRUE(opened.ok()) << path << opened;
      const absl::Status closed = run_->close();
      ASSERT_TRUE(closed.ok()) << path << closed;
      EXPECT_EQ(disk().bytes_of("store/config/state.json"), config);
      ASSERT_NO_FATAL_FAILURE(expect_whole()) << path;
      disk().erase_file("store/abort");  // while it is in use
      ASSERT_TRUE(run_->close().ok());
    }
  }
}

class DamageTest : public FaultTest, public ::testing::WithParamInterface<const char*> {
 protected:
  // Queues follow from the log, so nothing that happens to their files costs a message.
  void expect_what_is_promised() {
    if (std::string_view(GetParam()) == "/consumequeue/") {
      expect_whole();
    } else {
      expect_whole_or_told(*run_);
    }
  }
  // Of each file of the kind.
  template <typename F>
  void for_each_file(F&& damage) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      fill(seed);
      for (const std::string& path : files(GetParam())) {
        SCOPED_TRACE(concat("seed ", seed, " ", path));
        fill(seed);
        damage(path);
        ASSERT_NO_FATAL_FAILURE(expect_what_is_promised());
      }
    }
  }
};

TEST_P(DamageTest, AFlippedBitIsNeverServed) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    fill(seed);
    SeededRandom random(seed);
    for (const std::string& path : files(GetParam())) {
      fill(seed);
      // Queue files are mostly holes.
      const uint64_t bytes = std::min<uint64_t>(disk().bytes_of(path).size(), 4096);
      for (int i = 0; i < 100; ++i) {
        fill(seed);
        const uint64_t at = random.below(bytes);
        SCOPED_TRACE(concat("seed ", seed, " ", path, " at ", at));
        disk().flip_bit(path, at, static_cast<int>(random.below(8)));
        ASSERT_NO_FATAL_FAILURE(expect_what_is_promised());
      }
    }
  }
}

TEST_P(DamageTest, AMissingFileIsNoticed) {
  for_each_file([&](const std::string& path) {
    // Without its first file the log is as after a deletion.
    if (path != files("/commitlog/").front()) disk().erase_file(path);
  });
}

TEST_P(DamageTest, AnEmptyFileIsNoticed) {
  for_each_file([&](const std::string& path) { disk().put_file(path, ""); });
}

TEST_P(DamageTest, AShortFileIsNoticed) {
  for_each_file([&](const std::string& path) {
    disk().put_file(path, disk().bytes_of(path).substr(0, 300));
  });
}

TEST_P(DamageTest, GarbageIsNoticed) {
  for_each_file([&](const std::string& path) {
    SeededRandom random(7);
    std::string bytes = disk().bytes_of(path);
    bytes.resize(std::min<size_t>(bytes.size(), 8192));
    for (char& byte : bytes) byte = static_cast<char>(random.next());
    disk().put_file(path, bytes);
  });
}

TEST_P(DamageTest, ALostWriteIsNoticed) {
  for (const bool elsewhere : {false, true}) {
    for (uint64_t seed = 1; seed <= 30; ++seed) {
      SCOPED_TRACE(concat("seed ", seed, elsewhere ? " misdirected" : " lost"));
      fill(seed);
      expect_whole();
      if (elsewhere) {
        disk().misdirect_next_write(GetParam());
      } else {
        disk().lose_next_write(GetParam());
      }
      run_->work(kSteps);
      if (!run_->close().ok()) continue;
      disk().drop_caches();
      ASSERT_NO_FATAL_FAILURE(expect_what_is_promised());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, DamageTest,
                         Values("/commitlog/", "/commitlog.synced", "/consumequeue/", "/snapshots/",
                                "/index/", "/index.synced", "/config/", "/checkpoint"));

TEST_F(FaultTest, ForeignFilesAreLeftAlone) {
  fill();
  const std::vector<std::string> foreign = {"store/core.4711", "store/commitlog/notes.txt",
                                            "store/snapshots/old", "store/consumequeue/.keep",
                                            "store/consumequeue/topic0/0/lost+found"};
  for (const std::string& path : foreign) {
    if (path.find("topic0") == std::string::npos || !files("/topic0/0/").empty()) {
      disk().put_file(path, "not ours");
    }
  }
  expect_whole();
  ASSERT_TRUE(run_->close().ok());
  EXPECT_EQ(disk().bytes_of("store/commitlog/notes.txt"), "not ours");
  expect_whole();
}

}  // namespace
}  // namespace petrel::store
