// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/store_backup.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/temp_directory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/disk/forwarding_disk.h"
#include "store/log/file_names.h"
#include "store/queue/deliver_test_util.h"
#include "store/testing/open_store.h"

namespace petrel::store {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// The real disk, on which a test lets things happen while files are opened and read.
class MeddlingDisk final : public ForwardingDisk {
 public:
  using ReadHook = std::function<void(const std::string& path, uint64_t at, std::span<char> bytes)>;

  MeddlingDisk() : ForwardingDisk(make_posix_disk()) {}

  absl::StatusOr<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    if (on_open && !is_busy_) {
      is_busy_ = true;
      on_open(path);
      is_busy_ = false;
    }
    PETREL_ASSIGN_OR_RETURN(std::unique_ptr<File> file, ForwardingDisk::open(path, mode));
    return std::make_unique<MeddlingFile>(*this, path, std::move(file));
  }
  absl::StatusOr<DiskSpace> space(const std::string& directory) override {
    PETREL_ASSIGN_OR_RETURN(DiskSpace space, ForwardingDisk::space(directory));
    space.available_bytes = std::min(space.available_bytes, available_max);
    return space;
  }

  std::function<void(const std::string& path)> on_open;
  ReadHook on_read;
  std::function<absl::Status(const std::string& path)> on_write;
  uint64_t available_max = std::numeric_limits<uint64_t>::max();

 private:
  class MeddlingFile final : public ForwardingFile {
   public:
    MeddlingFile(MeddlingDisk& disk, std::string path, std::unique_ptr<File> file)
        : ForwardingFile(std::move(file)), disk_(disk), path_(std::move(path)) {}
    absl::Status read(uint64_t offset, std::span<char> into) const override {
      PETREL_RETURN_IF_ERROR(ForwardingFile::read(offset, into));
      if (disk_.on_read) disk_.on_read(path_, offset, into);
      return absl::OkStatus();
    }
    absl::Status write(uint64_t offset, std::span<const iovec> parts) override {
      if (disk_.on_write) PETREL_RETURN_IF_ERROR(disk_.on_write(path_));
      return ForwardingFile::write(offset, parts);
    }

   private:
    MeddlingDisk& disk_;
    const std::string path_;
  };

  bool is_busy_ = false;  // what a hook does is not meddled with
};

class StoreBackupTest : public ::testing::Test {
 protected:
  static constexpr char kStateTopic[] = "state";

  StoreBackupTest() { open(); }
  ~StoreBackupTest() override {
    disk_.on_open = nullptr;
    disk_.on_read = nullptr;
    disk_.on_write = nullptr;
  }

