// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/validation.h"

#include "common/concat.h"
#include "gtest/gtest.h"

namespace petrel::grpcfront {
namespace {

constexpr int64_t kBodyMax = 4 << 20;

rmq::Message valid_message() {
  rmq::Message message;
  message.set_body("body");
  message.mutable_system_properties()->set_message_id("01AB");
  return message;
}

rmq::Code code_of(const rmq::Message& message) { return check_message(message, kBodyMax).code; }

TEST(Validation, AMessageWithBodyAndIdIsEnough) { EXPECT_EQ(code_of(valid_message()), rmq::OK); }

TEST(Validation, BodyMustBeThereAndWithinTheLimit) {
  rmq::Message message = valid_message();
  message.clear_body();
  EXPECT_EQ(code_of(message), rmq::MESSAGE_BODY_EMPTY);
  message.set_body(std::string(kBodyMax, 'x'));
  EXPECT_EQ(code_of(message), rmq::OK);
  message.set_body(std::string(kBodyMax + 1, 'x'));
  EXPECT_EQ(code_of(message), rmq::MESSAGE_BODY_TOO_LARGE);
}

TEST(Validation, TagsKeysAndGroupsHaveTheirOwnCodes) {
  for (const char* bad : {"", "  ", "a|b", "a\x01", "a\xc2\x85"}) {
    rmq::Message message = valid_message();
    message.mutable_system_properties()->set_tag(bad);
    EXPECT_EQ(code_of(message), rmq::ILLEGAL_MESSAGE_TAG) << bad;
  }
  for (const char* bad : {"", " ", "k\x7f"}) {
    rmq::Message message = valid_message();
    message.mutable_system_properties()->add_keys("good");
    message.mutable_system_properties()->add_keys(bad);
    EXPECT_EQ(code_of(message), rmq::ILLEGAL_MESSAGE_KEY) << bad;
  }
  for (const std::string& bad : {std::string(), std::string(64, 'g'), std::string("g\n")}) {
    rmq::Message message = valid_message();
    message.mutable_system_properties()->set_message_group(bad);
    EXPECT_EQ(code_of(message), rmq::ILLEGAL_MESSAGE_GROUP) << bad;
  }
  rmq::Message message = valid_message();
  message.mutable_system_properties()->set_tag("größe");
  message.mutable_system_properties()->add_keys("ключ");
  EXPECT_EQ(code_of(message), rmq::OK);
}

TEST(Validation, MessageIdMustNotBeBlank) {
  rmq::Message message = valid_message();
  message.mutable_system_properties()->set_message_id(" ");
  EXPECT_EQ(code_of(message), rmq::ILLEGAL_MESSAGE_ID);
}

TEST(Validation, UserPropertiesMustNotUseReservedNamesOrControlCharacters) {
  for (const char* bad : {"TAGS", "UNIQ_KEY", "__CRC32#", "_SYS_MSG_PRIORITY_", "a\x02", ""}) {
    rmq::Message message = valid_message();
    (*message.mutable_user_properties())[bad] = "v";
    EXPECT_EQ(code_of(message), rmq::ILLEGAL_MESSAGE_PROPERTY_KEY) << bad;
  }
  rmq::Message message = valid_message();
  (*message.mutable_user_properties())["k"] = "v\x01";
  EXPECT_EQ(code_of(message), rmq::ILLEGAL_MESSAGE_PROPERTY_KEY);
}

TEST(Validation, PropertiesAreLimitedInNumberAndBytes) {
  rmq::Message message = valid_message();
  for (int i = 0; i < 128; ++i) {
    (*message.mutable_user_properties())[concat("k", i)] = "v";
  }
  EXPECT_EQ(code_of(message), rmq::OK);
  (*message.mutable_user_properties())["k128"] = "v";
  EXPECT_EQ(code_of(message), rmq::MESSAGE_PROPERTIES_TOO_LARGE);

  message = valid_message();
  message.mutable_system_properties()->set_tag("t");
  (*message.mutable_user_properties())["key"] = std::string(16384 - 4, 'v');
  EXPECT_EQ(code_of(message), rmq::OK);
  message.mutable_system_properties()->add_keys("k");
  EXPECT_EQ(code_of(message), rmq::MESSAGE_PROPERTIES_TOO_LARGE);
}

TEST(Validation, MessageTypeFollowsFromProperties) {
  rmq::SystemProperties properties;
  core::MessageType type{};
  EXPECT_TRUE(derive_message_type(properties, &type).ok());
  EXPECT_EQ(type, core::MessageType::kNormal);

  properties.set_message_group("g");
  EXPECT_TRUE(derive_message_type(properties, &type).ok());
  EXPECT_EQ(type, core::MessageType::kFifo);

  properties.set_message_type(rmq::NORMAL);
  EXPECT_EQ(derive_message_type(properties, &type).code, rmq::MESSAGE_PROPERTY_CONFLICT_WITH_TYPE);

  properties.clear_message_type();
  properties.mutable_delivery_timestamp()->set_seconds(1);
  EXPECT_EQ(derive_message_type(properties, &type).code, rmq::MESSAGE_PROPERTY_CONFLICT_WITH_TYPE);

  properties.Clear();
  properties.set_message_type(rmq::DELAY);
  EXPECT_EQ(derive_message_type(properties, &type).code, rmq::MESSAGE_PROPERTY_CONFLICT_WITH_TYPE);

  properties.set_message_type(rmq::TRANSACTION);
  EXPECT_TRUE(derive_message_type(properties, &type).ok());
  EXPECT_EQ(type, core::MessageType::kTransaction);

  properties.Clear();
  properties.set_priority(3);
  EXPECT_EQ(derive_message_type(properties, &type).code, rmq::MESSAGE_PROPERTY_CONFLICT_WITH_TYPE);
}

TEST(Validation, FilterIsATagExpression) {
  rmq::FilterExpression expression;
  std::shared_ptr<const core::MessageFilter> filter;
  EXPECT_TRUE(parse_filter(expression, &filter).ok());
  EXPECT_EQ(filter, nullptr);
  expression.set_expression("a || b");
  EXPECT_TRUE(parse_filter(expression, &filter).ok());
  EXPECT_TRUE(core::may_take(filter.get(), store::tags_code("b")));
  EXPECT_FALSE(core::may_take(filter.get(), store::tags_code("c")));
  expression.set_expression("a || ");
  EXPECT_EQ(parse_filter(expression, &filter).code, rmq::ILLEGAL_FILTER_EXPRESSION);
  expression.set_type(rmq::SQL);
  expression.set_expression("a > 1");
  EXPECT_EQ(parse_filter(expression, &filter).code, rmq::UNSUPPORTED);
}

TEST(Validation, InvisibleTimeHasBounds) {
  EXPECT_TRUE(check_invisible_ms(10'000, kReceiveInvisibleMsMin).ok());
  EXPECT_TRUE(check_invisible_ms(kInvisibleMsMax, 0).ok());
  EXPECT_EQ(check_invisible_ms(9'999, kReceiveInvisibleMsMin).code, rmq::ILLEGAL_INVISIBLE_TIME);
  EXPECT_EQ(check_invisible_ms(kInvisibleMsMax + 1, 0).code, rmq::ILLEGAL_INVISIBLE_TIME);
  EXPECT_EQ(check_invisible_ms(-1, 0).code, rmq::ILLEGAL_INVISIBLE_TIME);
}

struct PollCase {
  PollTimes times;
  int64_t poll_ms;  // -1: refused
};

class PollTimesTest : public testing::TestWithParam<PollCase> {};

TEST_P(PollTimesTest, AreChosenFromWishAndDeadline) {
  int64_t poll_ms = 0;
  const Verdict verdict = choose_poll_ms(GetParam().times, rmq::ILLEGAL_POLLING_TIME, &poll_ms);
  if (GetParam().poll_ms < 0) {
    EXPECT_EQ(verdict.code, rmq::ILLEGAL_POLLING_TIME);
  } else {
    EXPECT_TRUE(verdict.ok()) << verdict.text;
    EXPECT_EQ(poll_ms, GetParam().poll_ms);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, PollTimesTest,
    testing::Values(PollCase{{.asked_ms = 10'000, .remaining_ms = 13'000}, 10'000},
                    PollCase{{.asked_ms = 1'000, .remaining_ms = 13'000}, 5'000},
                    PollCase{{.asked_ms = 60'000, .remaining_ms = 90'000}, 20'000},
                    PollCase{{.asked_ms = 20'000, .remaining_ms = 8'000}, 8'000},
                    PollCase{{.asked_ms = 20'000, .remaining_ms = 4'999}, -1},
                    PollCase{{.asked_ms = -1, .remaining_ms = 13'000}, 11'500},
                    PollCase{{.asked_ms = -1, .remaining_ms = 3'000}, -1},
                    PollCase{{.asked_ms = -1, .remaining_ms = -1}, 20'000},
                    PollCase{{.asked_ms = 7'000, .remaining_ms = -1}, 7'000}));

TEST(Validation, OldClientsDoNotKnowIllegalPollingTime) {
  EXPECT_EQ(illegal_polling_code("5.0.3"), rmq::ILLEGAL_POLLING_TIME);
  EXPECT_EQ(illegal_polling_code("5.2.0"), rmq::ILLEGAL_POLLING_TIME);
  EXPECT_EQ(illegal_polling_code("5.0.2"), rmq::BAD_REQUEST);
  EXPECT_EQ(illegal_polling_code("4.9.9"), rmq::BAD_REQUEST);
  EXPECT_EQ(illegal_polling_code(""), rmq::BAD_REQUEST);
}

TEST(Validation, DurationsOfAnySizeBecomeMilliseconds) {
  google::protobuf::Duration duration;
  duration.set_seconds(15);
  duration.set_nanos(500'000'000);
  EXPECT_EQ(to_ms(duration), 15'500);
  duration.set_seconds(INT64_MAX);
  EXPECT_GT(to_ms(duration), kInvisibleMsMax);
  duration.set_seconds(INT64_MIN);
  EXPECT_LT(to_ms(duration), 0);
}

}  // namespace
}  // namespace petrel::grpcfront
