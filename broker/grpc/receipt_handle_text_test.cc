// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/receipt_handle_text.h"

#include "gtest/gtest.h"

namespace petrel::grpcfront {
namespace {

core::ReceiptHandle handle() {
  return {.queue_id = 3,
          .queue_offset = store::QueueOffset(42),
          .log_offset = store::LogOffset(1'073'741'900),
          .delivery_id = 1'763'719'200'123,
          .invisible_ms = 30'000};
}

TEST(ReceiptHandleText, HasRocketMqsForm) {
  EXPECT_EQ(format_receipt_handle(handle(), "broker-a"),
            "42 1763719200123 30000 0 0 broker-a 3 42 1073741900");
}

TEST(ReceiptHandleText, IsReadBack) {
  const auto parsed = parse_receipt_handle(format_receipt_handle(handle(), "b"), "b");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->queue_id, 3);
  EXPECT_EQ(parsed->queue_offset, store::QueueOffset(42));
  EXPECT_EQ(parsed->log_offset, store::LogOffset(1'073'741'900));
  EXPECT_EQ(parsed->delivery_id, 1'763'719'200'123);
  EXPECT_EQ(parsed->invisible_ms, 30'000);
}

TEST(ReceiptHandleText, OfAnotherBrokerIsRefused) {
  EXPECT_FALSE(parse_receipt_handle(format_receipt_handle(handle(), "b"), "c").has_value());
}

TEST(ReceiptHandleText, MalformedTextIsRefused) {
  for (const char* text :
       {"", " ", "x", "1 2 3 0 0 b 3 42", "1 2 3 0 0 b 3 42 5 6", "1 2 3 0 0 b 3 42 5 ",
        "1 2 3 0 0 b -3 42 5", "1 2 3 0 0 b 4294967296 42 5", "1 2 3 0 0 b 3 42 5x",
        "1 99999999999999999999 3 0 0 b 3 42 5", "1  2 3 0 0 b 3 42 5"}) {
    EXPECT_FALSE(parse_receipt_handle(text, "b").has_value()) << text;
  }
  EXPECT_FALSE(parse_receipt_handle(std::string(100'000, ' '), "b").has_value());
}

}  // namespace
}  // namespace petrel::grpcfront
