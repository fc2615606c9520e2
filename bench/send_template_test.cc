// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/send_template.h"

#include <gtest/gtest.h>

#include <set>

#include "apache/rocketmq/v2/service.pb.h"
#include "bench/stamp.h"

namespace petrel::bench {
namespace {

apache::rocketmq::v2::SendMessageRequest filled(const SendTemplate& send, int64_t sent_ns,
                                                uint64_t first_number) {
  std::string bytes(send.size_bytes(), '\0');
  send.fill(sent_ns, first_number, bytes.data());
  apache::rocketmq::v2::SendMessageRequest request;
  EXPECT_TRUE(request.ParseFromString(bytes));
  return request;
}

TEST(SendTemplate, FilledRequestsParseWithTheirOwnNumbersIdsAndTimes) {
  const SendTemplate send(
      {.topic = "t", .queue_id = 3, .body_bytes = 100, .messages = 16, .run_id = 9, .seed = 1});
  std::set<std::string> ids;
  for (uint64_t first : {uint64_t{0}, uint64_t{16}, uint64_t{1} << 40}) {
    const auto request = filled(send, 12345, first);
    ASSERT_EQ(request.messages_size(), 16);
    for (uint64_t number = first; const auto& message : request.messages()) {
      EXPECT_EQ(message.topic().name(), "t");
      EXPECT_EQ(message.system_properties().queue_id(), 3);
      EXPECT_EQ(message.system_properties().message_type(), apache::rocketmq::v2::NORMAL);
      EXPECT_EQ(message.system_properties().message_id().size(), 34U);
      EXPECT_TRUE(ids.insert(message.system_properties().message_id()).second);
      EXPECT_EQ(message.body().size(), 100U);
      EXPECT_EQ(read_stamp(message.body()),
                (Stamp{.sent_ns = 12345, .run_id = 9, .number = number++}));
    }
  }
}

TEST(SendTemplate, TheSmallestBodyIsItsStamp) {
  const SendTemplate send({.topic = "t", .body_bytes = kStampBytes, .messages = 2, .seed = 5});
  const auto request = filled(send, 1, 7);
  EXPECT_EQ(read_stamp(request.messages(1).body())->number, 8U);
}

}  // namespace
}  // namespace petrel::bench
