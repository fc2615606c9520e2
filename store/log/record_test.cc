// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/record.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "common/random.h"
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

TEST(Record, LongTopicsHaveTheSecondMagicAndATwoByteLength) {
  RecordFields fields = small_fields();
  const std::string topic(128, 't');
  fields.topic = topic;
  const std::string record = placed(fields);
  EXPECT_EQ(absl::BytesToHexString(record.substr(4, 4)), "daa320ab");
  const size_t body_end = record.find("hello") + 5;
  EXPECT_EQ(absl::BytesToHexString(record.substr(body_end, 3)), "008074");
  EXPECT_EQ(decode_record(record, Verify::kChecksums)->topic, topic);
}

TEST(Record, ATopicOf127BytesHasTheFirstMagic) {
  RecordFields fields = small_fields();
  const std::string topic(127, 't');
  fields.topic = topic;
  EXPECT_EQ(decode_record(placed(fields), Verify::kChecksums)->magic, kMagicV1);
}

TEST(Record, AllFieldsComeBack) {
  for (const bool born_v6 : {false, true}) {
    for (const bool store_v6 : {false, true}) {
      RecordFields fields = small_fields();
      fields.born_host.ipv6 = born_v6;
      fields.store_host.ipv6 = store_v6;
      const std::string bytes = placed(fields);
      EXPECT_EQ(bytes.size(), encoded_size(fields));
      const RecordView record = decode_record(bytes, Verify::kChecksums).value();
      EXPECT_EQ(record.bytes, bytes);
      EXPECT_EQ(record.topic, fields.topic);
      EXPECT_EQ(record.body, fields.body);
      EXPECT_TRUE(record.properties.starts_with(fields.properties));
      EXPECT_EQ(record.flag, fields.flag);
      EXPECT_EQ(record.sys_flag, sys_flag::kCompressed | (born_v6 ? sys_flag::kBornHostIpv6 : 0) |
                                     (store_v6 ? sys_flag::kStoreHostIpv6 : 0));
      EXPECT_EQ(record.born_ms, fields.born_ms);
      EXPECT_EQ(record.born_host.ip, fields.born_host.ip);
      EXPECT_EQ(record.born_host.port, fields.born_host.port);
      EXPECT_EQ(record.store_host.ip, fields.store_host.ip);
      EXPECT_EQ(record.store_host.port, fields.store_host.port);
      EXPECT_EQ(record.store_ms, kPlacement.store_ms);
      EXPECT_EQ(record.reconsume_times, fields.reconsume_times);
      EXPECT_EQ(record.prepared_transaction_offset, fields.prepared_transaction_offset);
      EXPECT_EQ(record.queue_id, kPlacement.queue_id);
      EXPECT_EQ(record.queue_offset, kPlacement.queue_offset);
      EXPECT_EQ(record.log_offset, kPlacement.log_offset);
    }
  }
}

TEST(Record, AddressFamilyBitsFollowTheAddresses) {
  RecordFields fields = small_fields();
  fields.sys_flag = sys_flag::kBornHostIpv6 | sys_flag::kStoreHostIpv6;
  EXPECT_EQ(decode_record(placed(fields), Verify::kChecksums)->sys_flag, 0);
}

TEST(Record, PropertiesWithoutTheirLastSeparatorGetIt) {
  RecordFields fields = small_fields();
  fields.properties = std::string_view("TAGS\x01red", 8);
  const std::string bytes = placed(fields);
  EXPECT_EQ(bytes.size(), encoded_size(fields));
  EXPECT_EQ(find_property(decode_record(bytes, Verify::kChecksums)->properties, "TAGS"), "red");
}

TEST(Record, MayHaveNeitherBodyNorProperties) {
  RecordFields fields = small_fields();
  fields.body = "";
  fields.properties = "";
  const RecordView record = decode_record(placed(fields), Verify::kChecksums).value();
  EXPECT_EQ(record.body, "");
  EXPECT_EQ(record.properties.size(), 20u);
}

