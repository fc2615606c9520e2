// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/admin/message_query.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "broker/admin/admin_messages.h"
#include "broker/frontend/host_text.h"
#include "common/concat.h"
#include "proto/property_names.h"

namespace petrel::broker {
namespace {

namespace v1 = admin::v1;

constexpr int32_t kLimitMax = 64;
constexpr int32_t kLimitDefault = 32;
constexpr int64_t kQueryBodyBytesMax = 65'536;
constexpr size_t kIpV4Bytes = 4;
constexpr size_t kIpV6Bytes = 16;
constexpr size_t kPortAndOffsetBytes = 4 + 8;

template <typename T>
void append_number(T value, std::string& to) {
  for (int shift = static_cast<int>(sizeof(T) - 1) * 8; shift >= 0; shift -= 8) {
    to.push_back(static_cast<char>(value >> shift));
  }
}

uint64_t take_number(std::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) {
    value = value << 8 | static_cast<unsigned char>(byte);
  }
  return value;
}

bool same_host(const store::HostAddress& a, const store::HostAddress& b) {
  return a.ip == b.ip && a.ipv6 == b.ipv6 && a.port == b.port;
}

void write_keys(std::string_view words, v1::StoredMessage* message) {
  while (!words.empty()) {
    const size_t end = words.find(property::kKeySeparator);
    if (end != 0) {
      message->add_keys(std::string(words.substr(0, end)));
    }
    if (end == std::string_view::npos) {
      return;
    }
    words.remove_prefix(end + 1);
  }
}

void write_property(std::string_view name, std::string_view value, v1::StoredMessage* message) {
  if (name == property::kMessageId) {
    message->set_message_id(value.data(), value.size());
  } else if (name == property::kTag) {
    message->set_tag(value.data(), value.size());
  } else if (name == property::kKeys) {
    write_keys(value, message);
  } else if (name != property::kChecksum) {
    v1::StoredMessage::Property* const other = message->add_properties();
    other->set_name(name.data(), name.size());
    other->set_value(value.data(), value.size());
  }
}

absl::StatusOr<store::Indexer::Query> read_query(const v1::QueryMessagesRequest& request) {
  if (request.topic().empty() || request.key().empty()) {
    return absl::InvalidArgumentError("a topic and a key are needed");
  }
  if (request.limit() < 0 || request.limit() > kLimitMax) {
    return absl::InvalidArgumentError(concat("limit is 1 to ", kLimitMax));
  }
  const bool ends = request.end_ms() > 0;
  return store::Indexer::Query{
      .topic = request.topic(),
      .key = request.key(),
      .stored = {.begin_ms = request.begin_ms(),
                 // Leaves room for what is added to times.
                 .end_ms = ends ? request.end_ms() : std::numeric_limits<int64_t>::max() / 2},
      .records_max = static_cast<size_t>(request.limit() == 0 ? kLimitDefault : request.limit())};
}

}  // namespace

std::string format_offset_id(const OffsetId& id) {
  const size_t ip_bytes = id.store_host.ipv6 ? kIpV6Bytes : kIpV4Bytes;
  std::string bytes(reinterpret_cast<const char*>(id.store_host.ip.data()), ip_bytes);
  append_number<uint32_t>(id.store_host.port, bytes);
  append_number(static_cast<uint64_t>(id.log_offset.value()), bytes);
  return absl::AsciiStrToUpper(absl::BytesToHexString(bytes));
}

std::optional<OffsetId> parse_offset_id(std::string_view text) {
  const bool ipv6 = text.size() == 2 * (kIpV6Bytes + kPortAndOffsetBytes);
  if (!ipv6 && text.size() != 2 * (kIpV4Bytes + kPortAndOffsetBytes)) {
    return std::nullopt;
  }
  if (!std::all_of(text.begin(), text.end(),
                   [](char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); })) {
    return std::nullopt;
  }
  const std::string bytes = absl::HexStringToBytes(std::string(text));
  const std::string_view view(bytes);
  const size_t ip_bytes = ipv6 ? kIpV6Bytes : kIpV4Bytes;
  const uint64_t port = take_number(view.substr(ip_bytes, 4));
  const uint64_t offset = take_number(view.substr(ip_bytes + 4));
  if (port > std::numeric_limits<uint16_t>::max() ||
      offset > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return std::nullopt;
  }
  OffsetId id;
  std::copy_n(view.begin(), ip_bytes, reinterpret_cast<char*>(id.store_host.ip.data()));
  id.store_host.ipv6 = ipv6;
  id.store_host.port = static_cast<uint16_t>(port);
  id.log_offset = store::LogOffset(static_cast<int64_t>(offset));
  return id;
}

