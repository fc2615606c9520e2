// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/snapshot/snapshot_file.h"

#include <optional>

#include "absl/strings/escaping.h"
#include "common/concat.h"
#include "common/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/snapshot/snapshot_reader.h"

namespace petrel::store {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kPath[] = "snapshots/00000000000000004660";

Snapshot example() {
  Snapshot snapshot;
  snapshot.offset = LogOffset(0x1234);
  snapshot.created_ms = 0x0102030405060708;
  snapshot.begin = LogOffset(0x88);
  snapshot.store_id = "id";
  snapshot.topics = {{"A",
                      {{0, QueueOffset(1), QueueOffset(5), LogOffset(0x99), {0x111, 0x222, 0x333}},
                       {7, QueueOffset(0), QueueOffset(0), LogOffset(0), {}}}},
                     {"Empty", {}}};
  snapshot.state = {"state", "", "more"};
  return snapshot;
}

class SnapshotFileTest : public ::testing::Test {
 protected:
  SnapshotFileTest() { EXPECT_TRUE(disk_.create_directories("snapshots").ok()); }

  std::string written(const Snapshot& snapshot) {
    EXPECT_TRUE(write_snapshot(disk_, "snapshots", snapshot).ok());
    return disk_.bytes_of(snapshot_path("snapshots", snapshot.offset));
  }
  absl::StatusOr<Snapshot> read(std::string_view bytes) {
    disk_.put_file(kPath, bytes);
    return read_snapshot(disk_, kPath);
  }
  // The pieces that are handed out before what ends it.
  absl::Status read_pieces(std::string_view bytes, std::vector<SnapshotPiece>& pieces) {
    disk_.put_file(kPath, bytes);
    PETREL_ASSIGN_OR_RETURN(SnapshotReader reader, SnapshotReader::open(disk_, kPath));
    for (;;) {
      PETREL_ASSIGN_OR_RETURN(std::optional<SnapshotPiece> piece, reader.next());
      if (!piece.has_value()) return absl::OkStatus();
      pieces.push_back(*std::move(piece));
    }
  }
  // Something is wrong with the bytes: no piece is another than in a sound file.
  void expect_data_loss(std::string_view bytes, const std::vector<SnapshotPiece>& sound) {
    std::vector<SnapshotPiece> pieces;
    EXPECT_TRUE(absl::IsDataLoss(read_pieces(bytes, pieces)));
    ASSERT_LE(pieces.size(), sound.size());
    for (size_t i = 0; i < pieces.size(); ++i) EXPECT_EQ(pieces[i], sound[i]);
  }

  SimDisk disk_{{}};
};

TEST_F(SnapshotFileTest, HasTheseBytes) {
  EXPECT_EQ(absl::BytesToHexString(written(example())),
            "5054524c534e4150"  // magic
            "00000003"          // version
            "6e8a7926"          // checksum
            "0000000000001234"  // log offset
            "0102030405060708"  // created
            "0000000000000088"  // begin
            "6964" +
                std::string(76, '0') +  // store id
                "00000001"              // queues
                "0000007e"
                "ad8c7bd9"
                "00000002"  // topics
                "0001"
                "41"
                "00000002"
                "00000000"
                "0000000000000001"
                "0000000000000005"
                "0000000000000099"
                "0000000000000111"
                "0000000000000222"
                "0000000000000333"
                "00000007" +
                std::string(96, '0') +
                "0005"
                "456d707479"
                "00000000"
                "00000002"  // state
                "00000005"
                "640d39a7"
                "7374617465"
                "00000002"
                "00000000"
                "52bd404e"
                "00000002"
                "00000004"
                "22037131"
                "6d6f7265"
                "00000003"  // end
                "00000008"
                "a2504fc9"
                "0000000000000004");
}

TEST_F(SnapshotFileTest, ComesBackAsItWas) {
  EXPECT_EQ(read(written(example())).value(), example());
  EXPECT_EQ(read(written({})).value(), Snapshot{});
}

TEST_F(SnapshotFileTest, VersionTwoHasNoTotalsAndOnePieceOfState) {
  const Snapshot snapshot =
      read(absl::HexStringToBytes("5054524c534e41500000000286f8e0cf0000000000000083"
                                  "00000000000012340102030405060708000000020001410000000200000000"
                                  "0000000000000001000000000000000500000000000000990000000700000000"
                                  "000000000000000000000000000000000000000000"
                                  "05456d7074790000000000000000000000057374617465"))
          .value();
  EXPECT_EQ(snapshot.offset, example().offset);
  EXPECT_EQ(snapshot.created_ms, example().created_ms);
  EXPECT_EQ(snapshot.begin, LogOffset(0));
  EXPECT_THAT(snapshot.state, ElementsAre("state"));
  ASSERT_EQ(snapshot.topics.size(), 2u);
  QueueBounds queue = example().topics[0].queues[0];
  queue.totals = {};
  EXPECT_EQ(snapshot.topics[0].queues[0], queue);
  EXPECT_EQ(snapshot.topics[1], example().topics[1]);
}

TEST_F(SnapshotFileTest, VersionOneHasNoFronts) {
  const Snapshot snapshot =
      read(absl::HexStringToBytes("5054524c534e4150000000014292059c0000000000000073"
                                  "0000000000001234010203040506070800000002000141"
                                  "0000000200000000000000000000000100000000000000"
                                  "050000000700000000000000000000000000000000"
                                  "0005456d707479000000000000000000000005"
                                  "7374617465"))
          .value();
  EXPECT_THAT(snapshot.state, ElementsAre("state"));
  ASSERT_EQ(snapshot.topics.size(), 2u);
  EXPECT_EQ(snapshot.topics[0].queues[0].max, QueueOffset(5));
  EXPECT_EQ(snapshot.topics[0].queues[0].front, LogOffset(0));
}

TEST_F(SnapshotFileTest, CutAnywhereIsDataLossAndNoPieceIsWrong) {
  const std::string bytes = written(example());
  std::vector<SnapshotPiece> sound;
  ASSERT_TRUE(read_pieces(bytes, sound).ok());
  ASSERT_EQ(sound.size(), 4u);
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    SCOPED_TRACE(cut);
    expect_data_loss(bytes.substr(0, cut), sound);
  }
  expect_data_loss(bytes + '\0', sound);
}