TEST(Record, WhatDoesNotFitTheLayoutIsRefused) {
  const std::string long_text(40'000, 'x');
  RecordFields fields = small_fields();
  fields.topic = long_text;
  EXPECT_TRUE(absl::IsInvalidArgument(encode_record(fields).status()));
  fields = small_fields();
  fields.topic = "";
  EXPECT_TRUE(absl::IsInvalidArgument(encode_record(fields).status()));
  fields = small_fields();
  fields.properties = std::string_view(long_text).substr(0, kPropertiesBytesMax - 20);
  EXPECT_TRUE(absl::IsInvalidArgument(encode_record(fields).status()));  // a separator is added
  fields.properties.remove_prefix(1);
  EXPECT_TRUE(encode_record(fields).ok());
}

TEST(RecordDecode, CutAnywhereIsOutOfRange) {
  const std::string record = placed(small_fields());
  for (size_t cut = 0; cut < record.size(); ++cut) {
    EXPECT_TRUE(absl::IsOutOfRange(
        decode_record(std::string_view(record).substr(0, cut), Verify::kChecksums).status()))
        << cut;
  }
}

TEST(RecordDecode, BytesBehindTheRecordAreLeftAlone) {
  const std::string record = placed(small_fields());
  EXPECT_EQ(decode_record(record + "more", Verify::kChecksums)->bytes, record);
}

TEST(RecordDecode, AnyFlippedBitIsNoticed) {
  std::string record = placed(small_fields());
  for (size_t bit = 0; bit < record.size() * 8; ++bit) {
    record[bit / 8] = static_cast<char>(record[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(decode_record(record, Verify::kChecksums).ok()) << bit;
    record[bit / 8] = static_cast<char>(record[bit / 8] ^ (1 << bit % 8));
  }
}

// As a RocketMQ broker writes it unless told otherwise.
TEST(RecordDecode, ARecordWhoseEndIsZerosIsNoticed) {
  RecordFields fields = small_fields();
  fields.body = "";
  const std::string record = placed(fields);
  const size_t properties = record.size() - 20 - fields.properties.size();
  for (size_t cut = properties; cut < record.size(); ++cut) {
    std::string torn = record;
    std::fill(torn.begin() + static_cast<ptrdiff_t>(cut), torn.end(), '\0');
    EXPECT_TRUE(absl::IsDataLoss(decode_record(torn, Verify::kChecksums).status())) << cut;
  }
}

TEST(RecordDecode, WithoutTheChecksumPropertyTheBodyIsStillChecked) {
  std::string record = placed(small_fields());
  record.resize(record.size() - 20);
  record[3] = static_cast<char>(record.size());
  record[record.size() - 10] = 9;  // propertiesLength
  EXPECT_TRUE(decode_record(record, Verify::kChecksums).ok());
  ++record[record.find("hello")];
  EXPECT_FALSE(decode_record(record, Verify::kChecksums).ok());
  EXPECT_TRUE(decode_record(record, Verify::kStructure).ok());
}

TEST(RecordDecode, ArbitraryBytesNeverLeadOutside) {
  const std::string sound = placed(small_fields());
  for (uint64_t seed = 0; seed < 20'000; ++seed) {
    SeededRandom random(seed);
    // In memory of exactly this size, so that a sanitizer sees any step outside.
    std::vector<char> bytes(sound.begin(), sound.end());
    for (int i = 0; i < 3; ++i) {
      const size_t at = random.below(2) == 0 ? 88 + random.below(12) : random.below(bytes.size());
      if (at > 7) bytes[at] = static_cast<char>(random.next());
    }
    const auto record = decode_record({bytes.data(), bytes.size()}, Verify::kStructure);
    if (!record.ok()) continue;
    EXPECT_EQ(record->bytes.size(), bytes.size());
    EXPECT_LE(record->properties.data() + record->properties.size(), bytes.data() + bytes.size());
  }
}

TEST(Properties, TheFirstOfAKeyIsFound) {
  const std::string_view properties(
      "A\x01"
      "1\x02"
      "B\x01"
      "2\x02"
      "A\x01"
      "3\x02",
      12);
  EXPECT_EQ(find_property(properties, "A"), "1");
  EXPECT_EQ(find_property(properties, "B"), "2");
  EXPECT_EQ(find_property(properties, "C"), "");
  EXPECT_EQ(find_property("", "A"), "");
  EXPECT_EQ(find_property("no separator", "A"), "");
}

TEST(TagsCode, IsJavasHashOfTheTag) {
  EXPECT_EQ(tags_code(""), 0);
  EXPECT_EQ(tags_code("TagA"), 2598919);
  EXPECT_EQ(tags_code("polygenelubricants"), -2147483648LL);
}

}  // namespace
}  // namespace petrel::store
