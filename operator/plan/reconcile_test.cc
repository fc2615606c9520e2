// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/plan/reconcile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "common/random.h"
#include "operator/plan/testing/simulated_world.h"
#include "operator/plan/testing/test_documents.h"

namespace petrel::ops {
namespace {

const Progress kSilent = [](const Action&) {};
constexpr int64_t kTimeoutMs = 60'000;
// Of a world that has conflicts, and so never is all ready: some dozens of its rounds.
constexpr int64_t kSettleMs = 4'000;

DeletionPolicy random_policy(Random& random) {
  static constexpr DeletionPolicy kPolicies[] = {
      DeletionPolicy::kRetain, DeletionPolicy::kDeleteIfEmpty, DeletionPolicy::kDelete};
  return kPolicies[random.below(3)];
}

// Made by hand: reading YAML would take most of the time.
template <typename Document>
std::shared_ptr<Document> random_document(Random& random, const std::string& id) {
  static constexpr const char* kNames[] = {"orders", "billing", "mail", "audit"};
  auto document = std::make_shared<Document>();
  document->id = id;
  document->created_ms = static_cast<int64_t>(random.below(3));
  document->deleting = random.below(4) == 0;
  document->spec.cluster = "c";
  document->spec.settings.name = kNames[random.below(4)];
  document->spec.deletion_policy = random_policy(random);
  return document;
}

// Documents of few names, so that some are in conflict.
Desired random_desired(Random& random, int broker_groups_min) {
  Desired desired = make_desired(1 + static_cast<int>(random.below(3)),
                                 broker_groups_min + static_cast<int>(random.below(3)),
                                 concat("digest", random.below(3)));
  for (const char* document : {"a", "b", "c", "d", "e"}) {
    if (random.below(3) != 0) {
      auto topic = random_document<DeclaredTopic>(random, concat("PetrelTopic/", document));
      topic->spec.settings.read_queues = 1 + static_cast<int32_t>(random.below(3));
      desired.topics.push_back(std::move(topic));
    }
    if (random.below(3) != 0) {
      desired.groups.push_back(
          random_document<DeclaredGroup>(random, concat("PetrelConsumerGroup/", document)));
    }
  }
  return desired;
}

// What somebody did to the cluster behind the reconciler's back: members died, things were deleted
// or made, objects changed. DeleteIfEmpty would wait for messages for ever, so there are none.
void disturb(SimulatedWorld& world, Random& random) {
  for (auto& [id, member] : world.members) {
    if (random.below(4) == 0) {
      member.running = false;
    }
    if (id.role == Role::kBroker && random.below(2) == 0) {
      member.content.topics.erase("orders");
      member.content.topics["mail"].settings = {.name = "mail", .read_queues = 7};
      member.content.groups.erase("billing");
    }
  }
  if (random.below(2) == 0) {
    world.objects_to_repair.insert({"Service/c", "ConfigMap/c-broker-0-config"});
  }
}

// The one that a name belongs to.
std::shared_ptr<const DeclaredTopic> holder_of(const Desired& desired, const std::string& name) {
  std::shared_ptr<const DeclaredTopic> holder;
  for (const auto& topic : desired.topics) {
    const auto rank = [](const DeclaredTopic& t) {
      return std::tie(t.deleting, t.created_ms, t.id);
    };
    if (topic->spec.settings.name == name && (holder == nullptr || rank(*topic) < rank(*holder))) {
      holder = topic;
    }
  }
  return holder;
}

// Every declared topic is on every broker, and what had to go is gone.
void expect_as_desired(const Desired& declared, const SimulatedWorld& world) {
  for (const auto& [id, digest] : declared.members) {
    const SimulatedWorld::Member& member = world.members.at(id);
    EXPECT_TRUE(member.running) << id.name();
    EXPECT_EQ(member.digest, digest) << id.name();
    if (id.role != Role::kBroker) {
      continue;
    }
    for (const auto& document : declared.topics) {
      const TopicSettings& settings = document->spec.settings;
      const auto holder = holder_of(declared, settings.name);
      const auto found = member.content.topics.find(settings.name);
      if (!holder->deleting) {
        ASSERT_NE(found, member.content.topics.end()) << settings.name;
        EXPECT_EQ(found->second.settings, holder->spec.settings);
      } else if (holder->spec.deletion_policy != DeletionPolicy::kRetain) {
        EXPECT_EQ(found, member.content.topics.end()) << settings.name;
      }
    }
  }
  for (const auto& document : declared.topics) {
    EXPECT_EQ(world.forgotten.contains(document->id), document->deleting) << document->id;
  }
}

// Nothing is left to do or to wait for, but that the younger of two documents may be in conflict.
void expect_settled(const Plan& plan) {
  EXPECT_TRUE(plan.actions.empty());
  for (const auto& [id, conditions] : plan.conditions) {
    for (const Condition& condition : conditions) {
      EXPECT_TRUE(condition.status || condition.type == "Progressing" ||
                  condition.reason == "Conflict")
          << id << " " << condition.type << ": " << condition.message;
    }
  }
}

// With and without restarts in one step.
class ReconcileRandomly : public testing::TestWithParam<bool> {};

TEST_P(ReconcileRandomly, ReachesWhatIsDesiredAndThenDoesNothing) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    Desired desired = random_desired(random, 1);
    const Desired declared = desired;
    SimulatedWorld world(desired, GetParam());
    auto result = reconcile(desired, world, world.clock, kSettleMs, kSilent);
    ASSERT_TRUE(result.ok()) << result.status();
    expect_settled(result->plan);
    expect_as_desired(declared, world);

