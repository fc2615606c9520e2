// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/leader_election.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "common/concat.h"
#include "operator/kubernetes/testing/fake_api_server.h"
#include "operator/kubernetes/testing/largest_random.h"
#include "operator/kubernetes/testing/test_client.h"

namespace petrel::k8s {
namespace {

using testing::FakeApiServer;

const ObjectKey kLease{"ns", "leader"};

// One process that takes part.
class Candidate {
 public:
  Candidate(const FakeApiServer& server, const WaitableClock& clock, Random& random,
            const std::string& identity)
      : client_(server, /*deadline_ms=*/300),
        elector_(client_.api(), clock, random, {.lease = kLease, .identity = identity},
                 {.on_started = [this] { ++started; }, .on_stopped = [this] { ++stopped; }}),
        thread_([this] {
          lost = elector_.run();
          ended = true;
        }) {}
  ~Candidate() {
    elector_.stop();
    thread_.join();
  }

  LeaderElector& elector() { return elector_; }

  std::atomic<int> started{0};
  std::atomic<int> stopped{0};
  std::atomic<bool> lost{false};
  std::atomic<bool> ended{false};

 private:
  testing::TestClient client_;
  LeaderElector elector_;
  std::thread thread_;
};

// Rule 12 throughout.
class LeaderElectionTest : public ::testing::Test {
 protected:
  std::unique_ptr<Candidate> candidate(const std::string& identity) {
    return std::make_unique<Candidate>(server_, clock_, random_, identity);
  }

  std::unique_ptr<Candidate> leader(const std::string& identity) {
    auto result = candidate(identity);
    EXPECT_TRUE(server_.wait_for([&] { return result->started == 1; }));
    return result;
  }

  Json spec() const {
    const auto lease = server_.find(kLeases, kLease);
    return lease == nullptr ? Json() : (*lease)["spec"];
  }

  void put_lease(const std::string& holder, const std::string& renew_time) {
    server_.put(kLeases, {{"metadata", {{"namespace", "ns"}, {"name", "leader"}}},
                          {"spec",
                           {{"holderIdentity", holder},
                            {"leaseDurationSeconds", 15},
                            {"acquireTime", renew_time},
                            {"renewTime", renew_time},
                            {"leaseTransitions", 3}}}});
  }

  // Goes on to the candidate's next wait, step by step, until the condition holds; returns the time
  // that passed.
  int64_t advance_until(const std::function<bool()>& condition, int64_t limit_ms) {
    int64_t passed_ms = 0;
    while (!condition() && passed_ms < limit_ms) {
      const int64_t step_ms = clock_.await_waiter_ms();
      clock_.advance_ms(step_ms);
      passed_ms += step_ms;
      // The candidate waits again, or is through.
      server_.wait_for([&] { return condition() || clock_.waiters() > 0; });
    }
    return passed_ms;
  }

