// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/engine/log_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/executor.h"
#include "common/mutex.h"
#include "common/temp_directory.h"
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

class LogThreadTest : public ::testing::Test {
 protected:
  void open(store::Disk& disk, Clock& clock, const LogThread::Options& options) {
    store::MessageStore::Options store_options;
    store_options.directory = directory_.path();
    store_options.log.segment_bytes = 1 << 20;
    auto opened = store::open_store(disk, clock, *executor_, store_options, owner_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
    log_thread_ =
        std::make_unique<LogThread>(options, *store_, port_, clock,
                                    [](const absl::Status& status) { ADD_FAILURE() << status; });
  }
  // Of all that was opened, before the disk goes.
  void close() {
    EXPECT_TRUE(store::close_store(*store_).ok());
    log_thread_.reset();
    store_.reset();
  }

  TempDirectory directory_;
  const std::unique_ptr<Executor> executor_ = make_thread_pool("store", 1);
  store::StatelessOwner owner_;
  CountingPort port_;
  std::unique_ptr<store::MessageStore> store_;
  std::unique_ptr<LogThread> log_thread_;
};

TEST_F(LogThreadTest, TellsWhenSendsAreRefusedForWantOfRoom) {
  RoomyDisk disk;
  ManualClock clock;
  ASSERT_NO_FATAL_FAILURE(open(disk, clock, {.flush_mode = store::FlushMode::kSync}));
  log_thread_->start();
  const std::atomic<int64_t>& refuses = log_thread_->stats().sends_refused_since_ms;
  EXPECT_FALSE(refuses);
  disk.available_bytes = 1 << 20;
  clock.advance_ms(1'000);
  port_.await_events(1);
  EXPECT_TRUE(refuses);
  disk.available_bytes = 90 << 20;
  clock.advance_ms(1'000);
  port_.await_events(2);
  EXPECT_FALSE(refuses);
  log_thread_->stop();
  close();
}

TEST_F(LogThreadTest, InAsyncModeAGroupIsWrittenAndToldWhileASyncHangs) {
  SyncGate gate;
  GatedDisk disk(gate);
  SystemClock clock;
  ASSERT_NO_FATAL_FAILURE(
      open(disk, clock, {.flush_mode = store::FlushMode::kAsync, .flush_interval_ms = 1}));
  store::MessageStore& store = *store_;
  const std::string record = *store::encode_record({.topic = "orders", .body = "hello"});

  log_thread_->start();
  gate.close();
  ASSERT_TRUE(store.append(record, 0, 0).ok());
  store.log().submit();
  gate.await_waiting();
  port_.await_events(1);
  ASSERT_TRUE(store.append(record, 0, 0).ok());
  store.log().submit();
  port_.await_events(2);
  EXPECT_EQ(store.log().progress().written.value(), store.log().end().value());
  EXPECT_LT(store.log().progress().synced.value(), store.log().end().value());

  gate.open();
  log_thread_->stop();
  EXPECT_EQ(store.log().progress().synced.value(), store.log().end().value());
  close();
}

}  // namespace
}  // namespace petrel::engine