    result = reconcile(desired, world, world.clock, kSettleMs, kSilent);
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result->actions_done, 0);
    expect_settled(result->plan);
  }
}

TEST_P(ReconcileRandomly, ResumesAfterDyingBeforeAnyAction) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    Desired first = random_desired(random, 1);
    Desired desired = first;
    SimulatedWorld world(desired, GetParam());
    ASSERT_TRUE(reconcile(desired, world, world.clock, kSettleMs, kSilent).ok());

    // Then something else is declared, members die, and so does the reconciler, again and again.
    const int groups = static_cast<int>(
        std::count_if(first.members.begin(), first.members.end(),
                      [](const auto& member) { return member.first.role == Role::kBroker; }));
    desired = random_desired(random, groups);
    const Desired declared = desired;
    disturb(world, random);
    world.forgotten.clear();
    world.unsafe_restarts = 0;
    bool dead = false;
    world.before_action = [&] {
      dead = dead || random.below(3) == 0;
      return dead ? absl::InternalError("died") : absl::OkStatus();
    };
    for (int life = 0; life < 1000; ++life) {
      dead = false;
      const auto result = reconcile(desired, world, world.clock, kSettleMs, kSilent);
      ASSERT_TRUE(result.ok());
      if (result->plan.actions.empty() && result->errors.empty()) {
        break;
      }
    }
    world.before_action = [] { return absl::OkStatus(); };
    const auto result = reconcile(desired, world, world.clock, kSettleMs, kSilent);
    expect_settled(result->plan);
    EXPECT_EQ(world.unsafe_restarts, 0);
    expect_as_desired(declared, world);
  }
}

INSTANTIATE_TEST_SUITE_P(InOneStepOrTwo, ReconcileRandomly, testing::Bool());

TEST(Decide, IsTheSameForTheSameAndInAnyOrderOfDocuments) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    Desired desired = random_desired(random, 1);
    SimulatedWorld world(desired);
    ASSERT_TRUE(reconcile(desired, world, world.clock, kSettleMs, kSilent).ok());
    disturb(world, random);
    const Snapshot snapshot = world.observe().value();
    const Plan plan = decide(desired, snapshot);
    std::reverse(desired.topics.begin(), desired.topics.end());
    std::reverse(desired.groups.begin(), desired.groups.end());
    const Plan again = decide(desired, snapshot);
    EXPECT_EQ(plan.conditions, again.conditions);
    ASSERT_EQ(plan.actions.size(), again.actions.size());
    for (size_t i = 0; i < plan.actions.size(); ++i) {
      EXPECT_EQ(plan.actions[i].describe(), again.actions[i].describe());
      EXPECT_EQ(plan.actions[i].topics, again.actions[i].topics);
      EXPECT_EQ(plan.actions[i].names, again.actions[i].names);
    }
  }
}