  // One store: the original, and none of a copy.
  absl::Status open_at(const std::string& directory) {
    store_.reset();
    executor_.drop_all();
    absl::StatusOr<std::unique_ptr<MessageStore>> store =
        open_store(*own_disk_, clock_, executor_,
                   {.directory = directory, .log = small_log_options()}, owner_);
    if (!store.ok()) return store.status();
    store_ = *std::move(store);
    return absl::OkStatus();
  }
  void open() { ASSERT_TRUE(open_at(from_).ok()); }
  void close() {
    ASSERT_TRUE(close_store(*store_, {"state"}).ok());
    store_.reset();
  }
  int64_t send() {
    const std::string record = test_record("orders", concat("body ", sent_));
    const auto placed =
        append_and_commit(*store_, record, 0, 1'700'000'000'000 + 1'300 * sent_, /*sync=*/true);
    EXPECT_TRUE(placed.ok()) << placed.status();
    ++sent_;
    return placed.ok() ? placed->log_offset.value() : -1;
  }
  void send(int count) {
    for (int i = 0; i < count; ++i) send();
  }
  void snapshot() { ASSERT_TRUE(make_snapshot(*store_, executor_, "state").ok()); }
  std::string log_file(int64_t start) const {
    return concat(from_, "/commitlog/", offset_file_name(start));
  }
  static int64_t segment_of(int64_t offset) {
    return offset / small_log_options().segment_bytes * small_log_options().segment_bytes;
  }
  // As retention does, oldest first; all files that are below `end`.
  void delete_below(int64_t end) {
    for (int64_t start = 0; start + small_log_options().segment_bytes <= end;
         start += small_log_options().segment_bytes) {
      fs::remove(log_file(start));
    }
  }
  void flip_bit(const std::string& path, int64_t at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(at);
    file.put(byte);
  }

  absl::StatusOr<StoreBackup> back_up() {
    return back_up_store(disk_, from_, to_, {.state_topic = kStateTopic});
  }
  // The copy opens, and has the messages [from, to) of the queue.
  void expect_messages(int64_t from, int64_t to) {
    const absl::Status opened = open_at(to_);
    ASSERT_TRUE(opened.ok()) << opened;
    ConsumeQueue* const queue = store_->find_queue("orders", 0);
    ASSERT_NE(queue, nullptr);
    EXPECT_LE(queue->min(), QueueOffset(from));
    EXPECT_GE(queue->max(), QueueOffset(to));
    for (int64_t i = from; i < to; ++i) {
      const auto body = deliver_body(*store_, executor_, *queue, QueueOffset(i));
      ASSERT_TRUE(body.ok()) << i << ": " << body.status();
      EXPECT_EQ(*body, concat("body ", i));
    }
  }

  const TempDirectory dir_;
  const std::string from_ = dir_.file("store");
  const std::string to_ = dir_.file("backup");
  std::unique_ptr<Disk> own_disk_ = make_posix_disk();
  MeddlingDisk disk_;
  ManualClock clock_;
  ManualExecutor executor_;
  StatelessOwner owner_;
  std::unique_ptr<MessageStore> store_;
  int64_t sent_ = 0;
};

TEST_F(StoreBackupTest, OfAnOpenStoreHasWhatWasWritten) {
  send(40);
  snapshot();
  send(40);
  const absl::StatusOr<StoreBackup> backup = back_up();
  ASSERT_TRUE(backup.ok()) << backup.status();
  EXPECT_TRUE(backup->report.sound());
  EXPECT_EQ(backup->log_begin, 0);
  EXPECT_EQ(backup->log_end, store_->log().end().value());
  EXPECT_GT(backup->snapshot.value_or(0), 0);
  send(10);  // of which the copy knows nothing
  expect_messages(0, 80);
  EXPECT_EQ(store_->find_queue("orders", 0)->max(), QueueOffset(80));
}

TEST_F(StoreBackupTest, OfAStoppedStoreOpensAndGoesOn) {
  send(60);
  close();
  ASSERT_TRUE(back_up().ok());
  expect_messages(0, 60);
  EXPECT_EQ(send() > 0, true);
  snapshot();
  close();
  const auto report = verify_store(*own_disk_, to_, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->sound());
}

TEST_F(StoreBackupTest, HasNothingOfTheRoomThatTheLogReserves) {
  send(3);
  ASSERT_TRUE(back_up().ok());
  const std::string last = concat("/commitlog/", offset_file_name(0));
  EXPECT_EQ(fs::file_size(from_ + last), static_cast<uintmax_t>(small_log_options().segment_bytes));
  EXPECT_EQ(fs::file_size(to_ + last), static_cast<uintmax_t>(store_->log().end().value()));
  expect_messages(0, 3);
  EXPECT_EQ(fs::file_size(to_ + last), fs::file_size(from_ + last)) << "made whole by the start";
}

TEST_F(StoreBackupTest, WithoutARecordOfTheirSizeTheLastFileIsWhole) {
  send(3);
  close();
  fs::remove(from_ + "/commitlog.segments");
  ASSERT_TRUE(back_up().ok());
  const std::string last = concat("/commitlog/", offset_file_name(0));
  EXPECT_EQ(fs::file_size(to_ + last), fs::file_size(from_ + last));
  expect_messages(0, 3);
}

TEST_F(StoreBackupTest, WithoutASnapshotTheWholeLogIsThere) {
  send(30);
  ASSERT_TRUE(back_up().ok());
  expect_messages(0, 30);
}

TEST_F(StoreBackupTest, SendsThatGoOnDoNotHarmIt) {
  send(40);
  snapshot();
  send(20);
  disk_.on_open = [this](const std::string& path) {
    if (path.starts_with(from_) && sent_ < 300) send(3);
    if (sent_ % 50 == 0) snapshot();
  };
  const absl::StatusOr<StoreBackup> backup = back_up();
  ASSERT_TRUE(backup.ok()) << backup.status();
  EXPECT_FALSE(backup->report.damaged());
  EXPECT_GT(sent_, 60);
  disk_.on_open = nullptr;
  expect_messages(0, 60);
}

// A reader may see the second half of what is being written and not the first.
TEST_F(StoreBackupTest, AWriteThatIsUnderWayIsNotTakenForDamage) {
  send(40);
  snapshot();
  send(5);
  const int64_t under_way = send();
  send(5);
  int misses = 0;
  disk_.on_read = [&](const std::string& path, uint64_t at, std::span<char> bytes) {
    const int64_t in_file = under_way - segment_of(under_way);
    const int64_t in_bytes = in_file - static_cast<int64_t>(at);
    if (path != log_file(segment_of(under_way)) || misses > 0 || in_bytes < 0 ||
        in_bytes + 50 > static_cast<int64_t>(bytes.size())) {
      return;
    }
    ++misses;
    std::fill_n(bytes.begin() + in_bytes, 50, '\0');
  };
  const absl::StatusOr<StoreBackup> backup = back_up();
  ASSERT_TRUE(backup.ok()) << backup.status();
  EXPECT_EQ(misses, 1);
  EXPECT_TRUE(backup->report.sound());
  EXPECT_EQ(backup->log_end, store_->log().end().value());
  expect_messages(0, 51);
}

TEST_F(StoreBackupTest, WhatRetentionDeletesMeanwhileIsLeftOut) {
  send(180);
  snapshot();
  snapshot();
  send(10);
  const int64_t second = small_log_options().segment_bytes;
  ASSERT_GT(store_->log().end().value(), 5 * second);
  int opened = 0;
  disk_.on_open = [&](const std::string& path) {
    // Once it is listed, once copied.
    if (path == log_file(second) && ++opened == 2) delete_below(2 * second);
  };
  const absl::StatusOr<StoreBackup> backup = back_up();
  ASSERT_TRUE(backup.ok()) << backup.status();
  EXPECT_EQ(opened, 2);
  EXPECT_EQ(backup->log_begin, 2 * second);
  EXPECT_FALSE(backup->report.damaged());
  expect_messages(70, 190);
}

TEST_F(StoreBackupTest, ANewerSnapshotIsTakenWhenTheLogOfTheFirstIsDeleted) {
  send(40);
  snapshot();
  const int64_t first = store_->log().end().value();
  send(20);
  bool deleted = false;
  disk_.on_open = [&](const std::string& path) {
    const bool copies = fs::exists(concat(to_, ".partial/commitlog"));
    if (deleted || !copies || path != log_file(segment_of(first))) return;
    deleted = true;
    send(60);
    snapshot();
    send(1);
    snapshot();
    delete_below(segment_of(first) + small_log_options().segment_bytes);
  };
  const absl::StatusOr<StoreBackup> backup = back_up();
  ASSERT_TRUE(backup.ok()) << backup.status();
  EXPECT_TRUE(deleted);
  EXPECT_GT(backup->snapshot.value_or(0), first);
  EXPECT_FALSE(backup->report.damaged());
  expect_messages(70, 121);
}

TEST_F(StoreBackupTest, AfterTheFirstFileWasDeletedItOpens) {
  send(100);
  snapshot();
  snapshot();
  close();
  delete_below(3 * small_log_options().segment_bytes);
  open();
  send(5);
  const absl::StatusOr<StoreBackup> backup = back_up();
  ASSERT_TRUE(backup.ok()) << backup.status();
  EXPECT_EQ(backup->log_begin, 3 * small_log_options().segment_bytes);
  const QueueOffset min = store_->find_queue("orders", 0)->min();
  EXPECT_GT(min, QueueOffset(0));
  expect_messages(min.value(), 105);
}

TEST_F(StoreBackupTest, AnInterruptedOneIsNotTakenForAWholeOne) {
  send(40);
  snapshot();
  disk_.on_write = [](const std::string& path) {
    return path.find("snapshots") == std::string::npos ? absl::OkStatus()
                                                       : absl::InternalError("interrupted");
  };
  EXPECT_EQ(back_up().status().message(), "interrupted");
  EXPECT_FALSE(fs::exists(to_));
  EXPECT_TRUE(fs::exists(concat(to_, ".partial")));
  disk_.on_write = nullptr;
  const absl::Status again = back_up().status();
  EXPECT_TRUE(absl::IsAlreadyExists(again)) << again;
  EXPECT_THAT(std::string(again.message()), HasSubstr("interrupted backup"));
}

TEST_F(StoreBackupTest, GoesToAnEmptyDirectoryAndToNoOther) {
  send(5);
  fs::create_directory(to_);
  EXPECT_TRUE(back_up().ok());
  EXPECT_TRUE(absl::IsAlreadyExists(back_up().status()));
  const auto into = [&](const std::string& to) {
    return back_up_store(disk_, from_, to, {.state_topic = kStateTopic}).status();
  };
  EXPECT_TRUE(absl::IsInvalidArgument(into(from_)));
  EXPECT_TRUE(absl::IsInvalidArgument(into(concat(from_, "/backup"))));
  EXPECT_TRUE(
      absl::IsNotFound(back_up_store(disk_, dir_.file("none"), dir_.file("new"), {}).status()));
  EXPECT_FALSE(fs::exists(dir_.file("new.partial")));
}

TEST_F(StoreBackupTest, WithoutRoomNothingIsCopied) {
  send(40);
  disk_.available_max = 1000;
  EXPECT_TRUE(absl::IsResourceExhausted(back_up().status()));
}

TEST_F(StoreBackupTest, DamageOfTheStoreIsInTheCopyAndTold) {
  send(10);
  const int64_t damaged = send();
  send(60);
  snapshot();
  flip_bit(log_file(segment_of(damaged)), damaged - segment_of(damaged) + 20);
  const absl::StatusOr<StoreBackup> backup = back_up();
  ASSERT_TRUE(backup.ok()) << backup.status();
  EXPECT_TRUE(backup->report.damaged());
  EXPECT_EQ(backup->report.gaps.size(), 1u);
  expect_messages(11, 71);
}

TEST_F(StoreBackupTest, ACopyThatIsNotWhatTheStoreHasIsNoBackup) {
  send(10);
  const int64_t record = send();
  send(60);
  snapshot();
  disk_.on_read = [&](const std::string& path, uint64_t at, std::span<char> bytes) {
    const bool copies = fs::exists(concat(to_, ".partial/commitlog"));
    const bool copied = fs::exists(concat(to_, ".partial/commitlog.synced"));
    if (copies && !copied && path == log_file(0) && at == 0 && bytes.size() > 1000) {
      bytes[static_cast<size_t>(record + 20)] ^= 1;
    }
  };
  const absl::Status refused = back_up().status();
  EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("is not what the store has"));
  EXPECT_FALSE(fs::exists(to_));
}

TEST_F(StoreBackupTest, AStoreThatNoBrokerStartsOnIsRefused) {
  send(40);
  const int64_t last = send();
  close();
  flip_bit(log_file(segment_of(last)), last - segment_of(last) + 20);
  for (const auto& file : fs::directory_iterator(concat(from_, "/snapshots"))) {
    fs::remove(file);
  }
  const absl::Status refused = back_up().status();
  EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("no broker starts here"));
}

}  // namespace
}  // namespace petrel::store
