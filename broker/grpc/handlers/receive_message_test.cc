// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/handlers/handlers.h"
#include "broker/grpc/receipt_handle_text.h"
#include "broker/grpc/testing/test_front.h"
#include "common/concat.h"
#include "gtest/gtest.h"

namespace petrel::grpcfront {
namespace {

class ReceiveMessage : public testing::Test {
 protected:
  ReceiveMessage() {
    rmq::ReceiveMessageRequest& request = call_.asked;
    request.mutable_group()->set_name("g");
    request.mutable_message_queue()->mutable_topic()->set_name("orders");
    request.mutable_message_queue()->set_id(-1);
    request.set_batch_size(16);
    request.mutable_invisible_duration()->set_seconds(30);
    request.mutable_long_polling_timeout()->set_seconds(10);
  }

  // The receive that the core got.
  core::ReceiveRequest& posted() {
    receive_message(t_.front, call_);
    return t_.core.front<core::ReceiveRequest>();
  }
  rmq::Code refusal() {
    receive_message(t_.front, call_);
    EXPECT_TRUE(t_.core.posted.empty());
    const auto taken = call_.take();
    EXPECT_EQ(taken.size(), 2U);
    EXPECT_TRUE(taken.back().has_delivery_timestamp());
    return taken.front().status().code();
  }

  void deliver(core::ReceiveRequest& request, const std::string& body, const std::string& tag,
               bool hot = true) {
    const std::string properties = concat("UNIQ_KEY\x01id-", body, "\x02TAGS\x01", tag, "\x02");
    const int64_t offset = 1000 + static_cast<int64_t>(records_.size());
    auto record = store::encode_record({.topic = "orders", .body = body, .properties = properties});
    ASSERT_TRUE(record.ok());
    records_.push_back(std::make_unique<std::string>(*record));
    if (!hot) {
      t_.cold_records[offset] = *record;
    }
    request.deliveries.push_back(
        {.handle = {.log_offset = store::LogOffset(offset), .delivery_id = 5},
         .attempt = 1,
         .record_size = static_cast<int32_t>(record->size())});
    if (hot) {
      request.deliveries.back().record = store::LogSlice(nullptr, *records_.back());
    }
  }

  TestFront t_;
  FakeReceive call_;
  std::vector<std::unique_ptr<std::string>> records_;
};

TEST_F(ReceiveMessage, AsksTheCoreWithTheClientsWishes) {
  call_.asked.set_batch_size(100);
  call_.context().principal.name = "alice";
  const core::ReceiveRequest& request = posted();
  EXPECT_EQ(request.principal.name, "alice");
  EXPECT_EQ(request.group, "g");
  EXPECT_EQ(request.topic, "orders");
  EXPECT_EQ(request.queue_id, -1);
  EXPECT_EQ(request.batch_size, 32);
  EXPECT_EQ(request.invisible_ms, 30'000);
  EXPECT_EQ(request.wait_until_us, t_.clock.mono_us() + 10'000'000);
  EXPECT_EQ(request.client_id, "client-1");
  EXPECT_FALSE(request.auto_renew);
}

TEST_F(ReceiveMessage, TakesFromAllQueuesWhicheverIsNamed) {
  call_.asked.mutable_message_queue()->set_id(3);
  EXPECT_EQ(posted().queue_id, -1);
}

TEST_F(ReceiveMessage, AnswersBeforeTheDeadline) {
  call_.context().remaining_ms = 8'000;
  EXPECT_EQ(posted().wait_until_us, t_.clock.mono_us() + 7'900'000);
}

TEST_F(ReceiveMessage, RenewedMessagesAreInvisibleForAMinute) {
  call_.asked.set_auto_renew(true);
  call_.asked.clear_invisible_duration();
  const core::ReceiveRequest& request = posted();
  EXPECT_TRUE(request.auto_renew);
  EXPECT_EQ(request.invisible_ms, 60'000);
}

TEST_F(ReceiveMessage, StreamsStatusThenMessagesThenTime) {
  core::ReceiveRequest& request = posted();
  deliver(request, "a", "red");
  deliver(request, "b", "blue");
  request.delivered_ms = 1'763'719'200'123;
  t_.core.complete();
  const auto taken = call_.take();
  ASSERT_EQ(taken.size(), 4U);
  EXPECT_EQ(taken[0].status().code(), rmq::OK);
  EXPECT_EQ(taken[1].message().body(), "a");
  EXPECT_EQ(taken[2].message().system_properties().tag(), "blue");
  const auto handle =
      parse_receipt_handle(taken[1].message().system_properties().receipt_handle(), "broker-a");
  ASSERT_TRUE(handle.has_value());
  EXPECT_EQ(handle->log_offset, store::LogOffset(1000));
  EXPECT_EQ(taken[3].delivery_timestamp().nanos(), 123'000'000);
  EXPECT_TRUE(t_.core.posted.empty());
  EXPECT_EQ(t_.metrics.delivered_messages, 2);
}

TEST_F(ReceiveMessage, WithoutMessagesSaysSo) {
  posted();
  t_.core.complete(core::OutcomeCode::kNoMessage);
  const auto taken = call_.take();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].status().code(), rmq::MESSAGE_NOT_FOUND);
}

TEST_F(ReceiveMessage, MessagesThatAreNotInMemoryAreReadElsewhere) {
  deliver(posted(), "cold", "red", false);
  t_.core.complete();
  EXPECT_EQ(call_.body, nullptr);
  t_.readers.run();
  EXPECT_EQ(call_.take().at(1).message().body(), "cold");
}

TEST_F(ReceiveMessage, SaysSoWhenNothingIsLeftOfWhatTheCoreFound) {
  deliver(posted(), "cold", "red", false);
  t_.cold_failure = absl::UnavailableError("no engine serves");
  t_.core.complete();
  t_.readers.run();
  const auto taken = call_.take();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].status().code(), rmq::MESSAGE_NOT_FOUND);
  EXPECT_EQ(t_.metrics.delivered_messages, 0);
}

