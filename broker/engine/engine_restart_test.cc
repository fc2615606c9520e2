// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// An engine made again and again under callers that do not stop.
#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "broker/engine/engine_host.h"
#include "broker/engine/testing/locked_disk.h"
#include "broker/engine/testing/restart_load.h"
#include "common/clock.h"
#include "common/temp_directory.h"
#include "store/disk/sim_disk.h"

namespace petrel::engine {
namespace {

using How = Engine::How;

class EngineRestartTest : public ::testing::Test {
 protected:
  static Engine::Options options(store::FlushMode flush_mode, const std::string& directory) {
    Engine::Options options;
    options.assembly.core.auto_create_topics = true;
    options.assembly.core.default_queues = 2;
    options.assembly.core.flush_mode = flush_mode;
    options.log_thread.flush_mode = flush_mode;
    options.log_thread.flush_interval_ms = 5;
    options.assembly.store.directory = directory;
    options.assembly.store.log.segment_bytes = 1 << 20;
    options.assembly.store.log.prepare_bytes = 0;
    options.assembly.store.log.hot_bytes = 64 << 10;        // so that files are read
    options.assembly.store.snapshot_log_bytes = 100 << 10;  // so that a snapshot is often under way
    return options;
  }
  Engine::Parts parts(store::Disk& disk) {
    return {.core = {.disk = disk,
                     .clock = clock_,
                     .liveness = liveness_,
                     .replies = sink_,
                     .registry = registry_},
            .failed = [](const absl::Status& status) { ADD_FAILURE() << status; }};
  }
  // Until something was done since the last call.
  static void await_work(const RestartLoad& load) {
    const int64_t before = load.acknowledged_sends();
    while (load.acknowledged_sends() < before + 20) std::this_thread::yield();
  }

  void restart_a_hundred_times(store::FlushMode flush_mode) {
    const TempDirectory directory;
    const auto disk = store::make_posix_disk();
    EngineHost host(options(flush_mode, directory.path()), parts(*disk));
    ASSERT_TRUE(host.start().ok());
    RestartLoad load(host.slot(), registry_, clock_);
    load.start();
    for (int i = 0; i < 100 && !HasFailure(); ++i) {
      await_work(load);
      const auto restarted = host.restart(i % 2 == 0 ? How::kDrop : How::kClose);
      ASSERT_TRUE(restarted.ok()) << restarted.status();
    }
    load.stop();
    EXPECT_GT(load.refusals(), 0);
    EXPECT_GT(load.deliveries(), 0);
    EXPECT_EQ(host.slot().starts(), 101);
    load.check();
    EXPECT_TRUE(host.stop(How::kClose).ok());
  }

  SystemClock clock_;
  NobodyConnected liveness_;
  CompletingSink sink_;
  core::Registry registry_;
};

TEST_F(EngineRestartTest, NothingAcknowledgedIsLostInAHundredLivesWithSyncFlush) {
  restart_a_hundred_times(store::FlushMode::kSync);
}

TEST_F(EngineRestartTest, NothingAcknowledgedIsLostInAHundredLivesWithAsyncFlush) {
  restart_a_hundred_times(store::FlushMode::kAsync);
}

// Stricter than any drop: what was written but not synced is lost, too. Had anything been shown or
// acknowledged before it was committed, it would be missed.
TEST_F(EngineRestartTest, NothingShownIsLostWhenThePowerGoesBetweenTwoLives) {
  store::SimDisk sim({.seed = 7});
  LockedDisk disk(sim);
  EngineSlot slot;
  RestartLoad load(slot, registry_, clock_);
  std::unique_ptr<Engine> engine;
  const auto start = [&] {
    auto started = Engine::start(options(store::FlushMode::kSync, "store"), parts(disk));
    ASSERT_TRUE(started.ok()) << started.status();
    engine = *std::move(started);
    ASSERT_TRUE(engine->lead().ok());
    slot.serve(*engine);
  };
  start();
  load.start();
  for (int i = 0; i < 50 && !HasFailure(); ++i) {
    await_work(load);
    slot.withdraw();
    ASSERT_TRUE(engine->stop(How::kDrop).ok());
    engine.reset();
    sim.crash();
    start();
  }
  load.stop();
  EXPECT_GT(load.deliveries(), 0);
  load.check();
  slot.withdraw();
  EXPECT_TRUE(engine->stop(How::kClose).ok());
}

}  // namespace
}  // namespace petrel::engine
