// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/engine/engine_slot.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "broker/engine/testing/engine_caller.h"
#include "common/clock.h"
#include "common/temp_directory.h"

namespace petrel::engine {
namespace {

using core::OutcomeCode;

class EngineSlotTest : public ::testing::Test {
 protected:
  std::unique_ptr<Engine> start_engine() {
    auto engine = Engine::start(
        {.assembly = {.core = {.auto_create_topics = true},
                      .store = {.directory = directory_path_.path(),
                                .log = {.segment_bytes = 1 << 20, .prepare_bytes = 0}}},
         .reader_threads = 1},
        {.core = {.disk = *disk_,
                  .clock = clock_,
                  .liveness = liveness_,
                  .replies = sink_,
                  .registry = registry_},
         .failed = [](const absl::Status& status) { ADD_FAILURE() << status; }});
    EXPECT_TRUE(engine.ok()) << engine.status();
    EXPECT_TRUE((*engine)->lead().ok());
    return *std::move(engine);
  }

  TempDirectory directory_path_;
  SystemClock clock_;
  std::unique_ptr<store::Disk> disk_ = store::make_posix_disk();
  NobodyConnected liveness_;
  CompletingSink sink_;
  core::Registry registry_;
  EngineSlot slot_;
};

TEST_F(EngineSlotTest, WithoutAnEngineARequestIsAnsweredAtOnce) {
  EXPECT_FALSE(slot_.serving());
  EXPECT_FALSE(slot_.lease());
  EXPECT_EQ(send(slot_, "orders", "one").get().outcome.code, OutcomeCode::kNotServing);
  EXPECT_TRUE(absl::IsUnavailable(slot_.read_record(store::LogOffset(0), 100).status()));
}

// It may find an engine that has just come up, and read its files: not on a thread that answers.
TEST_F(EngineSlotTest, WithoutAnEngineATaskRunsOnAThreadOfItsOwn) {
  std::promise<std::thread::id> runner;
  slot_.post([&] { runner.set_value(std::this_thread::get_id()); });
  EXPECT_NE(runner.get_future().get(), std::this_thread::get_id());
}

TEST_F(EngineSlotTest, AnEngineServesUntilItIsWithdrawn) {
  const auto engine = start_engine();
  slot_.serve(*engine);
  EXPECT_TRUE(slot_.serving());
  EXPECT_EQ(slot_.starts(), 1);
  EXPECT_TRUE(send(slot_, "orders", "one").get().outcome.ok());
  std::promise<std::thread::id> runner;
  slot_.post([&] { runner.set_value(std::this_thread::get_id()); });
  EXPECT_NE(runner.get_future().get(), std::this_thread::get_id());
  slot_.withdraw();
  EXPECT_EQ(send(slot_, "orders", "two").get().outcome.code, OutcomeCode::kNotServing);
  EXPECT_TRUE(engine->stop(Engine::How::kClose).ok());
}

TEST_F(EngineSlotTest, TheNextEngineGetsWhatTheCoreMustHearOf) {
  auto posted = std::make_unique<Awaited<core::EnsureTopicRequest>>();
  posted->topic = "kept";
  auto answer = posted->answer();
  slot_.post_internal(std::move(posted));
  const auto engine = start_engine();
  slot_.serve(*engine);
  EXPECT_TRUE(answer.get().outcome.ok());
  EXPECT_NE(registry_.find_topic("kept"), nullptr);
  slot_.withdraw();
}

TEST_F(EngineSlotTest, WhatIsKeptForTheNextEngineIsBounded) {
  std::vector<std::future<Answered<core::EnsureTopicRequest>>> answers;
  for (size_t i = 0; i < EngineSlot::kKeptMax + 1; ++i) {
    auto posted = std::make_unique<Awaited<core::EnsureTopicRequest>>();
    posted->topic = "kept";
    answers.push_back(posted->answer());
    slot_.post_internal(std::move(posted));
  }
  EXPECT_THROW(answers.back().get(), std::future_error);  // let go
  const auto engine = start_engine();
  slot_.serve(*engine);
  EXPECT_TRUE(answers.front().get().outcome.ok());
  slot_.withdraw();
}

}  // namespace
}  // namespace petrel::engine
