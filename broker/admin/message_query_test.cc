// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/admin/message_query.h"

#include "gtest/gtest.h"

namespace petrel::broker {
namespace {

std::string record_bytes() {
  store::RecordFields fields;
  fields.topic = "orders";
  fields.body = "hello";
  fields.properties = std::string_view(
      "UNIQ_KEY\x01ID1\x02TAGS\x01red\x02KEYS\x01"
      "a  b\x02PGROUP\x01g\x02");
  fields.born_ms = 1'700'000'000'000;
  fields.born_host = {.ip = {10, 0, 0, 1}, .port = 4711};
  fields.store_host = {.ip = {127, 0, 0, 1}, .port = 8081};
  std::string record = store::encode_record(fields).value();
  store::place_record(record, {.queue_id = 3,
                               .queue_offset = store::QueueOffset(7),
                               .log_offset = store::LogOffset(0x1A2B),
                               .store_ms = 1'700'000'000'500});
  return record;
}

TEST(OffsetId, IsRocketMqs) {
  const OffsetId id = {.store_host = {.ip = {127, 0, 0, 1}, .port = 8081},
                       .log_offset = store::LogOffset(0x1A2B)};
  EXPECT_EQ(format_offset_id(id), "7F00000100001F910000000000001A2B");
  const auto parsed = parse_offset_id("7f00000100001F910000000000001A2B");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(format_offset_id(*parsed), format_offset_id(id));
}

TEST(OffsetId, MayHoldALongAddress) {
  OffsetId id = {.log_offset = store::LogOffset(1)};
  id.store_host.ipv6 = true;
  id.store_host.ip = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
  id.store_host.port = 10911;
  const std::string text = format_offset_id(id);
  EXPECT_EQ(text, "20010DB800000000000000000000000900002A9F0000000000000001");
  EXPECT_EQ(format_offset_id(parse_offset_id(text).value()), text);
}

TEST(OffsetId, OtherTextIsNone) {
  for (const std::string_view text :
       {"", "7F00000100001F910000000000001A2", "7F00000100001F910000000000001A2G",
        "7F000001FFFF1F910000000000001A2B", "7F00000100001F91FFFFFFFFFFFFFFFF",
        "01A4BB6D7CC1B7230D0878FCC800000000"}) {
    EXPECT_FALSE(parse_offset_id(text).has_value()) << text;
  }
}

TEST(StoredMessage, TellsEverythingOfTheRecord) {
  const std::string bytes = record_bytes();
  admin::v1::StoredMessage message;
  write_stored_message(store::decode_record(bytes, store::Verify::kChecksums).value(), 4, &message);
  EXPECT_EQ(message.topic(), "orders");
  EXPECT_EQ(message.message_id(), "ID1");
  EXPECT_EQ(message.offset_id(), "7F00000100001F910000000000001A2B");
  EXPECT_EQ(message.queue_id(), 3);
  EXPECT_EQ(message.queue_offset(), 7);
  EXPECT_EQ(message.stored_ms(), 1'700'000'000'500);
  EXPECT_EQ(message.store_host(), "127.0.0.1:8081");
  EXPECT_EQ(message.born_host(), "10.0.0.1:4711");
  EXPECT_EQ(message.tag(), "red");
  ASSERT_EQ(message.keys_size(), 2);
  EXPECT_EQ(message.keys(1), "b");
  ASSERT_EQ(message.properties_size(), 1);
  EXPECT_EQ(message.properties(0).name(), "PGROUP");
  EXPECT_EQ(message.properties(0).value(), "g");
  EXPECT_EQ(message.body(), "hell");
  EXPECT_EQ(message.body_bytes(), 5);
  EXPECT_FALSE(message.compressed());
}

}  // namespace
}  // namespace petrel::broker
