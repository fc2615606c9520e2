// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/events.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/concat.h"
#include "operator/kubernetes/testing/fake_api_server.h"
#include "operator/kubernetes/testing/test_client.h"

namespace petrel::k8s {
namespace {

using testing::FakeApiServer;

Json pod(const std::string& name = "p") {
  return Json{{"apiVersion", "v1"},
              {"kind", "Pod"},
              {"metadata", {{"namespace", "ns"}, {"name", name}, {"uid", "u-" + name}}}};
}

// Rule 16 throughout.
class EventsTest : public ::testing::Test {
 protected:
  void TearDown() override { server_.clear_faults(); }

  void start() { recorder_.start(); }

  // Waits until so many are dealt with.
  bool settled(int64_t count) {
    return server_.wait_for([&] {
      const EventRecorder::Stats stats = recorder_.stats();
      return stats.written + stats.dropped + stats.failed == count;
    });
  }

  std::vector<Json> events() const {
    std::vector<Json> all;
    for (const auto& event : server_.all(kEvents)) {
      all.push_back(*event);
    }
    return all;
  }

  ManualWaitableClock clock_;
  FakeApiServer server_;
  testing::TestClient client_{server_};
  EventRecorder recorder_{
      client_.api(),
      clock_,
      {.controller = "petrel.io/operator", .instance = "pod-1", .queue_max = 100}};
};

TEST_F(EventsTest, AnEventSaysWhoDidWhatToWhichObjectAndWhy) {
  start();
  recorder_.warning(pod(), "Unhealthy", "Restart", "the broker does not answer");
  ASSERT_TRUE(settled(1));
  ASSERT_EQ(events().size(), 1u);
  const Json event = events()[0];
  EXPECT_EQ(event["apiVersion"], "events.k8s.io/v1");
  EXPECT_EQ(event["metadata"]["namespace"], "ns");
  EXPECT_EQ(event["eventTime"], "2023-11-14T22:13:20.000000Z");
  EXPECT_EQ(event["reportingController"], "petrel.io/operator");
  EXPECT_EQ(event["reportingInstance"], "pod-1");
  EXPECT_EQ(event["type"], "Warning");
  EXPECT_EQ(event["reason"], "Unhealthy");
  EXPECT_EQ(event["action"], "Restart");
  EXPECT_EQ(event["note"], "the broker does not answer");
  EXPECT_EQ(event["regarding"], (Json{{"apiVersion", "v1"},
                                      {"kind", "Pod"},
                                      {"namespace", "ns"},
                                      {"name", "p"},
                                      {"uid", "u-p"}}));
  EXPECT_FALSE(event.contains("series"));
}

TEST_F(EventsTest, WhatRepeatsIsOneEventWithACount) {
  start();
  for (int i = 0; i < 4; ++i) {
    recorder_.normal(pod(), "Waiting", "Wait", "for a node");
  }
  recorder_.normal(pod("q"), "Waiting", "Wait", "for a node");
  ASSERT_TRUE(settled(5));
  ASSERT_EQ(events().size(), 2u);
  EXPECT_EQ(events()[0]["series"]["count"], 4);
}

TEST_F(EventsTest, AfterTenMinutesOfSilenceASeriesBeginsAnew) {
  start();
  recorder_.normal(pod(), "Waiting", "Wait", "for a node");
  ASSERT_TRUE(settled(1));
  clock_.advance_ms(600'001);
  recorder_.normal(pod(), "Waiting", "Wait", "for a node");
  ASSERT_TRUE(settled(2));
  ASSERT_EQ(events().size(), 2u);
  EXPECT_FALSE(events()[1].contains("series"));
}

TEST_F(EventsTest, ManyNotesThatDifferAreCombined) {
  start();
  for (int i = 0; i < 20; ++i) {
    recorder_.normal(pod(), "Waiting", "Wait", concat("for ", i, " seconds"));
  }
  ASSERT_TRUE(settled(20));
  ASSERT_EQ(events().size(), 11u);
  int combined = 0;
  for (const Json& event : events()) {
    if (event["note"].get<std::string>().starts_with("(combined from similar events)")) {
      ++combined;
      EXPECT_EQ(event["series"]["count"], 10);
    }
  }
  EXPECT_EQ(combined, 1);
}

TEST_F(EventsTest, OneObjectGetsTwentyFiveAndThenOneInFiveMinutes) {
  start();
  for (int i = 0; i < 30; ++i) {
    recorder_.normal(pod(), concat("Reason", i), "Act", "note");
  }
  recorder_.normal(pod("q"), "Reason", "Act", "another object has its own allowance");
  ASSERT_TRUE(settled(31));
  EXPECT_EQ(recorder_.stats().written, 26);
  EXPECT_EQ(recorder_.stats().dropped, 5);
  clock_.advance_ms(300'000);
  recorder_.normal(pod(), "Later", "Act", "note");
  recorder_.normal(pod(), "Later", "Act", "note");
  ASSERT_TRUE(settled(33));
  EXPECT_EQ(recorder_.stats().written, 27);
}

TEST_F(EventsTest, RecordingNeverBlocksAndTheQueueIsBounded) {
  server_.inject({.kind = FakeApiServer::Fault::Kind::kSilence, .verb = "create", .times = -1});
  start();
  for (int i = 0; i < 500; ++i) {
    recorder_.normal(pod(concat("p", i)), "Reason", "Act", "note");
  }
  EXPECT_GE(recorder_.stats().dropped, 500 - 100 - 1);
  server_.clear_faults();
}

TEST_F(EventsTest, StopWritesWhatIsQueued) {
  for (int i = 0; i < 10; ++i) {
    recorder_.normal(pod(concat("p", i)), "Reason", "Act", "note");
  }
  start();
  recorder_.stop();
  EXPECT_EQ(events().size(), 10u);
  recorder_.normal(pod(), "Late", "Act", "nobody writes this");
  EXPECT_EQ(recorder_.stats().dropped, 1);
}

TEST_F(EventsTest, LongNotesAreCutBetweenCharacters) {
  start();
  std::string note = "a";
  while (note.size() < 3'000) {
    note += "\u00e9";  // two bytes
  }
  recorder_.normal(pod(), "Reason", "Act", note);
  ASSERT_TRUE(settled(1));
  EXPECT_EQ(events()[0]["note"].get<std::string>().size(), 1'023u);
}

TEST_F(EventsTest, ARefusedEventIsCountedAndTheNextIsMadeAnew) {
  server_.inject({.verb = "create", .resource = "events", .code = 403});
  start();
  recorder_.normal(pod(), "Reason", "Act", "note");
  recorder_.normal(pod(), "Reason", "Act", "note");
  ASSERT_TRUE(settled(2));
  EXPECT_EQ(recorder_.stats().failed, 1);
  ASSERT_EQ(events().size(), 1u);
  EXPECT_EQ(events()[0]["series"]["count"], 2);
}

TEST_F(EventsTest, AnEventThatExpiredIsMadeAnew) {
  start();
  recorder_.normal(pod(), "Reason", "Act", "note");
  ASSERT_TRUE(settled(1));
  server_.erase(kEvents, key_of(events()[0]));
  recorder_.normal(pod(), "Reason", "Act", "note");
  ASSERT_TRUE(settled(2));
  EXPECT_EQ(events().size(), 1u);
}

TEST_F(EventsTest, WhatIsClusterWideIsToldInTheDefaultNamespace) {
  start();
  recorder_.normal({{"apiVersion", "v1"}, {"kind", "Node"}, {"metadata", {{"name", "n"}}}},
                   "Reason", "Act", "note");
  ASSERT_TRUE(settled(1));
  EXPECT_EQ(events()[0]["metadata"]["namespace"], "default");
}

}  // namespace
}  // namespace petrel::k8s
