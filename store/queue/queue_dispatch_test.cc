// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/queue/queue_dispatch.h"

#include <string>

#include "gtest/gtest.h"

namespace petrel::store {
namespace {

int64_t tags_code_of(std::string_view topic, std::string_view properties) {
  std::string record =
      encode_record({.topic = topic, .body = "x", .properties = properties}).value();
  place_record(std::span(record.data(), record.size()), {.store_ms = 1'000'000});
  return queue_entry_of(decode_record(record, Verify::kChecksums).value()).tags_code;
}

TEST(QueueDispatch, TheTagsCodeIsTheTagsHash) {
  EXPECT_EQ(tags_code_of("T", std::string("TAGS\x01red\x02")), tags_code("red"));
  EXPECT_EQ(tags_code_of("T", ""), 0);
  EXPECT_EQ(tags_code_of("T", std::string("DELAY\x01") + "3\x02"), 0);
}

TEST(QueueDispatch, OfADelayedMessageOfRocketmqsItIsTheTimeWhenItIsDue) {
  const std::string topic = "SCHEDULE_TOPIC_XXXX";
  EXPECT_EQ(tags_code_of(topic, std::string("DELAY\x01") + "1\x02"), 1'001'000);
  EXPECT_EQ(tags_code_of(topic, std::string("DELAY\x01") + "18\x02"), 1'000'000 + 7'200'000);
  EXPECT_EQ(tags_code_of(topic, std::string("DELAY\x01") + "99\x02"), 1'000'000 + 7'200'000);
  EXPECT_EQ(tags_code_of(topic, std::string("TAGS\x01red\x02")), tags_code("red"));
}

TEST(QueueDispatch, APlaceIsOneThatADirectoryCanHave) {
  const auto ok = [](std::string_view topic, int32_t queue_id) {
    return check_place({.topic = topic, .queue_id = queue_id}).ok();
  };
  EXPECT_TRUE(ok("orders", 0));
  EXPECT_TRUE(ok("%RETRY%group", 7));
  EXPECT_TRUE(ok("..orders", 0));
  EXPECT_TRUE(ok(std::string(255, 'x'), 0));
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("/etc"),
        std::string("a\0b", 3), std::string(256, 'x')}) {
    EXPECT_FALSE(ok(name, 0)) << name;
  }
  EXPECT_FALSE(ok("orders", -1));
}

}  // namespace
}  // namespace petrel::store
