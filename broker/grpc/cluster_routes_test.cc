// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/cluster_routes.h"

#include <optional>

#include "broker/grpc/testing/test_front.h"
#include "gtest/gtest.h"

namespace petrel::grpcfront {
namespace {

class FakeNameservers final : public NameserverQuery {
 public:
  size_t nameservers() const override { return 2; }
  void query(size_t nameserver, const std::string&, Done done) override {
    asked.push_back(nameserver);
    pending.push_back(std::move(done));
  }
  void answer(absl::StatusOr<rmq::QueryRouteResponse> response) {
    Done done = std::move(pending.at(0));
    pending.erase(pending.begin());
    std::move(done)(std::move(response));
  }
  std::vector<size_t> asked;
  std::vector<Done> pending;
};

rmq::QueryRouteResponse found(int queues) {
  rmq::QueryRouteResponse response;
  response.mutable_status()->set_code(rmq::OK);
  for (int i = 0; i < queues; ++i) {
    response.add_message_queues()->set_id(i);
  }
  return response;
}

rmq::QueryRouteResponse not_found() {
  rmq::QueryRouteResponse response;
  response.mutable_status()->set_code(rmq::TOPIC_NOT_FOUND);
  return response;
}

class Routes : public testing::Test {
 protected:
  void find() {
    routes_.find("orders", [this](std::shared_ptr<const Route> route) {
      ++answers_;
      route_ = std::move(route);
    });
  }
  void make_topic() {
    registry_.set_topic({.name = "orders",
                         .read_queues = 3,
                         .write_queues = 2,
                         .permission = 6,
                         .message_type = core::MessageType::kNormal});
  }

  ManualClock clock_;
  core::Registry registry_;
  frontend::FakeCore core_;
  FakeNameservers nameservers_;
  ClusterRoutes routes_{clock_, registry_, core_, {.name = "broker-a"}, &nameservers_};
  std::shared_ptr<const Route> route_;
  int answers_ = 0;
};

TEST_F(Routes, ComeFromANameserverAndAreKeptForAMoment) {
  find();
  nameservers_.answer(found(4));
  EXPECT_EQ(route_->queues.size(), 4);
  find();
  EXPECT_EQ(answers_, 2);
  EXPECT_EQ(nameservers_.asked.size(), 1U);
  clock_.advance_ms(ClusterRoutes::kFreshMs);
  find();
  EXPECT_EQ(nameservers_.asked.size(), 2U);
}

TEST_F(Routes, ManyAskersShareOneQuery) {
  find();
  find();
  find();
  EXPECT_EQ(nameservers_.asked.size(), 1U);
  nameservers_.answer(found(1));
  EXPECT_EQ(answers_, 3);
}

TEST_F(Routes, TheNextNameserverIsAskedWhenOneFailsAndThenStaysPreferred) {
  find();
  nameservers_.answer(absl::UnavailableError("down"));
  nameservers_.answer(found(1));
  EXPECT_TRUE(route_->verdict.ok());
  clock_.advance_ms(ClusterRoutes::kFreshMs);
  find();
  EXPECT_EQ(nameservers_.asked, (std::vector<size_t>{0, 1, 1}));
}

TEST_F(Routes, OwnQueuesServeWhileNoNameserverAnswers) {
  make_topic();
  find();
  nameservers_.answer(absl::UnavailableError("down"));
  nameservers_.answer(absl::UnavailableError("down"));
  ASSERT_EQ(route_->queues.size(), 3);
  EXPECT_EQ(route_->queues.Get(0).permission(), rmq::READ);
  EXPECT_EQ(route_->queues.Get(2).permission(), rmq::READ_WRITE);
  EXPECT_EQ(route_->queues.Get(2).broker().name(), "broker-a");
  find();
  EXPECT_EQ(nameservers_.asked.size(), 3U) << "a makeshift answer is not kept";
  EXPECT_EQ(routes_.unanswered(), 1);
}

TEST_F(Routes, ATopicThatNameserversDoNotKnowYetIsServedFromHere) {
  make_topic();
  find();
  nameservers_.answer(not_found());
  EXPECT_EQ(route_->queues.size(), 3);
  EXPECT_EQ(routes_.unanswered(), 0) << "the nameserver did answer";
}

TEST_F(Routes, AnUnknownTopicIsMadeWhereThatIsAllowed) {
  find();
  nameservers_.answer(not_found());
  EXPECT_EQ(core_.front<core::EnsureTopicRequest>().topic, "orders");
  make_topic();
  core_.complete();
  EXPECT_TRUE(route_->verdict.ok());
}

TEST_F(Routes, AnUnknownTopicIsNotFoundElsewhere) {
  find();
  nameservers_.answer(not_found());
  core_.complete(core::OutcomeCode::kTopicNotFound);
  EXPECT_EQ(route_->verdict.code, rmq::TOPIC_NOT_FOUND);
}

TEST_F(Routes, WithoutNameserversTheBrokerStandsAlone) {
  ClusterRoutes alone(clock_, registry_, core_, {.name = "broker-a"}, nullptr);
  make_topic();
  std::shared_ptr<const Route> route;
  alone.find("orders", [&route](std::shared_ptr<const Route> r) { route = std::move(r); });
  EXPECT_EQ(route->queues.size(), 3);
  EXPECT_EQ(alone.unanswered(), 0);
}

}  // namespace
}  // namespace petrel::grpcfront