void write_stored_message(const store::RecordView& record, int64_t body_bytes_max,
                          v1::StoredMessage* message) {
  message->set_topic(record.topic.data(), record.topic.size());
  message->set_offset_id(
      format_offset_id({.store_host = record.store_host, .log_offset = record.log_offset}));
  message->set_queue_id(record.queue_id);
  message->set_queue_offset(record.queue_offset.value());
  message->set_log_offset(record.log_offset.value());
  message->set_size_bytes(static_cast<int32_t>(record.bytes.size()));
  message->set_born_ms(record.born_ms);
  message->set_born_host(frontend::format_host(record.born_host));
  message->set_stored_ms(record.store_ms);
  message->set_store_host(frontend::format_host(record.store_host));
  message->set_reconsume_times(record.reconsume_times);
  message->set_compressed((record.sys_flag & store::sys_flag::kCompressed) != 0);
  message->set_body_bytes(static_cast<int64_t>(record.body.size()));
  const auto shown = std::min(static_cast<int64_t>(record.body.size()), body_bytes_max);
  if (shown > 0) {
    message->set_body(record.body.data(), static_cast<size_t>(shown));
  }
  store::for_each_property(record.properties, [&](std::string_view name, std::string_view value) {
    write_property(name, value, message);
  });
}

grpc::Status query_messages(store::Indexer& indexer, const v1::QueryMessagesRequest& request,
                            v1::QueryMessagesResponse* response) {
  const absl::StatusOr<store::Indexer::Query> query = read_query(request);
  if (!query.ok()) {
    return to_status(query.status());
  }
  const absl::StatusOr<store::Indexer::Answer> answer = indexer.query(*query);
  if (!answer.ok()) {
    return to_status(answer.status());
  }
  const int64_t body_bytes_max = std::min<int64_t>(request.body_bytes_max(), kQueryBodyBytesMax);
  for (const store::LogSlice& slice : answer->records) {
    const auto record = store::decode_record(slice.bytes(), store::Verify::kStructure);
    if (record.ok()) {
      write_stored_message(*record, body_bytes_max, response->add_messages());
    }
  }
  response->set_behind_bytes(answer->behind_bytes);
  return grpc::Status::OK;
}

grpc::Status get_message(const store::CommitLog& log, const v1::GetMessageRequest& request,
                         v1::GetMessageResponse* response) {
  const std::optional<OffsetId> id = parse_offset_id(request.offset_id());
  if (!id.has_value()) {
    return {grpc::StatusCode::INVALID_ARGUMENT,
            "an offset id has 32 or 56 hexadecimal digits: address, port and log offset"};
  }
  const std::string none =
      concat("there is no message ", request.offset_id(), " on this broker, or no longer");
  const absl::StatusOr<store::LogSlice> slice = log.read_record(id->log_offset);
  if (absl::IsOutOfRange(slice.status()) || absl::IsDataLoss(slice.status())) {
    return {grpc::StatusCode::NOT_FOUND, none};
  }
  if (!slice.ok()) {
    return to_status(slice.status());
  }
  const auto record = store::decode_record(slice->bytes(), store::Verify::kStructure);
  if (!record.ok() || !same_host(record->store_host, id->store_host)) {
    return {grpc::StatusCode::NOT_FOUND, none};
  }
  write_stored_message(*record, request.body_bytes_max(), response->mutable_message());
  return grpc::Status::OK;
}

}  // namespace petrel::broker
