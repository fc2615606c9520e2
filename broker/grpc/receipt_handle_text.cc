// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/receipt_handle_text.h"

#include <array>
#include <charconv>
#include <cstdint>

#include "common/concat.h"

namespace petrel::grpcfront {
namespace {

constexpr size_t kTextBytesMax = 512;
constexpr size_t kFields = 9;

// Splits at each space; false unless there are exactly kFields parts.
bool split(std::string_view text, std::array<std::string_view, kFields>& fields) {
  for (size_t i = 0; i < kFields; ++i) {
    const size_t space = text.find(' ');
    if ((space == std::string_view::npos) != (i + 1 == kFields)) {
      return false;
    }
    fields[i] = text.substr(0, space);
    if (space != std::string_view::npos) {
      text.remove_prefix(space + 1);
    }
  }
  return true;
}

bool parse(std::string_view text, int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0;
}

}  // namespace

std::string format_receipt_handle(const core::ReceiptHandle& handle, std::string_view broker_name) {
  const int64_t offset = handle.queue_offset.value();
  return concat(offset, " ", handle.delivery_id, " ", handle.invisible_ms, " 0 0 ", broker_name,
                " ", handle.queue_id, " ", offset, " ", handle.log_offset.value());
}

std::optional<core::ReceiptHandle> parse_receipt_handle(std::string_view text,
                                                        std::string_view broker_name) {
  std::array<std::string_view, kFields> fields;
  if (text.size() > kTextBytesMax || !split(text, fields) || fields[5] != broker_name) {
    return {};
  }
  core::ReceiptHandle handle;
  int64_t start = 0;
  int64_t revive_queue = 0;
  int64_t topic_type = 0;
  int64_t queue_id = 0;
  int64_t queue_offset = 0;
  int64_t log_offset = 0;
  if (!parse(fields[0], start) || !parse(fields[1], handle.delivery_id) ||
      !parse(fields[2], handle.invisible_ms) || !parse(fields[3], revive_queue) ||
      !parse(fields[4], topic_type) || !parse(fields[6], queue_id) ||
      !parse(fields[7], queue_offset) || !parse(fields[8], log_offset)) {
    return {};
  }
  if (queue_id > INT32_MAX) {
    return {};
  }
  handle.queue_id = static_cast<int32_t>(queue_id);
  handle.queue_offset = store::QueueOffset(queue_offset);
  handle.log_offset = store::LogOffset(log_offset);
  return handle;
}

}  // namespace petrel::grpcfront