TEST_F(SnapshotFileTest, AnyFlippedBitIsDataLossAndNoPieceIsWrong) {
  std::string bytes = written(example());
  std::vector<SnapshotPiece> sound;
  ASSERT_TRUE(read_pieces(bytes, sound).ok());
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    SCOPED_TRACE(bit);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    expect_data_loss(bytes, sound);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
  }
}

TEST_F(SnapshotFileTest, ALaterVersionIsNamedAndNotTakenForDamage) {
  std::string bytes = written(example());
  bytes[11] = 4;
  EXPECT_TRUE(absl::IsDataLoss(read(bytes).status())) << "its checksum is that of version 3";
  bytes[40] ^= 1;  // as a checksum that is made otherwise
  const absl::Status later = read(bytes).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(later)) << later;
  EXPECT_THAT(later.message(), AllOf(HasSubstr("format 4"), HasSubstr("up to 3")));
  bytes[8] = 'x';
  EXPECT_TRUE(absl::IsDataLoss(read(bytes).status())) << "there will be no such version";
}

TEST_F(SnapshotFileTest, PiecesOfEqualContentCannotChangePlaces) {
  Snapshot snapshot = example();
  snapshot.topics.clear();
  snapshot.state = {"one", "two"};
  std::string bytes = written(snapshot);
  constexpr size_t kFirst = 80;
  constexpr size_t kPiece = 12 + 3;
  const std::string first = bytes.substr(kFirst, kPiece);
  bytes.erase(kFirst, kPiece);
  bytes.insert(kFirst + kPiece, first);
  EXPECT_TRUE(absl::IsDataLoss(read(bytes).status()));
}

TEST_F(SnapshotFileTest, ManyQueuesAreManyPieces) {
  Snapshot snapshot = example();
  snapshot.topics.clear();
  for (int topic = 100; topic < 400; ++topic) {
    TopicBounds& bounds = snapshot.topics.emplace_back();
    bounds.topic = concat("topic", topic);
    for (int id = 0; id < (topic == 200 ? 12'000 : 20); ++id) {
      bounds.queues.push_back(
          {.queue_id = id, .min = QueueOffset(id), .max = QueueOffset(topic + id)});
    }
  }
  const std::string bytes = written(snapshot);
  std::vector<SnapshotPiece> pieces;
  ASSERT_TRUE(read_pieces(bytes, pieces).ok());
  EXPECT_EQ(pieces.size(), bytes.size() / kSnapshotPieceBytes + 1 + snapshot.state.size());
  EXPECT_EQ(read(bytes).value(), snapshot);
}

TEST_F(SnapshotFileTest, APieceThatNobodyWouldReadIsNotWritten) {
  Snapshot snapshot = example();
  snapshot.state.emplace_back(kSnapshotPieceBytesMax + 1, 'x');
  EXPECT_TRUE(absl::IsInvalidArgument(write_snapshot(disk_, "snapshots", snapshot)));
  EXPECT_FALSE(disk_.has_file(kPath));
}

TEST_F(SnapshotFileTest, OnlyTheNewestAreKept) {
  for (const int64_t offset : {10, 20, 30}) {
    Snapshot snapshot = example();
    snapshot.offset = LogOffset(offset);
    ASSERT_TRUE(write_snapshot(disk_, "snapshots", snapshot).ok());
  }
  ASSERT_TRUE(disk_.open("snapshots/00000000000000000040.tmp", Disk::OpenMode::kCreate).ok());
  ASSERT_TRUE(prune_snapshots(disk_, "snapshots", 2).ok());
  EXPECT_THAT(*disk_.list("snapshots"),
              ElementsAre("00000000000000000020", "00000000000000000030"));
  EXPECT_THAT(*list_snapshots(disk_, "snapshots"), ElementsAre(LogOffset(30), LogOffset(20)));
}

TEST_F(SnapshotFileTest, AWrittenSnapshotSurvivesPowerLoss) {
  ASSERT_TRUE(write_snapshot(disk_, "snapshots", example()).ok());
  disk_.crash();
  EXPECT_EQ(read_snapshot(disk_, kPath).value(), example());
}

}  // namespace
}  // namespace petrel::store
