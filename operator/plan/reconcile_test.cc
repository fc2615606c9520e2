// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/plan/reconcile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/random.h"
#include "operator/plan/simulated_world.h"
#include "operator/plan/test_documents.h"

namespace petrel::ops {
namespace {

const Progress kSilent = [](const Action&) {};
constexpr int64_t kTimeoutMs = 60'000;

Desired random_desired(Random& random, int broker_groups_min) {
  Desired desired = make_desired(1 + static_cast<int>(random.below(3)),
                                 broker_groups_min + static_cast<int>(random.below(3)),
                                 concat("digest", random.below(3)));
  for (const char* name : {"a", "b", "c", "d"}) {
    const std::string queues = concat(", queuesPerBroker: ", 1 + random.below(3));
    const std::string policy = random.below(2) == 0 ? ", deletionPolicy: Delete" : "";
    if (random.below(3) != 0) {
      desired.topics.push_back(make_topic(name, queues + policy, random.below(4) == 0));
    }
    if (random.below(3) != 0) {
      desired.groups.push_back(make_group(name, policy, random.below(4) == 0));
    }
  }
  return desired;
}

// Every declared topic and group is on every broker, and what had to go is gone.
void expect_as_desired(const Desired& declared, const SimulatedWorld& world) {
  for (const auto& [id, digest] : declared.members) {
    const SimulatedWorld::Member& member = world.members.at(id);
    EXPECT_TRUE(member.running) << id.name();
    EXPECT_EQ(member.digest, digest) << id.name();
    if (id.role != Role::kBroker) {
      continue;
    }
    for (const Document& document : declared.topics) {
      const TopicSpec spec = topic_spec(document.resource);
      const auto found = member.content.topics.find(spec.settings.name);
      if (!document.deleting) {
        ASSERT_NE(found, member.content.topics.end()) << spec.settings.name;
        EXPECT_EQ(found->second, spec.settings);
      } else if (spec.deletion_policy == DeletionPolicy::kDelete) {
        EXPECT_EQ(found, member.content.topics.end()) << spec.settings.name;
      }
    }
  }
}

TEST(Reconcile, ReachesWhatIsDesiredAndThenDoesNothing) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    Desired desired = random_desired(random, 1);
    const Desired declared = desired;
    SimulatedWorld world(desired);
    auto result = reconcile(desired, world, world.clock, kTimeoutMs, kSilent);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_TRUE(result->plan.converged());
    expect_as_desired(declared, world);

    result = reconcile(desired, world, world.clock, kTimeoutMs, kSilent);
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result->actions_done, 0);
    EXPECT_TRUE(result->plan.converged());
  }
}

TEST(Reconcile, ResumesAfterDyingBeforeAnyAction) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    Desired first = random_desired(random, 1);
    Desired desired = first;
    SimulatedWorld world(desired);
    ASSERT_TRUE(reconcile(desired, world, world.clock, kTimeoutMs, kSilent).ok());

    // Then something else is declared, members die, and so does the reconciler, again and again.
    const int groups = static_cast<int>(
        std::count_if(first.members.begin(), first.members.end(),
                      [](const auto& member) { return member.first.role == Role::kBroker; }));
    desired = random_desired(random, groups);
    const Desired declared = desired;
    world.unsafe_restarts = 0;
    world.before_action = [&] {
      return random.below(3) == 0 ? absl::InternalError("died") : absl::OkStatus();
    };
    absl::StatusOr<ReconcileResult> result;
    for (int life = 0; life < 1000; ++life) {
      result = reconcile(desired, world, world.clock, kTimeoutMs, kSilent);
      ASSERT_TRUE(result.ok());
      if (result->plan.converged()) {
        break;
      }
      EXPECT_FALSE(result->last_error.ok());
    }
    EXPECT_TRUE(result->plan.converged());
    EXPECT_EQ(world.unsafe_restarts, 0);
    expect_as_desired(declared, world);
  }
}

TEST(Reconcile, StopsAtTheDeadlineWithTheReason) {
  Desired desired = make_desired(1, 1);
  SimulatedWorld world(desired);
  world.rounds_until_ready = 1'000'000;
  const auto result = reconcile(desired, world, world.clock, 1000, kSilent);
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->plan.converged());
  EXPECT_EQ(result->plan.conditions.at("PetrelCluster/c").front().reason, "MemberNotReady");
  EXPECT_EQ(result->actions_done, 2);
}

TEST(Reconcile, TriesAgainWhatWasUnreachable) {
  Desired desired = make_desired(1, 1);
  SimulatedWorld world(desired);
  int refusals = 3;
  world.before_action = [&] {
    return refusals-- > 0 ? absl::UnavailableError("not there") : absl::OkStatus();
  };
  const auto result = reconcile(desired, world, world.clock, kTimeoutMs, kSilent);
  EXPECT_TRUE(result->plan.converged());
  EXPECT_TRUE(result->last_error.ok());
}

TEST(Reconcile, DoesNotWaitForWhatFailed) {
  Desired desired = make_desired(1, 1);
  SimulatedWorld world(desired);
  world.members[{Role::kBroker, 0}].failure = "ended with code 1";
  const int64_t start_us = world.clock.mono_us();
  const auto result = reconcile(desired, world, world.clock, kTimeoutMs, kSilent);
  EXPECT_FALSE(result->plan.converged());
  EXPECT_TRUE(result->plan.stuck);
  EXPECT_LT(world.clock.mono_us() - start_us, kTimeoutMs * 1000);
}

TEST(Reconcile, DoesNotWaitForWhatIsRefused) {
  Desired desired = make_desired(1, 1);
  desired.members[{Role::kBroker, 1}] = "digest";
  SimulatedWorld world(desired);
  const auto result = reconcile(desired, world, world.clock, kTimeoutMs, kSilent);
  EXPECT_FALSE(result->plan.converged());
  EXPECT_EQ(result->actions_done, 3);
}

TEST(Reconcile, DropsForgottenDocuments) {
  Desired desired = make_desired(1, 1);
  desired.topics = {make_topic("a", "", true), make_topic("b")};
  SimulatedWorld world(desired);
  ASSERT_TRUE(reconcile(desired, world, world.clock, kTimeoutMs, kSilent).ok());
  ASSERT_EQ(desired.topics.size(), 1u);
  EXPECT_EQ(desired.topics[0].resource.name, "b");
  EXPECT_THAT(world.forgotten, testing::ElementsAre("PetrelTopic/a"));
}

}  // namespace
}  // namespace petrel::ops