  ManualWaitableClock clock_;
  testing::LargestRandom random_;
  FakeApiServer server_;
};

TEST_F(LeaderElectionTest, TheFirstBecomesLeaderAndSaysSoInTheLease) {
  const auto a = leader("a");
  EXPECT_TRUE(a->elector().is_leader());
  EXPECT_EQ(a->elector().leader(), "a");
  EXPECT_EQ(spec()["holderIdentity"], "a");
  EXPECT_EQ(spec()["leaseDurationSeconds"], 15);
  EXPECT_EQ(spec()["leaseTransitions"], 0);
  EXPECT_EQ(spec()["renewTime"], "2023-11-14T22:13:20.000000Z");
  EXPECT_EQ(spec()["acquireTime"], spec()["renewTime"]);
}

TEST_F(LeaderElectionTest, TheLeaderRenewsEveryTwoSeconds) {
  const auto a = leader("a");
  for (size_t i = 1; i <= 5; ++i) {
    EXPECT_EQ(clock_.await_waiter_ms(), 2'000);
    clock_.advance_ms(2'000);
    const std::string renew_time = concat("2023-11-14T22:13:", 20 + 2 * i, ".000000Z");
    ASSERT_TRUE(server_.wait_for([&] { return spec()["renewTime"] == renew_time; }));
    EXPECT_EQ(server_.count("update", "leases"), i);
  }
  EXPECT_EQ(spec()["acquireTime"], "2023-11-14T22:13:20.000000Z");
  EXPECT_EQ(server_.count("get", "leases"), 1u) << "a renewal needs no read";
}

TEST_F(LeaderElectionTest, ALeaseIsTakenWhenItHasNotChangedForItsDurationByOnesOwnClock) {
  // The other's clock is a year ahead.
  put_lease("other", "2024-11-14T22:13:20.000000Z");
  const auto a = candidate("a");
  const int64_t passed_ms = advance_until([&] { return a->started == 1; }, 60'000);
  EXPECT_GE(passed_ms, 15'000);
  EXPECT_LE(passed_ms, 15'000 + 4'400);
  EXPECT_EQ(spec()["holderIdentity"], "a");
  EXPECT_EQ(spec()["leaseTransitions"], 4);
}

TEST_F(LeaderElectionTest, ALeaseThatIsRenewedIsNotTakenHoweverOldItSaysItIs) {
  put_lease("other", "2001-01-01T00:00:00.000000Z");
  const auto a = candidate("a");
  for (int i = 0; i < 20; ++i) {
    clock_.advance_ms(clock_.await_waiter_ms());
    server_.edit(kLeases, kLease,
                 {{"spec", {{"renewTime", concat("2001-01-01T00:00:", 10 + i, ".000000Z")}}}});
  }
  EXPECT_EQ(a->started, 0);
  EXPECT_EQ(a->elector().leader(), "other");
}

TEST_F(LeaderElectionTest, StopReleasesTheLeaseForTheNext) {
  auto a = leader("a");
  const auto b = candidate("b");
  ASSERT_TRUE(server_.wait_for([&] { return b->elector().leader() == "a"; }));
  a->elector().stop();
  ASSERT_TRUE(server_.wait_for([&] { return a->ended.load(); }));
  EXPECT_FALSE(a->lost);
  EXPECT_EQ(a->stopped, 1);
  EXPECT_EQ(spec()["holderIdentity"], "");
  const int64_t passed_ms = advance_until([&] { return b->started == 1; }, 60'000);
  EXPECT_LE(passed_ms, 4'400) << "nobody waits for the end of a lease that was given back";
}

TEST_F(LeaderElectionTest, WorkEndsBeforeTheLeaseIsReleased) {
  std::string holder_when_stopped;
  testing::TestClient client(server_);
  LeaderElector elector(
      client.api(), clock_, random_, {.lease = kLease, .identity = "a"},
      {.on_started = [] {}, .on_stopped = [&] { holder_when_stopped = spec()["holderIdentity"]; }});
  std::thread thread([&] { elector.run(); });
  ASSERT_TRUE(server_.wait_for([&] { return elector.is_leader(); }));
  elector.stop();
  thread.join();
  EXPECT_EQ(holder_when_stopped, "a");
}

TEST_F(LeaderElectionTest, ALeaderThatCannotRenewStopsBeforeOthersMayTakeOver) {
  const auto a = leader("a");
  server_.inject({.verb = "update", .resource = "leases", .code = 500, .times = -1});
  const int64_t passed_ms = advance_until([&] { return a->ended.load(); }, 60'000);
  EXPECT_EQ(passed_ms, 10'000);
  EXPECT_TRUE(a->lost);
  EXPECT_EQ(a->stopped, 1);
  EXPECT_FALSE(a->elector().is_leader());
}

TEST_F(LeaderElectionTest, ARenewalThatHangsDoesNotMakeTheLeaderBelieveInItself) {
  const auto a = leader("a");
  server_.inject({.kind = FakeApiServer::Fault::Kind::kSilence, .verb = "update", .times = -1});
  clock_.advance_ms(clock_.await_waiter_ms());
  ASSERT_TRUE(server_.wait_for([&] { return server_.faults_met() == 1; }));
  clock_.advance_ms(8'000);
  EXPECT_FALSE(a->elector().is_leader()) << "the call has not even ended";
  ASSERT_TRUE(server_.wait_for([&] { return a->ended.load(); }));
  EXPECT_TRUE(a->lost);
}

TEST_F(LeaderElectionTest, ALeaseThatSomebodyElseTookIsLostAtOnce) {
  const auto a = leader("a");
  put_lease("other", "2023-11-14T22:13:21.000000Z");
  clock_.advance_ms(clock_.await_waiter_ms());
  ASSERT_TRUE(server_.wait_for([&] { return a->ended.load(); }));
  EXPECT_TRUE(a->lost);
  EXPECT_EQ(spec()["holderIdentity"], "other") << "a lost lease is not released";
}

TEST_F(LeaderElectionTest, AConflictThatIsNoLossIsReadAgain) {
  const auto a = leader("a");
  server_.edit(kLeases, kLease, {{"metadata", {{"labels", {{"edited", "yes"}}}}}});
  clock_.advance_ms(clock_.await_waiter_ms());
  ASSERT_TRUE(
      server_.wait_for([&] { return spec()["renewTime"] == "2023-11-14T22:13:22.000000Z"; }));
  EXPECT_TRUE(a->elector().is_leader());
  EXPECT_EQ(label_of(*server_.find(kLeases, kLease), "edited"), "yes");
}

TEST_F(LeaderElectionTest, ADeletedLeaseIsMadeAgain) {
  const auto a = leader("a");
  server_.erase(kLeases, kLease);
  clock_.advance_ms(clock_.await_waiter_ms());
  ASSERT_TRUE(server_.wait_for([&] { return spec().is_object(); }));
  EXPECT_TRUE(a->elector().is_leader());
}

TEST_F(LeaderElectionTest, AServerThatIsAwayIsWaitedFor) {
  server_.stop();
  const auto a = candidate("a");
  clock_.advance_ms(clock_.await_waiter_ms());
  server_.start();
  advance_until([&] { return a->started == 1; }, 60'000);
  EXPECT_TRUE(a->elector().is_leader());
}

TEST_F(LeaderElectionTest, TwoNeverLeadAtOnce) {
  SeededRandom random(7);
  int steps_with_leader = 0;
  for (int round = 0; round < 5; ++round) {
    std::vector<std::unique_ptr<Candidate>> all;
    for (const char* identity : {"a", "b", "c"}) {
      all.push_back(candidate(concat(identity, round)));
    }
    for (int step = 0; step < 60; ++step) {
      if (random.below(8) == 0) {
        server_.inject({.kind = random.below(2) == 0 ? FakeApiServer::Fault::Kind::kStatus
                                                     : FakeApiServer::Fault::Kind::kLost,
                        .resource = "leases",
                        .code = 500,
                        .times = static_cast<int>(random.below(12))});
      }
      clock_.advance_ms(static_cast<int64_t>(random.below(1'500)));
      // Everybody has done what was due.
      ASSERT_TRUE(server_.wait_for([&] {
        size_t running = 0;
        for (const auto& each : all) {
          running += each->ended ? 0U : 1U;
        }
        return clock_.waiters() >= running;
      }));
      int leaders = 0;
      for (const auto& each : all) {
        leaders += each->elector().is_leader() ? 1 : 0;
      }
      ASSERT_LE(leaders, 1);
      steps_with_leader += leaders;
    }
    server_.clear_faults();
  }
  EXPECT_GT(steps_with_leader, 100);
}

}  // namespace
}  // namespace petrel::k8s
