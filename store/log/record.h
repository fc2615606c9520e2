// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "store/types.h"

// One CommitLog record in RocketMQ's layout, big-endian (org.apache.rocketmq.store.CommitLog,
// MessageDecoder):
//   0 totalSize i32 | 4 magic i32 | 8 bodyCRC i32 | 12 queueId i32 | 16 flag i32 | 20 queueOffset
//   i64 | 28 physicalOffset i64 36 sysFlag i32 | 40 bornTimestamp i64 | 48 bornHost (4|16 B ip, i32
//   port) | storeTimestamp i64 | storeHost (4|16 B, i32) reconsumeTimes i32 |
//   preparedTransactionOffset i64 | bodyLength i32, body | topicLength (1 B, magic v2: 2 B), topic
//   propertiesLength i16, properties
// The last property is the whole-record checksum `__CRC32#`, as RocketMQ 5 writes it with
// enabledAppendPropCRC.
namespace petrel::store {

inline constexpr int32_t kMagicV1 = static_cast<int32_t>(0xDAA320A7);
inline constexpr int32_t kMagicV2 =
    static_cast<int32_t>(0xDAA320AB);  // topic longer than 127 bytes
inline constexpr int32_t kMagicBlank =
    static_cast<int32_t>(0xCBD43194);  // filler up to the end of a segment
inline constexpr size_t kBlankHeaderBytes = 8;
inline constexpr size_t kPropertiesBytesMax = 32767;

namespace sys_flag {
inline constexpr int32_t kCompressed = 0x1;
inline constexpr int32_t kBornHostIpv6 = 0x10;
inline constexpr int32_t kStoreHostIpv6 = 0x20;
inline constexpr int32_t kInnerBatch = 0x80;  // the body is messages, as many as INNER_NUM says
inline constexpr int32_t kTransactionMask = 0xC;
inline constexpr int32_t kTransactionPrepared = 0x4;
inline constexpr int32_t kTransactionRollback = 0xC;
}  // namespace sys_flag

struct HostAddress {
  std::array<uint8_t, 16> ip{};  // network order, first 4 bytes used for IPv4
  bool ipv6 = false;
  uint16_t port = 0;
};

// What the sender of a message decides.
struct RecordFields {
  std::string_view topic;
  std::string_view body;
  std::string_view properties;  // key \x01 value \x02, repeated, each ended by \x02
  int32_t flag = 0;
  int32_t sys_flag = 0;  // address-family bits are set by encode_record
  int64_t born_ms = 0;
  HostAddress born_host;
  HostAddress store_host;
  int32_t reconsume_times = 0;
  int64_t prepared_transaction_offset = 0;
};

// What the append decides.
struct RecordPlacement {
  int32_t queue_id = 0;
  QueueOffset queue_offset{0};
  LogOffset log_offset{0};
  int64_t store_ms = 0;
};

// Bytes of the record with these lengths, checksum property included.
size_t encoded_size(const RecordFields& fields);

// Encodes all but the placement; computes the body checksum. Runs on the I/O threads.
// InvalidArgument when topic or properties are too long for the layout.
absl::StatusOr<std::string> encode_record(const RecordFields& fields);

// Fills the placement and the whole-record checksum into a record from encode_record. Runs on the
// core thread.
void place_record(std::span<char> record, const RecordPlacement& placement);

// A decoded record; all views point into the bytes it was decoded from.
struct RecordView {
  std::string_view bytes;
  std::string_view topic;
  std::string_view body;
  std::string_view properties;
  int32_t magic = 0;
  int32_t body_crc = 0;
  int32_t flag = 0;
  int32_t sys_flag = 0;
  int64_t born_ms = 0;
  HostAddress born_host;
  HostAddress store_host;
  int64_t store_ms = 0;
  int32_t reconsume_times = 0;
  int64_t prepared_transaction_offset = 0;
  int32_t queue_id = 0;
  QueueOffset queue_offset{0};
  LogOffset log_offset{0};
};

enum class Verify { kStructure, kChecksums };

// Decodes the record at the start of `bytes` (which may go on behind it). DataLoss when the lengths
// contradict each other, the magic is none of ours, or a checksum is wrong; OutOfRange when `bytes`
// ends inside the record.
absl::StatusOr<RecordView> decode_record(std::string_view bytes, Verify verify);

// The value of one property, or empty.
std::string_view find_property(std::string_view properties, std::string_view key);

// Calls f(key, value) for each property in order.
template <typename F>
void for_each_property(std::string_view properties, F&& f) {
  while (!properties.empty()) {
    const size_t end = properties.find('\x02');
    const std::string_view item = properties.substr(0, end);
    const size_t split = item.find('\x01');
    if (split != std::string_view::npos) f(item.substr(0, split), item.substr(split + 1));
    if (end == std::string_view::npos) return;
    properties.remove_prefix(end + 1);
  }
}

// tagsCode of a ConsumeQueue entry: Java's String.hashCode of TAGS, sign-extended; 0 without a tag.
int64_t tags_code(std::string_view tag);

}  // namespace petrel::store
