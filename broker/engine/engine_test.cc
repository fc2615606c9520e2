// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/engine/engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <set>
#include <string>
#include <thread>

#include "broker/core/events.h"
#include "broker/engine/engine_host.h"
#include "broker/engine/testing/blocking_disk.h"
#include "broker/engine/testing/engine_caller.h"
#include "common/clock.h"
#include "common/concat.h"
#include "common/temp_directory.h"

namespace petrel::engine {
namespace {

using core::OutcomeCode;
using How = Engine::How;

constexpr int64_t kLongUs = 600'000'000;

class EngineTest : public ::testing::Test {
 protected:
  EngineTest() {
    options_.assembly.core.auto_create_topics = true;
    options_.assembly.core.default_queues = 1;
    options_.assembly.core.flush_mode = store::FlushMode::kSync;
    options_.log_thread.flush_mode = store::FlushMode::kSync;
    options_.assembly.store.directory = directory_path_.path();
    options_.assembly.store.log.segment_bytes = 1 << 20;
    options_.assembly.store.log.prepare_bytes = 0;
  }
  ~EngineTest() override { control_.release(); }

  EngineHost& host() {
    if (host_ == nullptr) {
      host_ = std::make_unique<EngineHost>(
          options_, Engine::Parts{.core = {.disk = disk_,
                                           .clock = clock_,
                                           .liveness = liveness_,
                                           .replies = sink_,
                                           .registry = registry_},
                                  .failed = [this](const absl::Status&) { ++failures_; }});
    }
    return *host_;
  }
  EngineSlot& slot() { return host().slot(); }
  void start() {
    const absl::Status started = host().start();
    ASSERT_TRUE(started.ok()) << started;
  }
  void restart(How how) {
    const auto restarted = host().restart(how);
    ASSERT_TRUE(restarted.ok()) << restarted.status();
  }
  std::future<absl::StatusOr<int64_t>> restart_elsewhere(How how) {
    return std::async(std::launch::async, [this, how] { return host().restart(how); });
  }
  std::future<Answered<core::ReceiveRequest>> receive_long(const std::string& group) {
    return receive(slot(), "orders", group, clock_.mono_us() + kLongUs);
  }
  std::string body_of(const core::ReceiveRequest::Delivery& delivery) {
    const auto slice = slot().read_record(delivery.handle.log_offset, delivery.record_size);
    EXPECT_TRUE(slice.ok()) << slice.status();
    if (!slice.ok()) return "";
    return std::string(store::decode_record(slice->bytes(), store::Verify::kStructure)->body);
  }
  // What a group that has seen nothing yet gets.
  std::multiset<std::string> all_messages() {
    const std::string group = concat("audit-", ++audits_);
    std::multiset<std::string> bodies;
    while (true) {
      const auto received = receive(slot(), "orders", group, clock_.mono_us() + 100'000).get();
      if (received.deliveries.empty()) return bodies;
      for (const auto& delivery : received.deliveries) bodies.insert(body_of(delivery));
    }
  }

  TempDirectory directory_path_;
  SystemClock clock_;
  DiskControl control_;
  BlockingDisk disk_{control_};
  NobodyConnected liveness_;
  CompletingSink sink_;
  core::Registry registry_;
  Engine::Options options_;
  std::atomic<int> failures_ = 0;
  int audits_ = 0;
  std::unique_ptr<EngineHost> host_;
};

TEST_F(EngineTest, AWaitingReceiveEndsWithoutAMessageHoweverTheEngineStops) {
  start();
  for (const How how : {How::kClose, How::kDrop}) {
    auto waiting = receive_long("billing");
    restart(how);
    const auto answer = waiting.get();
    EXPECT_EQ(answer.outcome.code, OutcomeCode::kNoMessage) << to_string(how);
    EXPECT_TRUE(answer.deliveries.empty());
  }
}

TEST_F(EngineTest, AClosedEngineHasAnsweredEverySendAsStored) {
  start();
  std::vector<std::future<Answered<core::SendRequest>>> answers;
  for (int i = 0; i < 200; ++i) answers.push_back(send(slot(), "orders", concat("m-", i)));
  restart(How::kClose);
  for (auto& answer : answers) EXPECT_TRUE(answer.get().outcome.ok());
  EXPECT_EQ(all_messages().size(), 200U);
}

TEST_F(EngineTest, ASendOfUnknownFateIsNotCalledStoredAndNotWrittenByADrop) {
  start();
  ASSERT_TRUE(send(slot(), "orders", "before").get().outcome.ok());
  control_.block("sync " + directory_path_.path() + "/commitlog");
  auto written = send(slot(), "orders", "in the disk's hands");
  control_.await_blocked();
  auto in_memory = send(slot(), "orders", "in memory");
  auto restarted = restart_elsewhere(How::kDrop);
  while (slot().serving()) std::this_thread::yield();
  // The log's thread ends with the sync that it is in.
  control_.release();
  ASSERT_TRUE(restarted.get().ok());
  EXPECT_TRUE(written.get().outcome.ok());
  EXPECT_EQ(in_memory.get().outcome.code, OutcomeCode::kNotServing);
  EXPECT_EQ(all_messages(), (std::multiset<std::string>{"before", "in the disk's hands"}));
}

TEST_F(EngineTest, RequestsMeetNotServingWhileTheStoreOpens) {
  start();
  ASSERT_TRUE(send(slot(), "orders", "one").get().outcome.ok());
  ASSERT_TRUE(host().stop(How::kClose).ok());
  EXPECT_EQ(send(slot(), "orders", "two").get().outcome.code, OutcomeCode::kNotServing);
  EXPECT_EQ(receive_long("billing").get().outcome.code, OutcomeCode::kNotServing);
  // Front ends still see what there was.
  EXPECT_NE(registry_.find_topic("orders"), nullptr);
}

TEST_F(EngineTest, ATopicThatDidNotGetIntoTheLogIsNeverShown) {
  start();
  ASSERT_TRUE(send(slot(), "orders", "one").get().outcome.ok());
  const int64_t epoch = registry_.epoch();
  control_.block("sync " + directory_path_.path() + "/commitlog");
  auto first = send(slot(), "orders", "two");
  control_.await_blocked();
  auto second = send(slot(), "lost", "three");
  EXPECT_EQ(registry_.find_topic("lost"), nullptr) << "it is not committed";
  auto restarted = restart_elsewhere(How::kDrop);
  while (slot().serving()) std::this_thread::yield();
  control_.release();
  ASSERT_TRUE(restarted.get().ok());
  EXPECT_EQ(second.get().outcome.code, OutcomeCode::kNotServing);
  EXPECT_EQ(registry_.find_topic("lost"), nullptr);
  EXPECT_NE(registry_.find_topic("orders"), nullptr);
  EXPECT_GT(registry_.epoch(), epoch);
}

TEST_F(EngineTest, AStoreThatDoesNotOpenAgainIsFinal) {
  start();
  ASSERT_TRUE(send(slot(), "orders", "one").get().outcome.ok());
  control_.fail("commitlog/");
  const auto restarted = host().restart(How::kDrop);
  ASSERT_FALSE(restarted.ok());
  EXPECT_NE(restarted.status().message().find("could not be started again"), std::string::npos);
  EXPECT_EQ(failures_, 1);
  EXPECT_FALSE(slot().serving());
  EXPECT_EQ(send(slot(), "orders", "two").get().outcome.code, OutcomeCode::kNotServing);
  EXPECT_TRUE(absl::IsFailedPrecondition(host().restart(How::kClose).status()));
  EXPECT_EQ(failures_, 1);
}

TEST_F(EngineTest, ALastSnapshotThatFailsCostsTheNextStartTimeOnly) {
  start();
  ASSERT_TRUE(send(slot(), "orders", "one").get().outcome.ok());
  control_.fail("snapshots/");
  restart(How::kClose);
  EXPECT_EQ(failures_, 0);
  EXPECT_EQ(all_messages(), (std::multiset<std::string>{"one"}));
  EXPECT_TRUE(host().stop(How::kClose).ok());
}

TEST_F(EngineTest, AFirstStartThatFailsLeavesNothingBehind) {
  control_.fail("commitlog/");
  EXPECT_FALSE(host().start().ok());
  EXPECT_FALSE(slot().serving());
  control_.fail("");
  start();
  EXPECT_TRUE(send(slot(), "orders", "one").get().outcome.ok());
}

TEST_F(EngineTest, NothingIsRestartedOnceTheBrokerStops) {
  start();
  host().no_more_restarts();
  EXPECT_TRUE(absl::IsFailedPrecondition(host().restart(How::kClose).status()));
  EXPECT_TRUE(slot().serving());
  EXPECT_TRUE(host().stop(How::kClose).ok());
}

TEST_F(EngineTest, WhatALeaderTakesOverIsReadOnlyByOneThatLeads) {
  int reads = 0;
  options_.assembly.read_foreign_config = [&](const auto&, bool) {
    ++reads;
    return core::Adopted{
        .fingerprint = "f",
        .topics = {{.name = "adopted",
                    .read_queues = 1,
                    .write_queues = 1,
                    .permission = core::permission::kRead | core::permission::kWrite,
                    .message_type = core::MessageType::kNormal}}};
  };
  const Engine::Parts parts{.core = {.disk = disk_,
                                     .clock = clock_,
                                     .liveness = liveness_,
                                     .replies = sink_,
                                     .registry = registry_},
                            .failed = [](const absl::Status& status) { ADD_FAILURE() << status; }};
  auto engine = Engine::start(options_, parts);
  ASSERT_TRUE(engine.ok()) << engine.status();
  EXPECT_EQ(reads, 0);
  ASSERT_TRUE((*engine)->lead().ok());
  EXPECT_TRUE(send((*engine)->port(), "adopted", "one").get().outcome.ok());
  EXPECT_EQ(reads, 1);
  EXPECT_EQ(registry_.find_topic("adopted")->read_queues, 1);
  EXPECT_TRUE((*engine)->stop(How::kClose).ok());
}

TEST_F(EngineTest, ASnapshotThatTakesLongHoldsUpNoConsumer) {
  options_.reader_threads = 1;
  options_.assembly.store.snapshot_log_bytes = 1;
  start();
  ASSERT_TRUE(send(slot(), "orders", "one").get().outcome.ok());
  restart(How::kClose);  // the entry is on disk now, not in memory
  control_.block("/snapshots/");
  ASSERT_TRUE(send(slot(), "orders", "two").get().outcome.ok());
  control_.await_blocked();
  const auto received = receive(slot(), "orders", "billing", clock_.mono_us() + 20'000'000).get();
  EXPECT_EQ(received.deliveries.size(), 2U) << "their queue page was read";
  std::promise<void> read;
  slot().post([&read] { read.set_value(); });
  EXPECT_EQ(read.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  control_.release();
}

// --- work in the background when the engine stops

class EngineJobTest : public EngineTest, public ::testing::WithParamInterface<How> {
 protected:
  // Restarts while an operation on `path_part` is under way, and lets it go on once the engine does
  // not serve any more.
  void restart_in_the_midst() {
    control_.await_blocked();
    auto restarted = restart_elsewhere(GetParam());
    while (slot().serving()) std::this_thread::yield();
    control_.release();
    const auto result = restarted.get();
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(failures_, 0);
  }
  // Segments are 64 KiB: a message makes one full.
  void fill_segments(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string body(40'000, static_cast<char>('a' + i));
      ASSERT_TRUE(send(slot(), "orders", body).get().outcome.ok());
    }
  }
};

TEST_P(EngineJobTest, ASnapshotThatIsBeingWrittenEndsBeforeTheEngine) {
  options_.assembly.store.snapshot_log_bytes = 1;
  start();
  control_.block("/snapshots/");
  ASSERT_TRUE(send(slot(), "orders", "one").get().outcome.ok());
  ASSERT_TRUE(send(slot(), "orders", "two").get().outcome.ok());
  restart_in_the_midst();
  EXPECT_EQ(all_messages(), (std::multiset<std::string>{"one", "two"}));
}

TEST_P(EngineJobTest, AQueuePageThatIsBeingLoadedEndsBeforeTheEngine) {
  start();
  ASSERT_TRUE(send(slot(), "orders", "one").get().outcome.ok());
  restart(How::kClose);  // the entry is on disk now, not in memory
  control_.block("/consumequeue/");
  auto waiting = receive_long("billing");
  restart_in_the_midst();
  // A drop may let the core see the page before its thread ends.
  const OutcomeCode code = waiting.get().outcome.code;
  EXPECT_TRUE(code == OutcomeCode::kNoMessage ||
              (code == OutcomeCode::kOk && GetParam() == How::kDrop));
  EXPECT_EQ(all_messages(), (std::multiset<std::string>{"one"}));
}

TEST_P(EngineJobTest, ADeletionThatIsUnderWayEndsBeforeTheEngine) {
  options_.assembly.store.log.segment_bytes = 64 << 10;
  options_.assembly.store.log.record_bytes_max = 48 << 10;
  options_.assembly.store.retention.log_bytes_max = 64 << 10;
  start();
  fill_segments(6);
  restart(How::kClose);
  fill_segments(1);
  restart(How::kClose);  // two snapshots are behind the first messages
  ASSERT_EQ(all_messages().size(), 7U);
  control_.block("/removed/");
  slot().post_internal(std::make_unique<core::DiskMeasured>(std::nullopt, false));
  restart_in_the_midst();
  EXPECT_LT(all_messages().size(), 7U);
}

INSTANTIATE_TEST_SUITE_P(BothWays, EngineJobTest, ::testing::Values(How::kClose, How::kDrop),
                         [](const auto& how) {
                           return how.param == How::kClose ? "Close" : "Drop";
                         });

}  // namespace
}  // namespace petrel::engine
