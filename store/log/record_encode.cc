// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "absl/status/status.h"
#include "common/check.h"
#include "common/concat.h"
#include "common/java_hash.h"
#include "store/log/big_endian.h"
#include "store/log/crc32.h"
#include "store/log/record.h"
#include "store/log/record_layout.h"

namespace petrel::store {
namespace {

constexpr size_t kTopicBytesV1Max = 127;

int32_t magic_of(const RecordFields& fields) {
  return fields.topic.size() <= kTopicBytesV1Max ? kMagicV1 : kMagicV2;
}

int32_t sys_flag_of(const RecordFields& fields) {
  constexpr int32_t kFamilies = sys_flag::kBornHostIpv6 | sys_flag::kStoreHostIpv6;
  return (fields.sys_flag & ~kFamilies) | (fields.born_host.ipv6 ? sys_flag::kBornHostIpv6 : 0) |
         (fields.store_host.ipv6 ? sys_flag::kStoreHostIpv6 : 0);
}

bool lacks_property_end(std::string_view properties) {
  return !properties.empty() && properties.back() != layout::kPropertyEnd;
}

size_t properties_bytes(const RecordFields& fields) {
  return fields.properties.size() + (lacks_property_end(fields.properties) ? 1 : 0) +
         layout::kCrcPropertyBytes;
}

absl::Status check_lengths(const RecordFields& fields) {
  if (fields.topic.empty() || fields.topic.size() > std::numeric_limits<int16_t>::max()) {
    return absl::InvalidArgumentError(
        concat("a topic of ", fields.topic.size(), " bytes does not fit into a record"));
  }
  if (properties_bytes(fields) > kPropertiesBytesMax) {
    return absl::InvalidArgumentError(
        concat("properties of ", fields.properties.size(), " bytes do not fit into a record, ",
               kPropertiesBytesMax - layout::kCrcPropertyBytes, " are allowed"));
  }
  if (fields.body.size() > static_cast<size_t>(std::numeric_limits<int32_t>::max() / 2)) {
    return absl::InvalidArgumentError(
        concat("a body of ", fields.body.size(), " bytes does not fit into a record"));
  }
  return absl::OkStatus();
}

// Writes fields one behind the other.
class Cursor {
 public:
  explicit Cursor(char* at) : at_(at) {}

  template <std::integral T>
  void put(T value) {
    store_big_endian(at_, value);
    at_ += sizeof(T);
  }
  void put(std::string_view bytes) {
    bytes.copy(at_, bytes.size());
    at_ += bytes.size();
  }
  void put(const HostAddress& host) {
    put(std::string_view(reinterpret_cast<const char*>(host.ip.data()), host.ipv6 ? 16 : 4));
    put(int32_t{host.port});
  }
  void skip(size_t bytes) { at_ += bytes; }
  const char* at() const { return at_; }

 private:
  char* at_;
};

void put_crc_property(Cursor& cursor) {
  cursor.put(layout::kCrcName);
  cursor.put(layout::kNameEnd);
  cursor.put(std::string_view("0000000000"));
  cursor.put(layout::kPropertyEnd);
}

}  // namespace

size_t encoded_size(const RecordFields& fields) {
  return layout::record_bytes(sys_flag_of(fields), magic_of(fields), fields.body.size(),
                              fields.topic.size(), properties_bytes(fields));
}

absl::StatusOr<std::string> encode_record(const RecordFields& fields) {
  if (absl::Status status = check_lengths(fields); !status.ok()) return status;
  const int32_t magic = magic_of(fields);
  std::string record(encoded_size(fields), '\0');
  Cursor cursor(record.data());
  cursor.put(static_cast<int32_t>(record.size()));
  cursor.put(magic);
  cursor.put(crc32_java(fields.body));
  cursor.put(int32_t{0});  // queueId, by place_record
  cursor.put(fields.flag);
  cursor.skip(8 + 8);  // queueOffset and physicalOffset, by place_record
  cursor.put(sys_flag_of(fields));
  cursor.put(fields.born_ms);
  cursor.put(fields.born_host);
  cursor.skip(8);  // storeTimestamp, by place_record
  cursor.put(fields.store_host);
  cursor.put(fields.reconsume_times);
  cursor.put(fields.prepared_transaction_offset);
  cursor.put(static_cast<int32_t>(fields.body.size()));
  cursor.put(fields.body);
  if (magic == kMagicV2) {
    cursor.put(static_cast<int16_t>(fields.topic.size()));
  } else {
    cursor.put(static_cast<int8_t>(fields.topic.size()));
  }
  cursor.put(fields.topic);
  cursor.put(static_cast<int16_t>(properties_bytes(fields)));
  cursor.put(fields.properties);
  if (lacks_property_end(fields.properties)) cursor.put(layout::kPropertyEnd);
  put_crc_property(cursor);
  PETREL_CHECK(cursor.at() == record.data() + record.size());
  return record;
}

void place_record(std::span<char> record, const RecordPlacement& placement) {
  char* const at = record.data();
  PETREL_CHECK_GE(record.size(), layout::kRecordBytesMin + layout::kCrcPropertyBytes);
  PETREL_CHECK_EQ(load_big_endian<int32_t>(at + layout::kTotalSize), record.size());
  const auto sys_flag = load_big_endian<int32_t>(at + layout::kSysFlag);
  store_big_endian(at + layout::kQueueId, placement.queue_id);
  store_big_endian(at + layout::kQueueOffset, placement.queue_offset.value());
  store_big_endian(at + layout::kLogOffset, placement.log_offset.value());
  store_big_endian(at + layout::store_ms(sys_flag), placement.store_ms);

  auto crc = static_cast<uint32_t>(
      crc32_java(std::string_view(at, record.size() - layout::kCrcPropertyBytes)));
  char* const digits = at + record.size() - 1 - layout::kCrcDigits;
  for (size_t i = 0; i < layout::kCrcDigits; ++i) {
    digits[i] = static_cast<char>('0' + crc % 10);
    crc /= 10;
  }
}

int64_t tags_code(std::string_view tag) { return java_hash_code(tag); }

}  // namespace petrel::store
