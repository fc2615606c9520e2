// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/message_browse.h"

#include <poll.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "cli/brokers.h"
#include "cli/stored_message.h"
#include "cli/validators.h"
#include "common/concat.h"
#include "common/signals.h"
#include "common/status.h"

namespace petrel::cli {

namespace {

namespace admin = petrel::admin::v1;

constexpr int32_t kPieceMax = 64;
constexpr int32_t kBodyBytesMax = 64 << 10;
constexpr int kPollIntervalMs = 500;

struct BrowseOptions {
  std::string topic;
  std::optional<int32_t> queue;
  int64_t offset = 0;
  std::string from;
  std::string to;
  size_t limit = 32;
};

absl::StatusOr<admin::BrowseMessagesRequest> request_of(const BrowseOptions& options) {
  admin::BrowseMessagesRequest request;
  request.set_topic(options.topic);
  request.set_queue_offset(options.offset);
  request.set_limit(kPieceMax);
  request.set_body_bytes_max(kBodyBytesMax);
  if (options.queue) {
    request.set_queue_id(*options.queue);
  }
  PETREL_RETURN_IF_ERROR(set_times(options.from, options.to, request));
  return request;
}

// Asks a broker until it has no more, or `wanted` have come. `request` goes on behind them.
absl::Status take_from(Broker& broker, admin::BrowseMessagesRequest& request, size_t wanted,
                       std::vector<StoredMessage>& messages) {
  bool more = true;
  while (more && wanted > 0) {
    request.set_limit(static_cast<int32_t>(std::min<size_t>(wanted, kPieceMax)));
    PETREL_ASSIGN_OR_RETURN(auto piece, broker.admin->browse_messages(request));
    for (admin::StoredMessage& message : *piece.mutable_messages()) {
      messages.push_back({broker.name, broker.address(), std::move(message)});
      --wanted;
    }
    request.set_log_offset(piece.next_log_offset());
    request.set_from_end(false);
    more = piece.more();
  }
  return absl::OkStatus();
}

void sort_by_time(std::vector<StoredMessage>& messages) {
  std::stable_sort(messages.begin(), messages.end(),
                   [](const StoredMessage& a, const StoredMessage& b) {
                     return a.message.stored_ms() < b.message.stored_ms();
                   });
}

absl::StatusOr<int> browse(const Globals& globals, const BrowseOptions& options) {
  PETREL_ASSIGN_OR_RETURN(const admin::BrowseMessagesRequest request, request_of(options));
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  std::vector<StoredMessage> messages;
  PETREL_RETURN_IF_ERROR(brokers.ask([&](Broker& broker) {
    admin::BrowseMessagesRequest own = request;
    return take_from(broker, own, options.limit, messages);
  }));
  sort_by_time(messages);
  if (messages.size() > options.limit) {
    messages.resize(options.limit);
  }
  print_list(messages, globals.output);
  const int code = brokers.conclude();
  return messages.empty() && code == kOk ? kNotThere : code;
}

// A line each as they come; a JSON or YAML document each for programs.
absl::StatusOr<int> tail(const Globals& globals, const BrowseOptions& options) {
  const SigpipeGuard no_sigpipe;  // a reader that has gone ends it
  PETREL_ASSIGN_OR_RETURN(admin::BrowseMessagesRequest request, request_of(options));
  request.set_from_end(options.from.empty());
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  std::map<const Broker*, admin::BrowseMessagesRequest> requests;
  Table table = message_table();
  brokers.conclude();
  while (std::cout) {
    std::vector<StoredMessage> messages;
    PETREL_RETURN_IF_ERROR(brokers.ask([&](Broker& broker) {
      admin::BrowseMessagesRequest& own = requests.try_emplace(&broker, request).first->second;
      return take_from(broker, own, kPieceMax, messages);
    }));
    sort_by_time(messages);
    for (const StoredMessage& message : messages) {
      if (globals.output == OutputFormat::kTable) {
        add_row(message, table);
      } else {
        std::cout << (globals.output == OutputFormat::kYaml ? "---\n" : "");
        print_value(to_json(message), globals.output, std::cout);
      }
    }
    if (!table.empty()) {
      table.flush(std::cout);
    }
    std::cout.flush();
    if (messages.empty()) {
      poll(nullptr, 0, kPollIntervalMs);
    }
  }
  return kOk;
}

using BrowseFunction = absl::StatusOr<int> (*)(const Globals&, const BrowseOptions&);

CLI::App* add(CLI::App& message, const std::string& name, const std::string& description,
              Invocation& invocation, const std::shared_ptr<BrowseOptions>& options,
              BrowseFunction function) {
  CLI::App* command = message.add_subcommand(name, description);
  command->add_option("--topic", options->topic, "Topic of the messages")->required();
  command->add_option("--queue", options->queue, "Only of this queue of each broker")
      ->check(CLI::Range(0, 1023));
  command
      ->add_option("--from", options->from,
                   "Stored at this time or later: '2026-11-21 10:33:52', or 2h for two hours ago")
      ->check(point_in_time());
  command->callback([&invocation, options, function] {
    invocation.command = [&invocation, options, function] {
      return function(invocation.globals, *options);
    };
  });
  return command;
}

}  // namespace

void add_message_browse(CLI::App& message, Invocation& invocation) {
  auto options = std::make_shared<BrowseOptions>();
  CLI::App* command = add(message, "browse",
                          "Show messages in the order in which they were stored, without a group",
                          invocation, options, browse);
  command
      ->add_option("--offset", options->offset, "With this offset in their queue, or a higher one")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--to", options->to, "Stored at this time or earlier")
      ->check(point_in_time());
  command->add_option("--limit", options->limit, "How many messages, the oldest first")
      ->check(CLI::Range(size_t{1}, size_t{100'000}))
      ->capture_default_str();
  command->footer(
      "Looks through the brokers' logs from --from on, which takes its time in a large one.\n\n"
      "Examples:\n"
      "  petrelctl message browse --topic orders --from 2h\n"
      "  petrelctl -o json message browse --topic orders --queue 3 --offset 2 --limit 5");
  auto tailed = std::make_shared<BrowseOptions>();
  add(message, "tail", "Show messages as they are stored, without a group", invocation, tailed,
      tail)
      ->footer(
          "Goes on until it is ended.\n\n"
          "Examples:\n"
          "  petrelctl message tail --topic orders\n"
          "  petrelctl -o json message tail --topic orders --from 5m");
}

}  // namespace petrel::cli
