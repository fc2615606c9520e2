// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/engine/log_thread.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/executor.h"
#include "common/mutex.h"
#include "store/disk/forwarding_disk.h"
#include "store/log/record.h"
#include "store/testing/open_store.h"

namespace petrel::engine {
namespace {

// Lets syncs wait until they are released.
class SyncGate {
 public:
  void close() {
    const MutexLock lock(mutex_);
    closed_ = true;
  }
  void open() {
    const MutexLock lock(mutex_);
    closed_ = false;
    changed_.notify_all();
  }
  void pass() {
    const MutexLock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    while (closed_) changed_.wait(mutex_);
    --waiting_;
  }
  void await_waiting() {
    const MutexLock lock(mutex_);
    while (!closed_ || waiting_ == 0) changed_.wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
};

class GatedFile final : public store::ForwardingFile {
 public:
  GatedFile(std::unique_ptr<store::File> file, SyncGate& gate)
      : ForwardingFile(std::move(file)), gate_(gate) {}
  absl::Status sync() override {
    gate_.pass();
    return ForwardingFile::sync();
  }

 private:
  SyncGate& gate_;
};

class GatedDisk final : public store::ForwardingDisk {
 public:
  explicit GatedDisk(SyncGate& gate) : ForwardingDisk(store::make_posix_disk()), gate_(gate) {}
  absl::StatusOr<std::unique_ptr<store::File>> open(const std::string& path,
                                                    OpenMode mode) override {
    auto file = ForwardingDisk::open(path, mode);
    if (!file.ok()) return file.status();
    return std::make_unique<GatedFile>(*std::move(file), gate_);
  }

 private:
  SyncGate& gate_;
};

// Counts what the log thread tells the core.
class CountingPort final : public core::CorePort {
 public:
  bool try_post(std::unique_ptr<core::Request>& /*request*/) override { return false; }
  void post_internal(std::unique_ptr<core::Request> /*request*/) override {
    const MutexLock lock(mutex_);
    ++events_;
    changed_.notify_all();
  }
  void await_events(int count) {
    const MutexLock lock(mutex_);
    while (events_ < count) changed_.wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int events_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Says that it has so much room.
class RoomyDisk final : public store::ForwardingDisk {
 public:
  RoomyDisk() : ForwardingDisk(store::make_posix_disk()) {}
  absl::StatusOr<store::DiskSpace> space(const std::string& /*path*/) override {
    return store::DiskSpace{.total_bytes = 100 << 20, .available_bytes = available_bytes.load()};
  }
  std::atomic<uint64_t> available_bytes{90 << 20};
};

TEST(LogThread, TellsWhenSendsAreRefusedForWantOfRoom) {
  const std::string directory = ::testing::TempDir() + "/log_thread_room_test";
  std::filesystem::remove_all(directory);
  RoomyDisk disk;
  ManualClock clock;
  const auto executor = make_thread_pool("store", 1);
  store::StatelessOwner owner;
  store::MessageStore::Options options;
  options.directory = directory;
  options.log.segment_bytes = 1 << 20;
  auto opened = store::open_store(disk, clock, *executor, options, owner);
  ASSERT_TRUE(opened.ok()) << opened.status();
  CountingPort port;
  LogThread log_thread({.flush_mode = store::FlushMode::kSync}, **opened, port, clock,
                       [](const absl::Status& status) { ADD_FAILURE() << status; });
  log_thread.start();
  const std::atomic<bool>& refuses = log_thread.stats().refuses_sends;
  EXPECT_FALSE(refuses);
  disk.available_bytes = 1 << 20;
  clock.advance_ms(1'000);
  port.await_events(1);
  EXPECT_TRUE(refuses);
  disk.available_bytes = 90 << 20;
  clock.advance_ms(1'000);
  port.await_events(2);
  EXPECT_FALSE(refuses);
  log_thread.stop();
  EXPECT_TRUE(store::close_store(**opened).ok());
}

TEST(LogThread, InAsyncModeAGroupIsWrittenAndToldWhileASyncHangs) {
  const std::string directory = ::testing::TempDir() + "/log_thread_test";
  std::filesystem::remove_all(directory);
  SyncGate gate;
  GatedDisk disk(gate);
  const SystemClock clock;
  SystemClock store_clock;
  const auto executor = make_thread_pool("store", 1);
  store::StatelessOwner owner;
  store::MessageStore::Options options;
  options.directory = directory;
  options.log.segment_bytes = 1 << 20;
  auto opened = store::open_store(disk, store_clock, *executor, options, owner);
  ASSERT_TRUE(opened.ok()) << opened.status();
  store::MessageStore& store = **opened;
  CountingPort port;
  LogThread log_thread({.flush_mode = store::FlushMode::kAsync, .flush_interval_ms = 1}, store,
                       port, clock, [](const absl::Status& status) { ADD_FAILURE() << status; });
  const std::string record = *store::encode_record({.topic = "orders", .body = "hello"});

  log_thread.start();
  gate.close();
  ASSERT_TRUE(store.append(record, 0, 0).ok());
  store.log().submit();
  gate.await_waiting();
  port.await_events(1);
  ASSERT_TRUE(store.append(record, 0, 0).ok());
  store.log().submit();
  port.await_events(2);
  EXPECT_EQ(store.log().progress().written.value(), store.log().end().value());
  EXPECT_LT(store.log().progress().synced.value(), store.log().end().value());

  gate.open();
  log_thread.stop();
  EXPECT_EQ(store.log().progress().synced.value(), store.log().end().value());
  EXPECT_TRUE(store::close_store(store).ok());
}

}  // namespace
}  // namespace petrel::engine
