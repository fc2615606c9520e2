// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "absl/status/status.h"
#include "common/concat.h"
#include "store/log/big_endian.h"
#include "store/log/crc32.h"
#include "store/log/record.h"
#include "store/log/record_layout.h"

namespace petrel::store {
namespace {

absl::Status damaged(std::string_view what) {
  return absl::DataLossError(concat("not a sound record: ", what));
}

HostAddress load_host(const char* at, bool ipv6) {
  HostAddress host;
  host.ipv6 = ipv6;
  // Of a size that is known here, which costs a load where another one costs a call.
  if (ipv6) {
    std::memcpy(host.ip.data(), at, 16);
  } else {
    std::memcpy(host.ip.data(), at, 4);
  }
  host.port = static_cast<uint16_t>(load_big_endian<uint32_t>(at + (ipv6 ? 16 : 4)));
  return host;
}

void load_fixed_fields(const char* at, RecordView& record) {
  record.body_crc = load_big_endian<int32_t>(at + layout::kBodyCrc);
  record.queue_id = load_big_endian<int32_t>(at + layout::kQueueId);
  record.flag = load_big_endian<int32_t>(at + layout::kFlag);
  record.queue_offset = QueueOffset(load_big_endian<int64_t>(at + layout::kQueueOffset));
  record.log_offset = LogOffset(load_big_endian<int64_t>(at + layout::kLogOffset));
  record.sys_flag = load_big_endian<int32_t>(at + layout::kSysFlag);
  record.born_ms = load_big_endian<int64_t>(at + layout::kBornMs);
}

void load_fields_behind_hosts(const char* at, RecordView& record) {
  const int32_t flag = record.sys_flag;
  record.born_host = load_host(at + layout::kBornHost, (flag & sys_flag::kBornHostIpv6) != 0);
  record.store_ms = load_big_endian<int64_t>(at + layout::store_ms(flag));
  record.store_host =
      load_host(at + layout::store_host(flag), (flag & sys_flag::kStoreHostIpv6) != 0);
  record.reconsume_times = load_big_endian<int32_t>(at + layout::reconsume_times(flag));
  record.prepared_transaction_offset = load_big_endian<int64_t>(at + layout::prepared_offset(flag));
}

// Finds body, topic and properties; every length is checked against what is left, and together
// they must fill the record exactly.
absl::Status load_variable_parts(RecordView& record) {
  std::string_view rest = record.bytes;
  const size_t body_length_at = layout::body_length(record.sys_flag);
  if (rest.size() < body_length_at + 4) return damaged("too short for its fields");
  load_fields_behind_hosts(rest.data(), record);
  const auto body_bytes = load_big_endian<int32_t>(rest.data() + body_length_at);
  rest.remove_prefix(body_length_at + 4);
  if (body_bytes < 0 || static_cast<size_t>(body_bytes) > rest.size()) {
    return damaged("the body ends outside");
  }
  record.body = rest.substr(0, static_cast<size_t>(body_bytes));
  rest.remove_prefix(record.body.size());

  const size_t length_bytes = layout::topic_length_bytes(record.magic);
  if (rest.size() < length_bytes) return damaged("no topic");
  const int32_t topic_bytes = length_bytes == 2 ? load_big_endian<int16_t>(rest.data())
                                                : load_big_endian<int8_t>(rest.data());
  rest.remove_prefix(length_bytes);
  if (topic_bytes < 0 || static_cast<size_t>(topic_bytes) > rest.size()) {
    return damaged("the topic ends outside");
  }
  record.topic = rest.substr(0, static_cast<size_t>(topic_bytes));
  rest.remove_prefix(record.topic.size());

  if (rest.size() < 2) return damaged("no properties");
  const auto properties_bytes = load_big_endian<int16_t>(rest.data());
  rest.remove_prefix(2);
  if (properties_bytes < 0 || static_cast<size_t>(properties_bytes) != rest.size()) {
    return damaged("the properties do not end with it");
  }
  record.properties = rest;
  return absl::OkStatus();
}

// Whether the properties end with the checksum property. A few wrong bytes in its fixed part count
// as damage to it and not as its absence, so that they do not switch the check off.
bool has_crc_property(std::string_view properties) {
  if (properties.size() < layout::kCrcPropertyBytes) return false;
  properties.remove_prefix(properties.size() - layout::kCrcPropertyBytes);
  size_t alike = properties[layout::kCrcName.size()] == layout::kNameEnd ? 1 : 0;
  if (properties.back() == layout::kPropertyEnd) ++alike;
  for (size_t i = 0; i < layout::kCrcName.size(); ++i) {
    if (properties[i] == layout::kCrcName[i]) ++alike;
  }
  constexpr size_t kFixedBytes = layout::kCrcName.size() + 2;
  return alike + 2 >= kFixedBytes;
}

absl::Status check_record_crc(const RecordView& record) {
  const size_t covered = record.bytes.size() - layout::kCrcPropertyBytes;
  const std::string_view property = record.bytes.substr(covered);
  uint32_t crc = static_cast<uint32_t>(crc32_java(record.bytes.substr(0, covered)));
  char expected[layout::kCrcPropertyBytes];
  char* at = std::copy(layout::kCrcName.begin(), layout::kCrcName.end(), expected);
  *at++ = layout::kNameEnd;
  for (size_t i = 0; i < layout::kCrcDigits; ++i) {
    *at++ = static_cast<char>('0' + crc % 10);
    crc /= 10;
  }
  *at = layout::kPropertyEnd;
  if (property != std::string_view(expected, sizeof(expected))) {
    return damaged("the record's checksum is wrong");
  }
  return absl::OkStatus();
}

// The record's own checksum covers the body too; records of a RocketMQ broker may have only the
// body's. Where power loss took the end of a record, the checksum with it, there are zeros.
absl::Status check_crcs(const RecordView& record) {
  if (has_crc_property(record.properties)) return check_record_crc(record);
  if (record.properties.ends_with('\0')) return damaged("zeros instead of properties");
  if (!record.body.empty() && crc32_java(record.body) != record.body_crc) {
    return damaged("the body's checksum is wrong");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RecordView> decode_record(std::string_view bytes, Verify verify) {
  if (bytes.size() < kBlankHeaderBytes) return absl::OutOfRangeError("no record header");
  const auto total = load_big_endian<int32_t>(bytes.data() + layout::kTotalSize);
  RecordView record;
  record.magic = load_big_endian<int32_t>(bytes.data() + layout::kMagic);
  if (record.magic != kMagicV1 && record.magic != kMagicV2) return damaged("wrong magic");
  if (total < 0 || static_cast<size_t>(total) < layout::kRecordBytesMin) {
    return damaged("impossible size");
  }
  if (static_cast<size_t>(total) > bytes.size()) {
    return absl::OutOfRangeError(
        concat("the record has ", total, " bytes, ", bytes.size(), " are here"));
  }
  record.bytes = bytes.substr(0, static_cast<size_t>(total));
  load_fixed_fields(bytes.data(), record);
  if (absl::Status status = load_variable_parts(record); !status.ok()) return status;
  if (verify == Verify::kChecksums) {
    if (absl::Status status = check_crcs(record); !status.ok()) return status;
  }
  return record;
}

std::string_view find_property(std::string_view properties, std::string_view key) {
  // As for_each_property, but it ends with the first of the name: most records have it in front.
  while (!properties.empty()) {
    const size_t end = properties.find('\x02');
    const std::string_view item = properties.substr(0, end);
    if (item.size() > key.size() && item[key.size()] == '\x01' && item.starts_with(key)) {
      return item.substr(key.size() + 1);
    }
    if (end == std::string_view::npos) break;
    properties.remove_prefix(end + 1);
  }
  return {};
}

}  // namespace petrel::store