TEST(Reconcile, StopsAtTheDeadlineWithTheReason) {
  Desired desired = make_desired(1, 1);
  SimulatedWorld world(desired);
  world.rounds_until_ready = 1'000'000;
  const auto result = reconcile(desired, world, world.clock, 1000, kSilent);
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->plan.converged());
  EXPECT_EQ(result->plan.conditions.at("PetrelCluster/c").front().reason, "MemberNotRunning");
  EXPECT_EQ(result->actions_done, 1);
}

TEST(Reconcile, EachStepHasItsOwnTime) {
  Desired desired = make_desired(1, 4);
  SimulatedWorld world(desired);
  ASSERT_TRUE(reconcile(desired, world, world.clock, kTimeoutMs, kSilent)->plan.converged());
  for (auto& [id, digest] : desired.members) {
    digest = "new";
  }
  world.rounds_until_ready = 8;  // 800 ms
  const auto result = reconcile(desired, world, world.clock, 1'000, kSilent);
  EXPECT_TRUE(result->plan.converged()) << "five restarts take four seconds";
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
  EXPECT_TRUE(result->errors.empty());
}

// Of a world in which these topics cannot be applied.
absl::StatusOr<ReconcileResult> reconcile_refusing(Desired& desired, SimulatedWorld& world,
                                                   const std::set<std::string>& topics) {
  world.refused_topics = topics;
  return reconcile(desired, world, world.clock, kTimeoutMs, kSilent);
}

TEST(Reconcile, GoesOnAfterARefusedAction) {
  Desired desired = make_desired(1, 2);
  desired.topics = {make_topic("a"), make_topic("bad"), make_topic("z")};
  SimulatedWorld world(desired);
  const int64_t start_us = world.clock.mono_us();
  const auto result = reconcile_refusing(desired, world, {"bad"});
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->plan.converged());
  for (const int broker : {0, 1}) {
    const BrokerContent& content = world.members.at({Role::kBroker, broker}).content;
    EXPECT_TRUE(content.topics.contains("a"));
    EXPECT_FALSE(content.topics.contains("bad"));
    EXPECT_TRUE(content.topics.contains("z"));
  }
  ASSERT_EQ(result->errors.size(), 2u);
  EXPECT_EQ(result->errors[0].message(), "apply topic bad on broker-0: refused");
  EXPECT_EQ(result->errors[1].message(), "apply topic bad on broker-1: refused");
  EXPECT_LT(world.clock.mono_us() - start_us, kTimeoutMs * 1000) << "nothing to wait for";
}

TEST(Reconcile, AMemberThatCannotBeStartedHoldsUpNoOther) {
  Desired desired = make_desired(1, 2);
  desired.topics = {make_topic("a")};
  SimulatedWorld world(desired);
  world.refused_members = {{Role::kBroker, 0}};
  const int64_t start_us = world.clock.mono_us();
  const auto result = reconcile(desired, world, world.clock, kTimeoutMs, kSilent);
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(world.members.at({Role::kBroker, 1}).content.topics.contains("a"));
  ASSERT_EQ(result->errors.size(), 1u);
  EXPECT_LT(world.clock.mono_us() - start_us, kTimeoutMs * 1000) << "nothing to wait for";
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
  desired.topics = {make_topic("a", "", kDeleting), make_topic("b")};
  SimulatedWorld world(desired);
  ASSERT_TRUE(reconcile(desired, world, world.clock, kTimeoutMs, kSilent).ok());
  ASSERT_EQ(desired.topics.size(), 1u);
  EXPECT_EQ(desired.topics[0]->id, "PetrelTopic/b");
  EXPECT_THAT(world.forgotten, testing::ElementsAre("PetrelTopic/a"));
}

}  // namespace
}  // namespace petrel::ops
