// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/handlers/handlers.h"
#include "broker/grpc/receipt_handle_text.h"
#include "broker/grpc/testing/test_front.h"
#include "gtest/gtest.h"

namespace petrel::grpcfront {
namespace {

std::string handle_text(int64_t offset) {
  return format_receipt_handle({.queue_id = 1,
                                .queue_offset = store::QueueOffset(offset),
                                .delivery_id = 9,
                                .invisible_ms = 30'000},
                               "broker-a");
}

class AckMessage : public testing::Test {
 protected:
  AckMessage() {
    call_.asked.mutable_group()->set_name("g");
    call_.asked.mutable_topic()->set_name("orders");
  }
  void add(const std::string& handle) { call_.asked.add_entries()->set_receipt_handle(handle); }
  TestFront t_;
  FakeUnary<AckMessageCall> call_;
};

TEST_F(AckMessage, AllOkGivesOneOk) {
  add(handle_text(1));
  add(handle_text(2));
  call_.context().principal.name = "alice";
  ack_message(t_.front, call_);
  EXPECT_EQ(t_.core.front<core::AckRequest>().principal.name, "alice");
  EXPECT_EQ(t_.core.front<core::AckRequest>().entries[1].handle.queue_offset,
            store::QueueOffset(2));
  t_.core.complete();
  EXPECT_EQ(call_.answer.status().code(), rmq::OK);
  EXPECT_EQ(call_.answer.entries(1).receipt_handle(), handle_text(2));
}

TEST_F(AckMessage, DifferentResultsAreToldPerEntry) {
  add("nonsense");
  add(handle_text(2));
  add(handle_text(3));
  ack_message(t_.front, call_);
  auto& request = t_.core.front<core::AckRequest>();
  ASSERT_EQ(request.entries.size(), 2U);
  request.entries[1].outcome.code = core::OutcomeCode::kInvalidReceiptHandle;
  t_.core.complete();
  EXPECT_EQ(call_.answer.status().code(), rmq::MULTIPLE_RESULTS);
  EXPECT_EQ(call_.answer.entries(0).status().code(), rmq::INVALID_RECEIPT_HANDLE);
  EXPECT_EQ(call_.answer.entries(1).status().code(), rmq::OK);
  EXPECT_EQ(call_.answer.entries(2).status().code(), rmq::INVALID_RECEIPT_HANDLE);
}

TEST_F(AckMessage, OnlyUnreadableHandlesNeedNoCore) {
  add("x");
  ack_message(t_.front, call_);
  EXPECT_TRUE(t_.core.posted.empty());
  EXPECT_EQ(call_.answer.status().code(), rmq::INVALID_RECEIPT_HANDLE);
}

TEST_F(AckMessage, AnOverloadedCoreIsToldPerEntryToo) {
  add(handle_text(1));
  t_.core.full = true;
  ack_message(t_.front, call_);
  EXPECT_EQ(call_.answer.status().code(), rmq::TOO_MANY_REQUESTS);
  EXPECT_EQ(call_.answer.entries(0).status().code(), rmq::TOO_MANY_REQUESTS);
}

TEST_F(AckMessage, WithoutEntriesIsRefused) {
  ack_message(t_.front, call_);
  EXPECT_EQ(call_.answer.status().code(), rmq::BAD_REQUEST);
}

class ChangeInvisible : public testing::Test {
 protected:
  ChangeInvisible() {
    call_.asked.mutable_group()->set_name("g");
    call_.asked.mutable_topic()->set_name("orders");
    call_.asked.set_receipt_handle(handle_text(1));
    call_.asked.mutable_invisible_duration()->set_seconds(15);
  }
  TestFront t_;
  FakeUnary<ChangeInvisibleCall> call_;
};

TEST_F(ChangeInvisible, GivesTheNewHandle) {
  call_.asked.set_suspend(true);
  call_.context().principal.name = "alice";
  change_invisible_duration(t_.front, call_);
  auto& request = t_.core.front<core::ChangeInvisibleRequest>();
  EXPECT_EQ(request.principal.name, "alice");
  EXPECT_EQ(request.invisible_ms, 15'000);
  EXPECT_TRUE(request.suspend);
  request.handle.delivery_id = 10;
  t_.core.complete();
  EXPECT_EQ(call_.answer.status().code(), rmq::OK);
  EXPECT_EQ(parse_receipt_handle(call_.answer.receipt_handle(), "broker-a")->delivery_id, 10);
}

TEST_F(ChangeInvisible, MayMakeAMessageVisibleAtOnceButNotForDays) {
  call_.asked.mutable_invisible_duration()->set_seconds(0);
  change_invisible_duration(t_.front, call_);
  EXPECT_EQ(t_.core.posted.size(), 1U);
  call_.asked.mutable_invisible_duration()->set_seconds(12 * 3600 + 1);
  change_invisible_duration(t_.front, call_);
  EXPECT_EQ(call_.answer.status().code(), rmq::ILLEGAL_INVISIBLE_TIME);
}

TEST_F(ChangeInvisible, OfAForeignHandleIsRefused) {
  call_.asked.set_receipt_handle("1 2 3 0 0 broker-b 0 1 2");
  change_invisible_duration(t_.front, call_);
  EXPECT_EQ(call_.answer.status().code(), rmq::INVALID_RECEIPT_HANDLE);
}

TEST(ForwardToDeadLetters, GivesTheDeliveryUp) {
  TestFront t;
  FakeUnary<ForwardToDeadLettersCall> call;
  call.asked.mutable_group()->set_name("g");
  call.asked.mutable_topic()->set_name("orders");
  call.asked.set_receipt_handle(handle_text(1));
  call.context().principal.name = "alice";
  forward_to_dead_letters(t.front, call);
  const auto& request = t.core.front<core::DeadLetterRequest>();
  EXPECT_EQ(request.principal.name, "alice");
  EXPECT_EQ(request.group, "g");
  EXPECT_EQ(request.topic, "orders");
  EXPECT_EQ(request.client_id, "client-1");
  EXPECT_GT(request.handle.delivery_id, 0);
  t.core.complete();
  EXPECT_EQ(call.answer.status().code(), rmq::OK);
}

TEST(ForwardToDeadLetters, OfAForeignHandleIsRefused) {
  TestFront t;
  FakeUnary<ForwardToDeadLettersCall> call;
  call.asked.mutable_group()->set_name("g");
  call.asked.mutable_topic()->set_name("orders");
  call.asked.set_receipt_handle("1 2 3 0 0 broker-b 0 1 2");
  forward_to_dead_letters(t.front, call);
  EXPECT_EQ(call.answer.status().code(), rmq::INVALID_RECEIPT_HANDLE);
}

class Telemetry : public testing::Test {
 protected:
  void pass(int64_t ms) {
    t_.clock.advance_ms(ms);
    t_.undescribed_streams.expire();
  }
  void open(CallContext context = {
                .client_id = "client-1", .language = "JAVA", .client_version = "5.2.0"}) {
    session_ = open_telemetry(t_.front, context, {.ip = {10, 0, 0, 1}, .port = 4000}, writer_);
  }
  void settings(const rmq::Settings& settings) {
    rmq::TelemetryCommand command;
    *command.mutable_settings() = settings;
    session_->on_command(command);
  }
  static rmq::Settings producer(const std::string& topic) {
    rmq::Settings settings;
    settings.set_client_type(rmq::PRODUCER);
    settings.mutable_publishing()->add_topics()->set_name(topic);
    return settings;
  }
  static rmq::Settings consumer(const std::string& group) {
    rmq::Settings settings;
    settings.set_client_type(rmq::SIMPLE_CONSUMER);
    settings.mutable_subscription()->mutable_group()->set_name(group);
    return settings;
  }
  rmq::Code heartbeat(rmq::ClientType type, const std::string& group = "") {
    FakeUnary<HeartbeatCall> call;
    call.asked.set_client_type(type);
    if (!group.empty()) {
      call.asked.mutable_group()->set_name(group);
    }
    grpcfront::heartbeat(t_.front, call);
    return call.answer.status().code();
  }

  TestFront t_;
  std::shared_ptr<FakeWriter> writer_ = std::make_shared<FakeWriter>();
  std::unique_ptr<TelemetrySession> session_;
};

TEST_F(Telemetry, AStreamWithoutSettingsEndsInTimeAndOneWithThemDoesNot) {
  open();
  pass(9'999);
  EXPECT_TRUE(writer_->ended.empty());
  settings(producer("orders"));
  pass(60'000);
  EXPECT_TRUE(writer_->ended.empty());

  writer_ = std::make_shared<FakeWriter>();
  open();
  session_->on_command({});  // which are none
  pass(10'000);
  ASSERT_EQ(writer_->ended.size(), 1U);
  EXPECT_EQ(writer_->ended[0], TelemetryWriter::End::kInvalidArgument);
}

TEST_F(Telemetry, SoManyStreamsMayBeWithoutSettings) {
  t_.front.options.undescribed_streams_max = 2;
  open();
  const auto first = std::move(session_);
  open();
  auto second = std::move(session_);
  writer_ = std::make_shared<FakeWriter>();
  open();
  EXPECT_EQ(session_, nullptr);
  ASSERT_EQ(writer_->ended.size(), 1U);
  EXPECT_EQ(writer_->ended[0], TelemetryWriter::End::kResourceExhausted);
  second.reset();  // its client went away
  open();
  EXPECT_NE(session_, nullptr);
}

TEST_F(Telemetry, AnswersSettingsWithTheServersValues) {
  open();
  settings(producer("orders"));
  ASSERT_EQ(writer_->written.size(), 1U);
  const rmq::TelemetryCommand& reply = writer_->written[0];
  EXPECT_EQ(reply.status().code(), rmq::OK);
  EXPECT_EQ(reply.settings().publishing().max_body_size(), 1000);
  EXPECT_EQ(reply.settings().publishing().topics(0).name(), "orders");
  EXPECT_TRUE(reply.settings().backoff_policy().has_exponential_backoff());
}

TEST_F(Telemetry, AConsumerIsToldItsGroupsBackoff) {
  t_.registry.set_group({.name = "g", .attempts_max = 4, .backoff_ms = {1'500}});
  open();
  settings(consumer("g"));
  const auto& policy = writer_->written.at(0).settings().backoff_policy();
  EXPECT_EQ(policy.max_attempts(), 4);
  ASSERT_EQ(policy.customized_backoff().next_size(), 1);
  EXPECT_EQ(policy.customized_backoff().next(0).nanos(), 500'000'000);
  EXPECT_EQ(t_.clients.clients_of_group("g"), 1);
  EXPECT_EQ(t_.clients.list("g", "", 1).front().client->address, "10.0.0.1:4000");
}

TEST_F(Telemetry, BadSettingsEndTheStream) {
  for (const rmq::Settings& bad : {rmq::Settings(), producer("a b"), consumer("CID_RMQ_SYS_X")}) {
    writer_ = std::make_shared<FakeWriter>();
    open();
    settings(bad);
    ASSERT_EQ(writer_->ended.size(), 1U);
    EXPECT_EQ(writer_->ended[0], TelemetryWriter::End::kInvalidArgument);
    EXPECT_NE(writer_->written.at(0).status().code(), rmq::OK);
  }
  EXPECT_EQ(t_.clients.size(), 0U);
}

TEST_F(Telemetry, WithoutClientIdIsRefused) {
  open({});
  settings(producer("orders"));
  EXPECT_EQ(writer_->written.at(0).status().code(), rmq::CLIENT_ID_REQUIRED);
  EXPECT_EQ(writer_->ended.size(), 1U);
}

TEST_F(Telemetry, HalfCloseCompletesTheStream) {
  open();
  session_->on_half_close();
  ASSERT_EQ(writer_->ended.size(), 1U);
  EXPECT_EQ(writer_->ended[0], TelemetryWriter::End::kOk);
}

TEST_F(Telemetry, AHeartbeatNeedsSettingsFirst) {
  EXPECT_EQ(heartbeat(rmq::PRODUCER), rmq::UNRECOGNIZED_CLIENT_TYPE);
  open();
  settings(producer("orders"));
  EXPECT_EQ(heartbeat(rmq::PRODUCER), rmq::OK);
  EXPECT_EQ(heartbeat(rmq::SIMPLE_CONSUMER, "a b"), rmq::ILLEGAL_CONSUMER_GROUP);
  EXPECT_EQ(heartbeat(rmq::PULL_CONSUMER, "g"), rmq::UNRECOGNIZED_CLIENT_TYPE);
  EXPECT_EQ(heartbeat(rmq::CLIENT_TYPE_UNSPECIFIED), rmq::UNRECOGNIZED_CLIENT_TYPE);
}

TEST_F(Telemetry, TerminationForgetsTheClient) {
  open();
  settings(consumer("g"));
  FakeUnary<NotifyTerminationCall> call;
  call.asked.mutable_group()->set_name("g");
  notify_client_termination(t_.front, call);
  EXPECT_EQ(call.answer.status().code(), rmq::OK);
  EXPECT_FALSE(t_.clients.connected("client-1"));
  session_->on_closed();
}

class RouteCalls : public testing::Test {
 protected:
  void add(const std::string& broker, int32_t id, rmq::Permission permission) {
    rmq::MessageQueue* queue = t_.routes.route->queues.Add();
    queue->mutable_topic()->set_name("ns%orders");
    queue->set_permission(permission);
    queue->mutable_broker()->set_name(broker);
    queue->mutable_broker()->set_id(id);
  }
  TestFront t_;
};

TEST_F(RouteCalls, QueuesNameTheTopicAsTheClientDoes) {
  add("broker-a", 0, rmq::READ_WRITE);
  FakeUnary<QueryRouteCall> call;
  call.asked.mutable_topic()->set_name("orders");
  call.asked.mutable_topic()->set_resource_namespace("ns");
  query_route(t_.front, call);
  EXPECT_EQ(t_.routes.asked, "ns%orders");
  ASSERT_EQ(call.answer.message_queues_size(), 1);
  EXPECT_EQ(call.answer.message_queues(0).topic().name(), "orders");
  EXPECT_EQ(call.answer.status().code(), rmq::OK);
}

TEST_F(RouteCalls, AnUnknownTopicIsTold) {
  t_.routes.route->verdict = {rmq::TOPIC_NOT_FOUND, "no such topic"};
  FakeUnary<QueryRouteCall> call;
  call.asked.mutable_topic()->set_name("orders");
  query_route(t_.front, call);
  EXPECT_EQ(call.answer.status().code(), rmq::TOPIC_NOT_FOUND);
}

TEST_F(RouteCalls, AssignmentsAreOnePerReadableMaster) {
  add("broker-a", 0, rmq::READ_WRITE);
  add("broker-a", 0, rmq::READ_WRITE);
  add("broker-a", 1, rmq::READ_WRITE);
  add("broker-b", 0, rmq::WRITE);
  add("broker-c", 0, rmq::READ);
  FakeUnary<QueryAssignmentCall> call;
  call.asked.mutable_topic()->set_name("orders");
  call.asked.mutable_group()->set_name("g");
  query_assignment(t_.front, call);
  ASSERT_EQ(call.answer.assignments_size(), 2);
  EXPECT_EQ(call.answer.assignments(0).message_queue().broker().name(), "broker-a");
  EXPECT_EQ(call.answer.assignments(0).message_queue().id(), -1);
  EXPECT_EQ(call.answer.assignments(1).message_queue().broker().name(), "broker-c");
}

TEST_F(RouteCalls, NothingReadableIsForbidden) {
  add("broker-b", 0, rmq::WRITE);
  FakeUnary<QueryAssignmentCall> call;
  call.asked.mutable_topic()->set_name("orders");
  call.asked.mutable_group()->set_name("g");
  query_assignment(t_.front, call);
  EXPECT_EQ(call.answer.status().code(), rmq::FORBIDDEN);
}

}  // namespace
}  // namespace petrel::grpcfront
