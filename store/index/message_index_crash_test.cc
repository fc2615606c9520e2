// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// An index loses power at every operation, and is compared, byte for byte, with one that is built
// anew from the log that is left.
#include "common/log.h"
#include "common/random.h"
#include "common/status.h"
#include "gtest/gtest.h"
#include "store/index/message_index_test_util.h"

namespace petrel::store {
namespace {

constexpr int kSteps = 50;

class MessageIndexCrashTest : public ::testing::TestWithParam<bool> {
 protected:
  static void SetUpTestSuite() {  // Thousands of expected failures.
    ASSERT_TRUE(log::init({.level = log::Level::kError,
                           .file = concat(::testing::TempDir(), "petrel-index-crash-test.log")})
                    .ok());
  }
  static void TearDownTestSuite() { ASSERT_TRUE(log::init({}).ok()); }

  static absl::Status step(IndexedLog& world, Random& random) {
    switch (random.below(10)) {
      case 0:
        return world.index().flush();
      case 1:
      case 2:
        return world.follow();
      case 3:
        return world.index().follow(world.log().end(), 300);
      default:
        return world.send(concat("topic", random.below(2)),
                          random.below(4) == 0 ? "a b c d" : concat("key", random.below(5)),
                          random.below(4) == 0);
    }
  }
  static void work(IndexedLog& world, Random& random, int steps) {
    for (int i = 0; i < steps; ++i) {
      if (!step(world, random).ok()) return;
    }
  }
  // After a crash: what is there is like a rebuild, and complete.
  static void recover_and_check(IndexedLog& world) {
    const absl::Status opened = world.open();
    ASSERT_TRUE(opened.ok()) << opened;
    ASSERT_LE(world.index().indexed(), world.log().end());
    ASSERT_TRUE(world.follow().ok());
    ASSERT_TRUE(world.index().flush().ok());
    ASSERT_EQ(world.files("store"), world.rebuilt_files());
    int64_t records = 0;
    ASSERT_TRUE(world.log()
                    .visit(LogOffset(0), world.log().end(),
                           [&](const RecordView& record) {
                             ++records;
                             const std::string_view id =
                                 find_property(record.properties, "UNIQ_KEY");
                             EXPECT_EQ(world.find(record.topic, id),
                                       std::vector<std::string>{std::string(record.body)});
                             return absl::OkStatus();
                           })
                    .ok());
    world.forget_sent_behind(records);
  }
  static void crash(IndexedLog& world) {
    world.close();
    world.disk().crash();
  }
};

INSTANTIATE_TEST_SUITE_P(, MessageIndexCrashTest, ::testing::Bool(), [](const auto& how) {
  return how.param ? "UnsyncedSectorsAreLostEachForItself" : "UnsyncedSectorsAreLostFromSomePoint";
});

TEST_P(MessageIndexCrashTest, PowerLossAtEveryOperation) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    SeededRandom whole(seed);
    IndexedLog uncut({.seed = seed, .reorder = GetParam()});
    ASSERT_TRUE(uncut.open().ok());
    work(uncut, whole, kSteps);
    const int64_t operations = uncut.disk().operations();
    for (int64_t cut = 0; cut < operations; ++cut) {
      SCOPED_TRACE(concat("seed ", seed, " cut at operation ", cut));
      SeededRandom random(seed);
      IndexedLog world({.seed = seed, .reorder = GetParam()});
      world.disk().cut_power_at(cut);
      if (world.open().ok()) work(world, random, kSteps);
      crash(world);
      ASSERT_NO_FATAL_FAILURE(recover_and_check(world));
      work(world, random, 15);
      crash(world);
      ASSERT_NO_FATAL_FAILURE(recover_and_check(world));
    }
  }
}

TEST_P(MessageIndexCrashTest, PowerLossDuringRecovery) {
  for (uint64_t seed = 100; seed < 200; ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    SeededRandom random(seed);
    IndexedLog world({.seed = seed, .reorder = GetParam()});
    world.disk().cut_power_at(static_cast<int64_t>(random.below(200)));
    if (world.open().ok()) work(world, random, kSteps);
    crash(world);
    for (int64_t cut = 0; cut < 10; ++cut) {
      world.disk().cut_power_at(world.disk().operations() + cut);
      if (world.open().ok()) work(world, random, 3);
      crash(world);
    }
    ASSERT_NO_FATAL_FAILURE(recover_and_check(world));
  }
}

TEST_P(MessageIndexCrashTest, AFailedWriteOrSyncIsLikeACrash) {
  for (const auto operation : {SimDisk::Operation::kWrite, SimDisk::Operation::kSync,
                               SimDisk::Operation::kTruncate, SimDisk::Operation::kSyncDirectory}) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
      SCOPED_TRACE(concat("operation ", static_cast<int>(operation), " seed ", seed));
      SeededRandom random(seed);
      IndexedLog world({.seed = seed, .reorder = GetParam()});
      ASSERT_TRUE(world.open().ok());
      work(world, random, static_cast<int>(random.below(kSteps)));
      world.disk().inject({.operation = operation,
                           .path_part = "store/index",
                           .status = absl::InternalError("EIO")});
      work(world, random, kSteps);
      world.disk().heal();
      ASSERT_NO_FATAL_FAILURE(recover_and_check(world));
      crash(world);
      ASSERT_NO_FATAL_FAILURE(recover_and_check(world));
    }
  }
}

}  // namespace
}  // namespace petrel::store
