// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/target.h"
#include "common/clock.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::cli {

namespace {

using nlohmann::ordered_json;
namespace admin = petrel::admin::v1;

constexpr size_t kShownTextMax = 60;
constexpr size_t kShownBodyMax = 500;
constexpr int64_t kBodyBytesMax = 64 << 20;

struct Options {
  std::string topic;
  std::string key;
  std::string id;
  std::string from;
  std::string to;
  int32_t limit = 32;
  bool body_only = false;
};

// A message and the broker that has it.
struct Found {
  std::string broker;
  admin::StoredMessage message;
};

std::string joined_keys(const admin::StoredMessage& message) {
  std::string text;
  for (const std::string& key : message.keys()) {
    text += concat(text.empty() ? "" : " ", key);
  }
  return text;
}

ordered_json to_json(const Found& found) {
  const admin::StoredMessage& message = found.message;
  ordered_json properties = ordered_json::object();
  for (const auto& property : message.properties()) {
    properties[property.name()] = property.value();
  }
  return {{"messageId", message.message_id()},
          {"topic", message.topic()},
          {"tag", message.tag()},
          {"keys", std::vector<std::string>(message.keys().begin(), message.keys().end())},
          {"properties", std::move(properties)},
          {"broker", found.broker},
          {"queueId", message.queue_id()},
          {"offset", message.queue_offset()},
          {"offsetId", message.offset_id()},
          {"logOffset", message.log_offset()},
          {"sizeBytes", message.size_bytes()},
          {"bornMs", message.born_ms()},
          {"bornHost", message.born_host()},
          {"storedMs", message.stored_ms()},
          {"storeHost", message.store_host()},
          {"reconsumeTimes", message.reconsume_times()},
          {"compressed", message.compressed()},
          {"bodyBytes", message.body_bytes()},
          {"body", message.body()}};
}

void print_table(const std::vector<Found>& messages) {
  Table table({"STORED", "MESSAGE ID", "KEYS", "TAG", "BROKER", "QUEUE", "OFFSET", "SIZE"});
  for (const Found& found : messages) {
    const admin::StoredMessage& message = found.message;
    table.add({format_time(message.stored_ms()), printable(message.message_id(), kShownTextMax),
               printable(joined_keys(message), kShownTextMax),
               printable(message.tag(), kShownTextMax), found.broker, concat(message.queue_id()),
               concat(message.queue_offset()), format_size(message.size_bytes())});
  }
  table.print(std::cout);
}

void print_whole(const Found& found) {
  const admin::StoredMessage& message = found.message;
  const auto line = [](std::string_view name, const std::string& value) {
    std::cout << name << std::string(name.size() < 12 ? 12 - name.size() : 1, ' ')
              << printable(value, kShownBodyMax) << '\n';
  };
  line("message", message.message_id());
  line("topic", message.topic());
  line("broker", found.broker);
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

// From all brokers, the newest first.
absl::StatusOr<std::vector<Found>> find(const Globals& globals,
                                        const admin::QueryMessagesRequest& request) {
  PETREL_ASSIGN_OR_RETURN(const auto all, brokers(globals));
  std::vector<Found> messages;
  for (const auto& broker : all) {
    PETREL_ASSIGN_OR_RETURN(const auto response, broker->query_messages(request));
    for (const admin::StoredMessage& message : response.messages()) {
      messages.push_back({broker->address(), message});
    }
    if (response.behind_bytes() > 0) {
      std::cerr << "petrelctl: " << broker->address()
                << " is still building its index and could not look at the newest "
                << format_size(response.behind_bytes()) << " of its log\n";
    }
  }
  std::stable_sort(messages.begin(), messages.end(), [](const Found& a, const Found& b) {
    return a.message.stored_ms() > b.message.stored_ms();
  });
  if (messages.size() > static_cast<size_t>(request.limit())) {
    messages.resize(static_cast<size_t>(request.limit()));
  }
  return messages;
}

absl::StatusOr<int> query(const Globals& globals, const Options& options) {
  const int64_t now_ms = SystemClock().wall_ms();
  admin::QueryMessagesRequest request;
  request.set_topic(options.topic);
  request.set_key(options.key);
  request.set_limit(options.limit);
  if (!options.from.empty()) {
    PETREL_ASSIGN_OR_RETURN(const int64_t begin_ms, parse_time_ms(options.from, now_ms));
    request.set_begin_ms(begin_ms);
  }
  if (!options.to.empty()) {
    PETREL_ASSIGN_OR_RETURN(const int64_t end_ms, parse_time_ms(options.to, now_ms));
    request.set_end_ms(end_ms);
  }
  const bool table = globals.output == OutputFormat::kTable;
  if (!table) {
    request.set_body_bytes_max(64 << 10);
  }
  PETREL_ASSIGN_OR_RETURN(const std::vector<Found> messages, find(globals, request));
  if (table) {
    if (!messages.empty()) {
      print_table(messages);
    }
  } else {
    ordered_json list = ordered_json::array();
    for (const Found& found : messages) {
      list.push_back(to_json(found));
    }
    print_value(list, globals.output, std::cout);
  }
  if (messages.empty()) {
    return absl::NotFoundError(concat("topic ", options.topic, " has no message with the key '",
                                      options.key, "' that was stored then"));
  }
  return kOk;
}

absl::StatusOr<Found> get_by_offset_id(const Globals& globals, const std::string& id) {
  PETREL_ASSIGN_OR_RETURN(const auto all, brokers(globals));
  for (const auto& broker : all) {
    auto message = broker->get_message(id, kBodyBytesMax);
    if (message.ok()) {
      return Found{broker->address(), *std::move(message)};
    }
    if (!absl::IsNotFound(message.status())) {
      return message.status();
    }
  }
  return absl::NotFoundError(
      concat("no broker has the message ", id, ", or no longer; a message id needs --topic, too"));
}

absl::StatusOr<Found> get_by_message_id(const Globals& globals, const Options& options) {
  admin::QueryMessagesRequest request;
  request.set_topic(options.topic);
  request.set_key(options.id);
  request.set_limit(1);
  PETREL_ASSIGN_OR_RETURN(const std::vector<Found> messages, find(globals, request));
  if (messages.empty()) {
    return absl::NotFoundError(
        concat("topic ", options.topic, " has no message ", options.id, ", or no longer"));
  }
  return get_by_offset_id(globals, messages.front().message.offset_id());
}

absl::StatusOr<int> get(const Globals& globals, const Options& options) {
  PETREL_ASSIGN_OR_RETURN(const Found found, options.topic.empty()
                                                 ? get_by_offset_id(globals, options.id)
                                                 : get_by_message_id(globals, options));
  if (options.body_only) {
    std::cout << found.message.body();
  } else if (globals.output == OutputFormat::kTable) {
    print_whole(found);
  } else {
    print_value(to_json(found), globals.output, std::cout);
  }
  return kOk;
}

}  // namespace

void add_message(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<Options>();
  CLI::App* message = app.add_subcommand("message", "Find stored messages, whoever received them");
  message->require_subcommand(1);
  CLI::App* by_key = message->add_subcommand("query", "Find messages by a key or by their id");
  by_key->add_option("--topic", options->topic, "Topic of the messages")->required();
  by_key->add_option("--key", options->key, "One of the message's keys, or its message id")
      ->required();
  by_key->add_option(
      "--from", options->from,
      "Stored at this time or later: '2026-11-21 10:33:52', or 2h for two hours ago");
  by_key->add_option("--to", options->to, "Stored at this time or earlier");
  by_key->add_option("--limit", options->limit, "How many messages, the newest first")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  by_key->callback([&invocation, options] {
    invocation.command = [&invocation, options] { return query(invocation.globals, *options); };
  });
  CLI::App* by_id = message->add_subcommand("get", "Show one message with all its properties");
  by_id->add_option("ID", options->id, "Offset id; with --topic: message id")->required();
  by_id->add_option("--topic", options->topic, "Topic of the message");
  by_id->add_flag("--body-only", options->body_only, "Print the body as it is, and nothing else");
  by_id->callback([&invocation, options] {
    invocation.command = [&invocation, options] { return get(invocation.globals, *options); };
  });
  message->footer(
      "All brokers of the cluster are asked. Ends with 3 when there is no such message.\n\n"
      "Examples:\n"
      "  petrelctl message query --topic orders --key 4711 --from 2h\n"
      "  petrelctl message get --topic orders 01A4BB6D7CC1B7230D0878FCC800000000\n"
      "  petrelctl -o json message get 7F00000100001F910000000000001A2B");
}

}  // namespace petrel::cli
