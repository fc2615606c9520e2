// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/record.h"

#include <string>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace petrel::store {
namespace {

RecordFields small_fields() {
  RecordFields fields;
  fields.topic = "TopicA";
  fields.body = "hello";
  fields.properties = std::string_view("TAGS\x01red\x02", 9);
  fields.flag = 7;
  fields.sys_flag = sys_flag::kCompressed;
  fields.born_ms = 0x0102030405060708;
  fields.born_host = {.ip = {10, 0, 0, 1}, .port = 4711};
  fields.store_host = {.ip = {127, 0, 0, 1}, .port = 10911};
  fields.reconsume_times = 3;
  fields.prepared_transaction_offset = 0x1122334455667788;
  return fields;
}

constexpr RecordPlacement kPlacement = {.queue_id = 5,
                                        .queue_offset = QueueOffset(0x0A0B0C0D0E0F),
                                        .log_offset = LogOffset(0x123456789A),
                                        .store_ms = 0x1111222233334444};

std::string placed(const RecordFields& fields, const RecordPlacement& placement = kPlacement) {
  std::string record = encode_record(fields).value();
  place_record(record, placement);
  return record;
}

TEST(Record, HasRocketMqsBytes) {
  const std::string record = placed(small_fields());
  EXPECT_EQ(absl::BytesToHexString(record),
            "00000083"          // totalSize
            "daa320a7"          // magic
            "3610a686"          // bodyCRC
            "00000005"          // queueId
            "00000007"          // flag
            "00000a0b0c0d0e0f"  // queueOffset
            "000000123456789a"  // physicalOffset
            "00000001"          // sysFlag
            "0102030405060708"  // bornTimestamp
            "0a00000100001267"  // bornHost
            "1111222233334444"  // storeTimestamp
            "7f00000100002a9f"  // storeHost
            "00000003"          // reconsumeTimes
            "1122334455667788"  // preparedTransactionOffset
            "00000005"
            "68656c6c6f"  // body
            "06"
            "546f70696341"  // topic
            "001d"
            "5441475301726564"
            "02"  // properties
            "5f5f435243333223"
            "01"
            "35323934313632343630"
            "02");
}

}  // namespace
}  // namespace petrel::store
