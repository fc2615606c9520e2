// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/handlers/handlers.h"
#include "broker/grpc/testing/test_front.h"
#include "gtest/gtest.h"
#include "store/log/record.h"

namespace petrel::grpcfront {
namespace {

class SendMessage : public testing::Test {
 protected:
  rmq::Message& add(const std::string& body) {
    rmq::Message& message = *call_.asked.add_messages();
    message.mutable_topic()->set_name("orders");
    message.set_body(body);
    message.mutable_system_properties()->set_message_id("id-" + body);
    return message;
  }
  rmq::Code send() {
    send_message(t_.front, call_);
    return call_.answer.status().code();
  }

  static std::string property_of(const core::SendRequest::Message& message, std::string_view name) {
    const auto record = store::decode_record(message.record, store::Verify::kStructure);
    EXPECT_TRUE(record.ok()) << record.status();
    return record.ok() ? std::string(store::find_property(record->properties, name)) : "undecoded";
  }

  TestFront t_;
  FakeUnary<SendMessageCall> call_;
};

TEST_F(SendMessage, AnswersEachMessageOnceTheCoreHasStoredThem) {
  add("a").mutable_system_properties()->set_tag("red");
  add("b");
  send_message(t_.front, call_);
  ASSERT_EQ(t_.core.posted.size(), 1U);
  EXPECT_EQ(call_.finished, 0);
  auto& request = t_.core.front<core::SendRequest>();
  EXPECT_EQ(request.topic, "orders");
  ASSERT_EQ(request.messages.size(), 2U);
  EXPECT_EQ(property_of(request.messages[0], "TAGS"), "red");
  EXPECT_EQ(property_of(request.messages[1], "TAGS"), "");
  request.messages[0].queue_offset = store::QueueOffset(7);
  request.messages[1].queue_offset = store::QueueOffset(8);

  t_.core.complete();
  EXPECT_EQ(call_.finished, 1);
  EXPECT_EQ(call_.answer.status().code(), rmq::OK);
  ASSERT_EQ(call_.answer.entries_size(), 2);
  EXPECT_EQ(call_.answer.entries(0).message_id(), "id-a");
  EXPECT_EQ(call_.answer.entries(1).offset(), 8);
  EXPECT_EQ(t_.metrics.sent_messages, 2);
  EXPECT_EQ(t_.metrics.sent_bytes, 2);
}

TEST_F(SendMessage, TheCoreHearsInWhoseName) {
  add("a");
  call_.context().principal.name = "alice";
  send_message(t_.front, call_);
  EXPECT_EQ(t_.core.front<core::SendRequest>().principal.name, "alice");
}

TEST_F(SendMessage, RecordsCarryTopicBodyAndAddresses) {
  add("hello");
  call_.context().resource_namespace = "ns";
  send_message(t_.front, call_);
  const auto& request = t_.core.front<core::SendRequest>();
  EXPECT_EQ(request.topic, "ns%orders");
  const auto record = store::decode_record(request.messages[0].record, store::Verify::kStructure);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->topic, "ns%orders");
  EXPECT_EQ(record->body, "hello");
  EXPECT_EQ(record->born_host.port, 4000);
  EXPECT_EQ(store::find_property(record->properties, "UNIQ_KEY"), "id-hello");
}

TEST_F(SendMessage, WithoutClientIdIsRefused) {
  add("a");
  call_.context().client_id = "";
  EXPECT_EQ(send(), rmq::CLIENT_ID_REQUIRED);
  EXPECT_EQ(call_.finished, 1);
}

TEST_F(SendMessage, WithoutMessagesIsRefused) { EXPECT_EQ(send(), rmq::MESSAGE_CORRUPTED); }

TEST_F(SendMessage, OfTwoTopicsIsRefused) {
  add("a");
  add("b").mutable_topic()->set_name("payments");
  EXPECT_EQ(send(), rmq::MESSAGE_CORRUPTED);
}

TEST_F(SendMessage, ToAnIllegalOrSystemTopicIsRefused) {
  for (const char* topic : {"", "a b", "rmq_sys_PETREL_STATE", "TBW102"}) {
    call_.asked.Clear();
    add("a").mutable_topic()->set_name(topic);
    EXPECT_EQ(send(), rmq::ILLEGAL_TOPIC) << topic;
  }
}

TEST_F(SendMessage, OneBadMessageRefusesAll) {
  add("a");
  add(std::string(1001, 'x'));
  EXPECT_EQ(send(), rmq::MESSAGE_BODY_TOO_LARGE);
  EXPECT_TRUE(t_.core.posted.empty());
}

TEST_F(SendMessage, AFullMailboxIsTold) {
  add("a");
  t_.core.full = true;
  EXPECT_EQ(send(), rmq::TOO_MANY_REQUESTS);
  EXPECT_EQ(call_.finished, 1);
}

TEST_F(SendMessage, TheCoresRefusalIsTold) {
  add("a");
  send_message(t_.front, call_);
  t_.core.complete(core::OutcomeCode::kTopicNotFound);
  EXPECT_EQ(call_.answer.status().code(), rmq::TOPIC_NOT_FOUND);
  EXPECT_EQ(call_.answer.entries_size(), 0);
}

}  // namespace
}  // namespace petrel::grpcfront
