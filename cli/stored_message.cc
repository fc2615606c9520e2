// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/stored_message.h"

#include <iostream>
#include <utility>

#include "common/concat.h"

namespace petrel::cli {

namespace {

using nlohmann::ordered_json;
namespace admin = petrel::admin::v1;

constexpr size_t kShownTextMax = 60;
constexpr size_t kShownBodyMax = 500;

std::string joined_keys(const admin::StoredMessage& message) {
  std::string text;
  for (const std::string& key : message.keys()) {
    text += concat(text.empty() ? "" : " ", key);
  }
  return text;
}

void print_fields(const StoredMessage& stored) {
  const admin::StoredMessage& message = stored.message;
  const auto line = [](std::string_view name, const std::string& value) {
    std::cout << name << std::string(name.size() < 12 ? 12 - name.size() : 1, ' ')
              << printable(value, kShownBodyMax) << '\n';
  };
  line("message", message.message_id());
  line("topic", message.topic());
  line("broker", stored.broker);
  line("queue", concat(message.queue_id(), ", offset ", message.queue_offset()));
  line("log offset", concat(message.log_offset(), ", ", message.size_bytes(), " bytes"));
  line("offset id", message.offset_id());
  line("stored", concat(format_time(message.stored_ms()), " by ", message.store_host()));
  line("born", concat(format_time(message.born_ms()), " at ", message.born_host()));
  line("keys", joined_keys(message));
  line("tag", message.tag());
  if (message.reconsume_times() > 0) {
    line("retries", concat(message.reconsume_times()));
  }
  for (const auto& property : message.properties()) {
    line("property", concat(property.name(), " = ", property.value()));
  }
  line("body", concat(message.body_bytes(), " bytes", message.compressed() ? ", compressed" : ""));
  if (!message.compressed()) {
    std::cout << printable(message.body(), kShownBodyMax) << '\n';
  }
}

}  // namespace

ordered_json to_json(const StoredMessage& stored) {
  const admin::StoredMessage& message = stored.message;
  ordered_json properties = ordered_json::object();
  for (const auto& property : message.properties()) {
    properties[property.name()] = property.value();
  }
  ordered_json json = {
      {"messageId", message.message_id()},
      {"topic", message.topic()},
      {"tag", message.tag()},
      {"keys", std::vector<std::string>(message.keys().begin(), message.keys().end())},
      {"properties", std::move(properties)},
      {"broker", stored.broker},
      {"address", stored.address},
      {"queueId", message.queue_id()},
      {"queueOffset", message.queue_offset()},
      {"offsetId", message.offset_id()},
      {"logOffset", message.log_offset()},
      {"sizeBytes", message.size_bytes()},
      {"bornMs", message.born_ms()},
      {"bornHost", message.born_host()},
      {"storedMs", message.stored_ms()},
      {"storeHost", message.store_host()},
      {"reconsumeTimes", message.reconsume_times()},
      {"compressed", message.compressed()},
      {"bodyBytes", message.body_bytes()}};
  put_body(message.body(), json);
  return json;
}

Table message_table() {
  return Table(
      {"STORED", "MESSAGE ID", "KEYS", "TAG", "BROKER", "QUEUE", "OFFSET", "SIZE", "BODY"});
}

void add_row(const StoredMessage& stored, Table& table) {
  const admin::StoredMessage& message = stored.message;
  table.add({format_time(message.stored_ms()), printable(message.message_id(), kShownTextMax),
             printable(joined_keys(message), kShownTextMax),
             printable(message.tag(), kShownTextMax), stored.broker, concat(message.queue_id()),
             concat(message.queue_offset()), format_size(message.size_bytes()),
             message.compressed() ? "(compressed)" : printable(message.body(), kShownTextMax)});
}

void print_list(const std::vector<StoredMessage>& messages, OutputFormat format) {
  if (format == OutputFormat::kTable) {
    Table table = message_table();
    for (const StoredMessage& stored : messages) {
      add_row(stored, table);
    }
    if (!table.empty()) {
      table.print(std::cout);
    }
    return;
  }
  ordered_json list = ordered_json::array();
  for (const StoredMessage& stored : messages) {
    list.push_back(to_json(stored));
  }
  print_value(list, format, std::cout);
}

void print_whole(const StoredMessage& stored, OutputFormat format) {
  if (format == OutputFormat::kTable) {
    print_fields(stored);
  } else {
    print_value(to_json(stored), format, std::cout);
  }
}

}  // namespace petrel::cli
