// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/record_copy.h"

#include <algorithm>

namespace petrel::core {
namespace {

// Of the whole record: encode_record writes a new one.
constexpr std::string_view kChecksumProperty = "__CRC32#";

void add_property(std::string_view key, std::string_view value, std::string& properties) {
  properties.append(key).append("\x01").append(value).append("\x02");
}

}  // namespace

absl::StatusOr<std::string> copy_record(const store::RecordView& record,
                                        const RecordChanges& changes) {
  std::string properties;
  store::for_each_property(record.properties, [&](std::string_view key, std::string_view value) {
    const bool changed = std::any_of(changes.properties.begin(), changes.properties.end(),
                                     [&](const auto& change) { return change.first == key; });
    if (!changed && key != kChecksumProperty) {
      add_property(key, value, properties);
    }
  });
  for (const auto& [key, value] : changes.properties) {
    if (!value.empty()) {
      add_property(key, value, properties);
    }
  }
  return store::encode_record(
      {.topic = changes.topic.empty() ? record.topic : changes.topic,
       .body = record.body,
       .properties = properties,
       .flag = record.flag,
       .sys_flag = changes.sys_flag.value_or(record.sys_flag),
       .born_ms = record.born_ms,
       .born_host = record.born_host,
       .store_host = record.store_host,
       .reconsume_times = changes.reconsume_times.value_or(record.reconsume_times),
       .prepared_transaction_offset = record.prepared_transaction_offset});
}

}  // namespace petrel::core
