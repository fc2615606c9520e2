// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "common/concat.h"
#include "common/random.h"
#include "operator/kubernetes/events.h"
#include "operator/kubernetes/informer.h"
#include "operator/kubernetes/lab_test/lab.h"
#include "operator/kubernetes/leader_election.h"

namespace petrel::k8s {
namespace {

using ControllerLabTest = LabTest;

TEST_F(ControllerLabTest, AnInformerFollowsTheServer) {
  SystemRandom random;
  Informer informer(client(), Lab::get().clock, random,
                    {.type = kWidgets, .resource_namespace = resource_namespace()});
  std::promise<void> changed;
  std::promise<void> gone;
  informer.on_change([&](const ObjectKey& key, const Json* before, const Json* after) {
    if (key.name != "followed") {
      return;
    }
    if (after == nullptr) {
      gone.set_value();
    } else if (before != nullptr) {
      changed.set_value();
    }
  });
  ASSERT_TRUE(client().create(kWidgets, widget("followed", {{"size", 1}})).ok());
  informer.start();
  ASSERT_TRUE(informer.wait_synced(60'000));
  ASSERT_NE(informer.get(key("followed")), nullptr);

  const auto written = client().apply(kWidgets, widget("followed", {{"size", 2}}));
  ASSERT_TRUE(written.ok()) << written.status();
  informer.observe_write(*written);
  EXPECT_EQ((*informer.get(key("followed")))["spec"]["size"], 2);
  changed.get_future().wait();
  EXPECT_EQ((*informer.get(key("followed")))["spec"]["size"], 2);

  ASSERT_TRUE(client().remove(kWidgets, key("followed")).ok());
  gone.get_future().wait();
  EXPECT_EQ(informer.get(key("followed")), nullptr);
  informer.stop();
}

// One process that takes part in an election.
class Candidate {
 public:
  Candidate(const ObjectKey& lease, const std::string& identity)
      : elector_(*Lab::get().client, Lab::get().clock, random_,
                 {.lease = lease, .identity = identity, .retry_period_ms = 200},
                 {.on_started = [this] { started_.set_value(); }, .on_stopped = [] {}}),
        thread_([this] { elector_.run(); }) {}
  ~Candidate() {
    elector_.stop();
    thread_.join();
  }

  void wait_until_leader() { started_.get_future().wait(); }
  LeaderElector& elector() { return elector_; }

 private:
  SystemRandom random_;
  std::promise<void> started_;
  LeaderElector elector_;
  std::thread thread_;
};

TEST_F(ControllerLabTest, TheLeaseGoesFromOneToTheOther) {
  auto first = std::make_unique<Candidate>(key("leader"), "first");
  first->wait_until_leader();
  EXPECT_TRUE(first->elector().is_leader());
  Candidate second(key("leader"), "second");
  EXPECT_FALSE(second.elector().is_leader());
  first.reset();  // releases it: the other needs not wait until it expires
  second.wait_until_leader();
  EXPECT_TRUE(second.elector().is_leader());
  const auto lease = client().get(kLeases, key("leader"));
  ASSERT_TRUE(lease.ok()) << lease.status();
  EXPECT_EQ((*lease)["spec"]["holderIdentity"], "second");
}

TEST_F(ControllerLabTest, EventsAreTakenAndAggregated) {
  const Json object = client().create(kWidgets, widget("eventful", {{"size", 1}})).value();
  {
    EventRecorder recorder(client(), Lab::get().clock,
                           {.controller = "petrel.io/conformance", .instance = "test"});
    recorder.start();
    for (int i = 0; i < 5; ++i) {
      recorder.normal(object, "SizeChanged", "Resize", "The size is 1 now.");
    }
    recorder.warning(object, "SizeOdd", "Resize", "An odd size.");
    recorder.stop();
    EXPECT_EQ(recorder.stats().failed, 0);
    EXPECT_EQ(recorder.stats().dropped, 0);
  }
  int events = 0;
  int in_series = 0;
  const auto listed =
      client().list(kEvents, {.resource_namespace = resource_namespace()}, [&](const Json& event) {
        if (event["regarding"]["name"] == "eventful") {
          ++events;
          in_series += event.contains("series") ? event["series"].value("count", 0) : 0;
          EXPECT_EQ(event["regarding"]["uid"], uid_of(object));
        }
      });
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_EQ(events, 2);
  EXPECT_EQ(in_series, 5);
}

}  // namespace
}  // namespace petrel::k8s
