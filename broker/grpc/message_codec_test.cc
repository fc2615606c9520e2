// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/message_codec.h"

#include "gtest/gtest.h"

namespace petrel::grpcfront {
namespace {

rmq::Message full_message() {
  rmq::Message message;
  message.set_body("hello");
  rmq::SystemProperties* system = message.mutable_system_properties();
  system->set_message_id("01AB");
  system->set_tag("red");
  system->add_keys("k1");
  system->add_keys("k2");
  system->set_born_host("laptop");
  system->set_trace_context("00-11-22-01");
  system->set_body_encoding(rmq::GZIP);
  system->mutable_born_timestamp()->set_seconds(1'763'719'200);
  system->mutable_born_timestamp()->set_nanos(5'000'000);
  (*message.mutable_user_properties())["b"] = "2";
  (*message.mutable_user_properties())["a"] = "1";
  return message;
}

const SendOrigin kOrigin{.topic = "orders", .now_ms = 77};

store::RecordView encode(const rmq::Message& message, core::SendRequest::Message* out) {
  const Verdict verdict = encode_message(message, kOrigin, out);
  EXPECT_TRUE(verdict.ok()) << verdict.text;
  const auto record = store::decode_record(out->record, store::Verify::kStructure);
  EXPECT_TRUE(record.ok()) << record.status();
  return *record;
}

TEST(MessageCodec, PropertiesStandInAFixedOrder) {
  core::SendRequest::Message out;
  const store::RecordView record = encode(full_message(), &out);
  const std::string_view expected =
      "UNIQ_KEY\x01"
      "01AB\x02TAGS\x01red\x02KEYS\x01k1 k2\x02PGROUP\x01orders\x02"
      "BORN_TIMESTAMP\x01"
      "1763719200005\x02__BORNHOST\x01laptop\x02"
      "TRACE_CONTEXT\x01"
      "00-11-22-01\x02"
      "a\x01"
      "1\x02"
      "b\x01"
      "2\x02";
  EXPECT_EQ(record.properties.substr(0, expected.size()), expected);
  EXPECT_EQ(record.born_ms, 1'763'719'200'005);
  EXPECT_EQ(record.sys_flag & store::sys_flag::kCompressed, store::sys_flag::kCompressed);
}

TEST(MessageCodec, AMessageComesBackAsItWas) {
  core::SendRequest::Message out;
  const store::RecordView record = encode(full_message(), &out);
  rmq::Resource topic;
  topic.set_name("orders");
  rmq::Message message;
  decode_message(record, {.topic = topic, .receipt_handle = "handle", .attempt = 3}, &message);
  EXPECT_EQ(message.body(), "hello");
  EXPECT_EQ(message.topic().name(), "orders");
  const rmq::SystemProperties& system = message.system_properties();
  EXPECT_EQ(system.message_id(), "01AB");
  EXPECT_EQ(system.tag(), "red");
  ASSERT_EQ(system.keys_size(), 2);
  EXPECT_EQ(system.keys(1), "k2");
  EXPECT_EQ(system.born_host(), "laptop");
  EXPECT_EQ(system.trace_context(), "00-11-22-01");
  EXPECT_EQ(system.body_encoding(), rmq::GZIP);
  EXPECT_EQ(system.body_digest().type(), rmq::MD5);
  EXPECT_EQ(system.body_digest().checksum(), "5D41402ABC4B2A76B9719D911017C592");
  EXPECT_EQ(system.delivery_attempt(), 3);
  EXPECT_EQ(system.receipt_handle(), "handle");
  EXPECT_FALSE(system.has_invisible_duration());
  EXPECT_EQ(message.user_properties().at("a"), "1");
  EXPECT_EQ(message.user_properties().at("b"), "2");
  EXPECT_EQ(message.user_properties().count("UNIQ_KEY"), 0U);
  EXPECT_EQ(message.user_properties().count("__CRC32#"), 0U);
}

TEST(MessageCodec, WithoutOrWithAnAbsurdBornTimeTheArrivalCounts) {
  rmq::Message message = full_message();
  core::SendRequest::Message out;
  message.mutable_system_properties()->clear_born_timestamp();
  EXPECT_EQ(encode(message, &out).born_ms, 77);
  message.mutable_system_properties()->mutable_born_timestamp()->set_seconds(INT64_MAX);
  EXPECT_EQ(encode(message, &out).born_ms, 77);
}

TEST(MessageCodec, TheSystemsTraceContextWinsOverAPropertyOfThatName) {
  rmq::Message message = full_message();
  (*message.mutable_user_properties())["TRACE_CONTEXT"] = "mine";
  core::SendRequest::Message out;
  EXPECT_EQ(store::find_property(encode(message, &out).properties, "TRACE_CONTEXT"), "00-11-22-01");
}

TEST(MessageCodec, PropertiesThatDoNotFitARecordAreRefused) {
  rmq::Message message = full_message();
  message.mutable_system_properties()->set_message_id(std::string(40'000, 'i'));
  core::SendRequest::Message out;
  EXPECT_EQ(encode_message(message, kOrigin, &out).code, rmq::MESSAGE_PROPERTIES_TOO_LARGE);
}

}  // namespace
}  // namespace petrel::grpcfront
