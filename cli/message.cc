// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/brokers.h"
#include "cli/command.h"
#include "cli/message_browse.h"
#include "cli/stored_message.h"
#include "cli/topic_view.h"
#include "cli/validators.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::cli {

namespace {

namespace admin = petrel::admin::v1;

constexpr int32_t kShownBodyBytesMax = 64 << 10;
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

// From all brokers, the newest first.
absl::StatusOr<std::vector<StoredMessage>> find(Brokers& brokers,
                                                const admin::QueryMessagesRequest& request) {
  std::vector<StoredMessage> messages;
  const auto call = [&](const Broker& broker) { return broker.admin->query_messages(request); };
  const auto take = [&](const Broker& broker, const admin::QueryMessagesResponse& response) {
    for (const admin::StoredMessage& message : response.messages()) {
      messages.push_back({broker.name, broker.address(), message});
    }
    if (response.behind_bytes() > 0) {
      std::cerr << "petrelctl: " << broker.name
                << " is still building its index and could not look at the newest "
                << format_size(response.behind_bytes()) << " of its log\n";
    }
    return absl::OkStatus();
  };
  PETREL_RETURN_IF_ERROR(brokers.ask(call, take));
  std::stable_sort(messages.begin(), messages.end(),
                   [](const StoredMessage& a, const StoredMessage& b) {
                     return a.message.stored_ms() > b.message.stored_ms();
                   });
  if (messages.size() > static_cast<size_t>(request.limit())) {
    messages.resize(static_cast<size_t>(request.limit()));
  }
  return messages;
}

// Tells which brokers did not answer, too.
absl::Status no_message(const Brokers& brokers, const std::string& text) {
  brokers.conclude();
  return absl::NotFoundError(text);
}

absl::StatusOr<int> query(const Globals& globals, const Options& options) {
  admin::QueryMessagesRequest request;
  request.set_topic(options.topic);
  request.set_key(options.key);
  request.set_limit(options.limit);
  if (const absl::Status times = set_times(options.from, options.to, request); !times.ok()) {
    return refuse(times);
  }
  request.set_body_bytes_max(kShownBodyBytesMax);
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  PETREL_ASSIGN_OR_RETURN(const std::vector<StoredMessage> messages, find(brokers, request));
  print_list(messages, globals.output);
  if (messages.empty()) {
    PETREL_ASSIGN_OR_RETURN(const bool exists, may_exist(brokers, options.topic));
    if (!exists) {
      return not_found(brokers, "topic", options.topic);
    }
    return no_message(brokers, concat("topic ", options.topic, " has no message with the key '",
                                      options.key, "' that was stored then"));
  }
  return brokers.conclude();
}

absl::StatusOr<StoredMessage> get_by_offset_id(Brokers& brokers, const std::string& id) {
  std::optional<StoredMessage> found;
  using Found = std::optional<admin::StoredMessage>;
  const auto call = [&](const Broker& broker) -> absl::StatusOr<Found> {
    auto message = broker.admin->get_message(id, kBodyBytesMax);
    if (absl::IsNotFound(message.status())) {
      return Found();
    }
    PETREL_RETURN_IF_ERROR(message.status());
    return Found(*std::move(message));
  };
  PETREL_RETURN_IF_ERROR(brokers.ask(call, [&](const Broker& broker, Found message) {
    if (message && !found) {
      found = StoredMessage{broker.name, broker.address(), *std::move(message)};
    }
    return absl::OkStatus();
  }));
  if (!found) {
    return no_message(brokers, concat("no broker has the message ", id,
                                      ", or no longer; a message id needs --topic, too"));
  }
  return *std::move(found);
}

absl::StatusOr<StoredMessage> get_by_message_id(Brokers& brokers, const Options& options) {
  admin::QueryMessagesRequest request;
  request.set_topic(options.topic);
  request.set_key(options.id);
  request.set_limit(1);
  PETREL_ASSIGN_OR_RETURN(const std::vector<StoredMessage> messages, find(brokers, request));
  if (messages.empty()) {
    return no_message(
        brokers, concat("topic ", options.topic, " has no message ", options.id, ", or no longer"));
  }
  return get_by_offset_id(brokers, messages.front().message.offset_id());
}

bool is_offset_id(const std::string& id) {
  constexpr size_t kDigits4 = 32;  // address of 4 bytes, port, log offset
  constexpr size_t kDigits6 = 56;  // of 16 bytes
  return (id.size() == kDigits4 || id.size() == kDigits6) &&
         id.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
}

absl::StatusOr<int> get(const Globals& globals, const Options& options) {
  if (options.topic.empty() && !is_offset_id(options.id)) {
    return refuse(absl::InvalidArgumentError(
        concat("'", options.id,
               "' is no offset id, which has 32 or 56 hexadecimal digits; a message is found by "
               "its message id with its topic: petrelctl message get --topic TOPIC ",
               options.id)));
  }
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  PETREL_ASSIGN_OR_RETURN(const StoredMessage found, options.topic.empty()
                                                         ? get_by_offset_id(brokers, options.id)
                                                         : get_by_message_id(brokers, options));
  if (options.body_only) {
    std::cout << found.message.body();
  } else {
    print_whole(found, globals.output);
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
      ->required()
      ->check(not_blank());
  by_key->add_option("--from", options->from, concat("Stored at this time or later: ", kTimeForms))
      ->check(point_in_time());
  by_key->add_option("--to", options->to, "Stored at this time or earlier; as --from")
      ->check(point_in_time());
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
  add_message_browse(*message, invocation);
  message->footer(
      "All brokers of the cluster are asked. Ends with 3 when there is no such message.\n\n"
      "Examples:\n"
      "  petrelctl message query --topic orders --key 4711 --from 2h\n"
      "  petrelctl message get --topic orders 01A4BB6D7CC1B7230D0878FCC800000000\n"
      "  petrelctl -o json message get 7F00000100001F910000000000001A2B");
}

}  // namespace petrel::cli
