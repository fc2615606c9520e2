// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/damage_list.h"

#include <string>
#include <vector>

#include "common/check.h"
#include "common/concat.h"
#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/disk/whole_file.h"

namespace petrel::store {
namespace {

constexpr char kPath[] = "store/commitlog.damaged";

class DamageListTest : public ::testing::Test {
 protected:
  void SetUp() override {
    PETREL_CHECK_OK(disk_.create_directories("store"));
    reopen();
  }
  void reopen() { list_ = DamageList::open(disk_, kPath).value(); }
  void add(int64_t begin, int64_t end, std::string why = "why") {
    list_->add({.begin = LogOffset(begin),
                .end = LogOffset(end),
                .file = "file",
                .why = std::move(why),
                .record = {}});
  }
  std::string text() {
    std::string all;
    for (const DamagedRange& range : list_->ranges()) {
      all += concat(range.begin.value(), "-", range.end.value(), " ");
    }
    return all;
  }

  SimDisk disk_{{}};
  std::unique_ptr<DamageList> list_;
};

TEST_F(DamageListTest, RangesAreInOrderAndThoseThatTouchAreOne) {
  add(500, 600);
  add(100, 200);
  add(150, 160);
  add(200, 300);
  add(900, 950);
  EXPECT_EQ(text(), "100-300 500-600 900-950 ");
  add(50, 700);
  EXPECT_EQ(text(), "50-700 900-950 ");
  EXPECT_EQ(list_->count(), 2);
  EXPECT_EQ(list_->bytes(), 700);
}

TEST_F(DamageListTest, TheFileIsTextThatOutlivesTheProcess) {
  add(500, 600, "wrong\nmagic");
  add(700, 800);
  EXPECT_EQ(*read_whole_file(disk_, kPath), "500 600 file: wrong magic\n700 800 file: why\n");
  disk_.crash();
  reopen();
  EXPECT_EQ(text(), "500-600 700-800 ");
  EXPECT_EQ(list_->ranges()[0].why, "wrong magic");
  EXPECT_EQ(list_->bytes(), 200);
}

TEST_F(DamageListTest, WithoutDamageThereIsNoFile) {
  add(500, 600);
  list_->remove_if([](const DamagedRange& range) { return range.begin == LogOffset(500); });
  EXPECT_EQ(list_->count(), 0);
  EXPECT_TRUE(absl::IsNotFound(read_whole_file(disk_, kPath).status()));
  reopen();
  EXPECT_EQ(list_->count(), 0);
}

TEST_F(DamageListTest, LinesThatDoNotParseAreLeftOut) {
  PETREL_CHECK_OK(write_whole_file(disk_, kPath,
                                   "# by hand\n5 9 f: w\n8 7 f: backwards\n6 12 f: overlaps\n"
                                   "20 x f: w\n99999999999999999999 1 f: w\n30 40 no colon\n"
                                   "50 60 f: last"));
  reopen();
  EXPECT_EQ(text(), "5-9 50-60 ");
}

TEST_F(DamageListTest, ADiskThatTakesNoFileStillGivesTheNumbers) {
  disk_.inject({.operation = SimDisk::Operation::kWrite,
                .path_part = "damaged",
                .status = absl::InternalError("no"),
                .times = 100});
  add(500, 600);
  EXPECT_EQ(list_->count(), 1);
}

}  // namespace
}  // namespace petrel::store
