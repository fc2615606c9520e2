// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "store/log/record.h"

// Where the fields of a record are; shared by encoder and decoder. record.h has the picture.
namespace petrel::store::layout {

inline constexpr size_t kTotalSize = 0;
inline constexpr size_t kMagic = 4;
inline constexpr size_t kBodyCrc = 8;
inline constexpr size_t kQueueId = 12;
inline constexpr size_t kFlag = 16;
inline constexpr size_t kQueueOffset = 20;
inline constexpr size_t kLogOffset = 28;
inline constexpr size_t kSysFlag = 36;
inline constexpr size_t kBornMs = 40;
inline constexpr size_t kBornHost = 48;

inline constexpr size_t kHostV4Bytes = 4 + 4;
inline constexpr size_t kHostV6Bytes = 16 + 4;

constexpr size_t host_bytes(bool ipv6) { return ipv6 ? kHostV6Bytes : kHostV4Bytes; }

// Offset of storeTimestamp; storeHost and what follows it come behind.
constexpr size_t store_ms(int32_t sys_flag) {
  return kBornHost + host_bytes((sys_flag & sys_flag::kBornHostIpv6) != 0);
}
constexpr size_t store_host(int32_t sys_flag) { return store_ms(sys_flag) + 8; }
constexpr size_t reconsume_times(int32_t sys_flag) {
  return store_host(sys_flag) + host_bytes((sys_flag & sys_flag::kStoreHostIpv6) != 0);
}
constexpr size_t prepared_offset(int32_t sys_flag) { return reconsume_times(sys_flag) + 4; }
constexpr size_t body_length(int32_t sys_flag) { return prepared_offset(sys_flag) + 8; }
constexpr size_t body(int32_t sys_flag) { return body_length(sys_flag) + 4; }

constexpr size_t topic_length_bytes(int32_t magic) { return magic == kMagicV2 ? 2 : 1; }

// Bytes of a record with these lengths.
constexpr size_t record_bytes(int32_t sys_flag, int32_t magic, size_t body_bytes,
                              size_t topic_bytes, size_t properties_bytes) {
  return body(sys_flag) + body_bytes + topic_length_bytes(magic) + topic_bytes + 2 +
         properties_bytes;
}

inline constexpr size_t kRecordBytesMin = record_bytes(0, kMagicV1, 0, 0, 0);
static_assert(kRecordBytesMin == 91);

// The checksum property: name \x01 ten decimal digits, lowest first \x02.
inline constexpr std::string_view kCrcName = "__CRC32#";
inline constexpr size_t kCrcDigits = 10;
inline constexpr size_t kCrcPropertyBytes = kCrcName.size() + 1 + kCrcDigits + 1;
static_assert(kCrcPropertyBytes == 20);
inline constexpr char kNameEnd = '\x01';
inline constexpr char kPropertyEnd = '\x02';

}  // namespace petrel::store::layout