TEST_F(ReceiveMessage, FiltersByTheClientsExpression) {
  call_.asked.mutable_filter_expression()->set_expression("Aa");
  core::ReceiveRequest& request = posted();
  ASSERT_EQ(store::tags_code("Aa"), store::tags_code("BB"));  // as Java has it
  deliver(request, "wanted", "Aa");
  deliver(request, "collision", "BB");
  t_.core.complete();
  const auto taken = call_.take();
  ASSERT_EQ(taken.size(), 3U);
  EXPECT_EQ(taken[1].message().body(), "wanted");
}

TEST_F(ReceiveMessage, WhatTheClientDidNotTakeBecomesVisibleSoon) {
  core::ReceiveRequest& request = posted();
  deliver(request, "a", "t");
  deliver(request, "b", "t");
  deliver(request, "c", "t");
  t_.core.complete();
  call_.take(3);  // status, a, and b, whose write then fails
  const auto& back = t_.core.front<core::GiveBackRequest>();
  ASSERT_EQ(back.handles.size(), 2U);
  EXPECT_EQ(back.handles[0].log_offset, store::LogOffset(1001));
  EXPECT_EQ(back.comes_again_ms, 1'000);
  EXPECT_EQ(t_.metrics.delivered_messages, 1);
}

TEST_F(ReceiveMessage, AClientThatWentAwayBeforeTheAnswerTakesNothing) {
  deliver(posted(), "a", "t");
  t_.core.complete();
  call_.body->closed(false);
  EXPECT_EQ(t_.core.front<core::GiveBackRequest>().handles.at(0).log_offset,
            store::LogOffset(1000));
}

TEST_F(ReceiveMessage, ACancelledCallIsCancelledInTheCore) {
  posted();
  std::move(call_.cancelled)();
  ASSERT_EQ(t_.core.posted.size(), 2U);
  EXPECT_NE(dynamic_cast<core::CancelReceive*>(t_.core.posted[1].get()), nullptr);
}

TEST_F(ReceiveMessage, RefusesWhatItCannotServe) {
  const rmq::ReceiveMessageRequest good = call_.asked;
  call_.asked.mutable_invisible_duration()->set_seconds(9);
  EXPECT_EQ(refusal(), rmq::ILLEGAL_INVISIBLE_TIME);
  call_.asked = good;
  call_.asked.set_batch_size(0);
  EXPECT_EQ(refusal(), rmq::BAD_REQUEST);
  call_.asked = good;
  call_.asked.mutable_group()->set_name("a b");
  EXPECT_EQ(refusal(), rmq::ILLEGAL_CONSUMER_GROUP);
  call_.asked = good;
  call_.asked.mutable_filter_expression()->set_expression("a||");
  EXPECT_EQ(refusal(), rmq::ILLEGAL_FILTER_EXPRESSION);
  call_.asked = good;
  call_.context().remaining_ms = 3'000;
  call_.context().client_version = "5.2.0";
  EXPECT_EQ(refusal(), rmq::ILLEGAL_POLLING_TIME);
}

}  // namespace
}  // namespace petrel::grpcfront
