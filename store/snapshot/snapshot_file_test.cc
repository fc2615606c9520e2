// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/snapshot/snapshot_file.h"

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"

namespace petrel::store {
namespace {

using ::testing::ElementsAre;

Snapshot example() {
  Snapshot snapshot;
  snapshot.offset = LogOffset(0x1234);
  snapshot.created_ms = 0x0102030405060708;
  snapshot.topics = {{"A",
                      {{0, QueueOffset(1), QueueOffset(5), LogOffset(0x99)},
                       {7, QueueOffset(0), QueueOffset(0), LogOffset(0)}}},
                     {"Empty", {}}};
  snapshot.state = "state";
  return snapshot;
}

TEST(SnapshotFile, HasTheseBytes) {
  EXPECT_EQ(absl::BytesToHexString(encode_snapshot(example())),
            "5054524c534e4150"  // magic
            "00000002"          // version
            "86f8e0cf"          // checksum
            "0000000000000083"  // size
            "0000000000001234"  // log offset
            "0102030405060708"  // created
            "00000002"          // topics
            "0001"
            "41"
            "00000002"
            "00000000"
            "0000000000000001"
            "0000000000000005"
            "0000000000000099"
            "00000007"
            "0000000000000000"
            "0000000000000000"
            "0000000000000000"
            "0005"
            "456d707479"
            "00000000"
            "0000000000000005"
            "7374617465");
}

TEST(SnapshotFile, ComesBackAsItWas) {
  const Snapshot snapshot = decode_snapshot(encode_snapshot(example())).value();
  EXPECT_EQ(snapshot.offset, example().offset);
  EXPECT_EQ(snapshot.created_ms, example().created_ms);
  EXPECT_EQ(snapshot.topics, example().topics);
  EXPECT_EQ(snapshot.state, example().state);
}

TEST(SnapshotFile, VersionOneHasNoFronts) {
  const Snapshot snapshot =
      decode_snapshot(absl::HexStringToBytes("5054524c534e4150000000014292059c0000000000000073"
                                             "0000000000001234010203040506070800000002000141"
                                             "0000000200000000000000000000000100000000000000"
                                             "050000000700000000000000000000000000000000"
                                             "0005456d707479000000000000000000000005"
                                             "7374617465"))
          .value();
  EXPECT_EQ(snapshot.state, "state");
  ASSERT_EQ(snapshot.topics.size(), 2u);
  EXPECT_EQ(snapshot.topics[0].queues[0].max, QueueOffset(5));
  EXPECT_EQ(snapshot.topics[0].queues[0].front, LogOffset(0));
}

TEST(SnapshotFile, CutAnywhereIsDataLoss) {
  const std::string bytes = encode_snapshot(example());
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_TRUE(absl::IsDataLoss(decode_snapshot(bytes.substr(0, cut)).status())) << cut;
  }
}

TEST(SnapshotFile, AnyFlippedBitIsDataLoss) {
  std::string bytes = encode_snapshot(example());
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    EXPECT_TRUE(absl::IsDataLoss(decode_snapshot(bytes).status())) << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
  }
}

TEST(SnapshotFile, OnlyTheNewestAreKept) {
  SimDisk disk{{}};
  ASSERT_TRUE(disk.create_directories("snapshots").ok());
  for (const int64_t offset : {10, 20, 30}) {
    Snapshot snapshot = example();
    snapshot.offset = LogOffset(offset);
    ASSERT_TRUE(write_snapshot(disk, "snapshots", snapshot).ok());
  }
  ASSERT_TRUE(disk.open("snapshots/00000000000000000040.tmp", Disk::OpenMode::kCreate).ok());
  ASSERT_TRUE(prune_snapshots(disk, "snapshots", 2).ok());
  EXPECT_THAT(*disk.list("snapshots"), ElementsAre("00000000000000000020", "00000000000000000030"));
  EXPECT_THAT(*list_snapshots(disk, "snapshots"), ElementsAre(LogOffset(30), LogOffset(20)));
}

TEST(SnapshotFile, AWrittenSnapshotSurvivesPowerLoss) {
  SimDisk disk{{}};
  ASSERT_TRUE(disk.create_directories("snapshots").ok());
  ASSERT_TRUE(write_snapshot(disk, "snapshots", example()).ok());
  disk.crash();
  EXPECT_TRUE(read_snapshot(disk, snapshot_path("snapshots", example().offset)).ok());
}

}  // namespace
}  // namespace petrel::store
