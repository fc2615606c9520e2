// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/client_wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libdeflate.h>

namespace petrel::cli {
namespace {

rmq::Status status_of(rmq::Code code) {
  rmq::Status status;
  status.set_code(code);
  status.set_message("why");
  return status;
}

TEST(FromStatus, CodesKeepTheirClassAndName) {
  EXPECT_TRUE(from_status(status_of(rmq::OK)).ok());
  EXPECT_TRUE(absl::IsNotFound(from_status(status_of(rmq::TOPIC_NOT_FOUND))));
  EXPECT_TRUE(absl::IsNotFound(from_status(status_of(rmq::CONSUMER_GROUP_NOT_FOUND))));
  EXPECT_TRUE(absl::IsInvalidArgument(from_status(status_of(rmq::ILLEGAL_TOPIC))));
  EXPECT_TRUE(absl::IsPermissionDenied(from_status(status_of(rmq::FORBIDDEN))));
  EXPECT_TRUE(absl::IsResourceExhausted(from_status(status_of(rmq::TOO_MANY_REQUESTS))));
  EXPECT_TRUE(absl::IsInternal(from_status(status_of(rmq::INTERNAL_SERVER_ERROR))));
  EXPECT_EQ(from_status(status_of(rmq::ILLEGAL_TOPIC)).message(), "why (ILLEGAL_TOPIC)");
}

TEST(Wire, AMessageKeepsItsContentsBothWays) {
  const OutgoingMessage sent{
      .body = "body", .tag = "t", .keys = {"a", "b"}, .properties = {{"p", "v"}}};
  rmq::Message wire;
  to_wire(sent, "orders", 1'700'000'000'123, &wire);
  wire.mutable_system_properties()->set_message_id("id");
  wire.mutable_system_properties()->set_queue_id(3);
  wire.mutable_system_properties()->set_queue_offset(7);
  wire.mutable_system_properties()->set_delivery_attempt(2);
  const auto received = from_wire(wire, "broker-0");
  ASSERT_TRUE(received.ok());
  EXPECT_EQ(received->message_id, "id");
  EXPECT_EQ(received->topic, "orders");
  EXPECT_EQ(received->body, "body");
  EXPECT_EQ(received->tag, "t");
  EXPECT_EQ(received->keys, sent.keys);
  EXPECT_EQ(received->properties, sent.properties);
  EXPECT_EQ(received->broker, "broker-0");
  EXPECT_EQ(received->queue_id, 3);
  EXPECT_EQ(received->offset, 7);
  EXPECT_EQ(received->attempt, 2);
  EXPECT_EQ(received->born_ms, 1'700'000'000'123);
}

std::string compressed(const std::string& text, bool gzip) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(5);
  std::string result(text.size() + 1000, '\0');
  result.resize((gzip ? libdeflate_gzip_compress : libdeflate_zlib_compress)(
      compressor, text.data(), text.size(), result.data(), result.size()));
  libdeflate_free_compressor(compressor);
  return result;
}

TEST(Uncompress, ReadsGzipAndZlibOfAnyRatio) {
  const std::string text(1'000'000, 'x');
  EXPECT_EQ(uncompress(compressed(text, true), 1 << 20).value_or(""), text);
  EXPECT_EQ(uncompress(compressed(text, false), 1 << 20).value_or(""), text);
}

TEST(Uncompress, RefusesGarbageAndWhatIsTooLarge) {
  EXPECT_TRUE(absl::IsDataLoss(uncompress("garbage", 1 << 20).status()));
  EXPECT_TRUE(absl::IsDataLoss(uncompress("", 1 << 20).status()));
  const std::string text(1'000'000, 'x');
  EXPECT_TRUE(absl::IsDataLoss(uncompress(compressed(text, true), 999'999).status()));
}

TEST(MessageId, HasTheFormOfRocketMq5AndDiffersByNumber) {
  const std::string id = make_message_id(0xABCDEF, 1'700'000'000'000, 1);
  EXPECT_EQ(id.size(), 34u);
  EXPECT_EQ(id.substr(0, 14), "01000000ABCDEF");
  EXPECT_EQ(id.find_first_not_of("0123456789ABCDEF"), std::string::npos);
  EXPECT_NE(id, make_message_id(0xABCDEF, 1'700'000'000'000, 2));
}

}  // namespace
}  // namespace petrel::cli
