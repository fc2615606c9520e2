// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/message_browse.h"

#include <poll.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <future>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "cli/brokers.h"
#include "cli/stored_message.h"
#include "cli/topic_view.h"
#include "cli/validators.h"
#include "common/clock.h"
#include "common/concat.h"
#include "common/signals.h"
#include "common/status.h"

namespace petrel::cli {

namespace {

namespace admin = petrel::admin::v1;

constexpr int32_t kPieceMax = 64;
constexpr int32_t kBodyBytesMax = 64 << 10;
constexpr int kPollIntervalMs = 500;
// Between two looks for brokers that did not answer.
constexpr int64_t kLookAgainMs = 1'000;

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

using Messages = std::vector<StoredMessage>;

// Asks a broker until it has no more, or `wanted` have come. `request` goes on behind them. An
// error after the first ones is left to the next call.
absl::StatusOr<Messages> take_from(const Broker& broker, admin::BrowseMessagesRequest& request,
                                   size_t wanted) {
  Messages messages;
  bool more = true;
  while (more && messages.size() < wanted) {
    request.set_limit(static_cast<int32_t>(std::min<size_t>(wanted - messages.size(), kPieceMax)));
    auto piece = broker.admin->browse_messages(request);
    if (!piece.ok()) {
      return messages.empty() ? absl::StatusOr<Messages>(piece.status()) : std::move(messages);
    }
    for (admin::StoredMessage& message : *piece->mutable_messages()) {
      messages.push_back({broker.name, broker.address(), std::move(message)});
    }
    request.set_log_offset(piece->next_log_offset());
    request.set_from_end(false);
    more = piece->more();
  }
  return messages;
}

// For Brokers::ask.
auto add_to(Messages& messages) {
  return [&messages](const Broker& /*broker*/, Messages taken) {
    std::move(taken.begin(), taken.end(), std::back_inserter(messages));
    return absl::OkStatus();
  };
}

void sort_by_time(std::vector<StoredMessage>& messages) {
  std::stable_sort(messages.begin(), messages.end(),
                   [](const StoredMessage& a, const StoredMessage& b) {
                     return a.message.stored_ms() < b.message.stored_ms();
                   });
}

absl::StatusOr<int> browse(const Globals& globals, const BrowseOptions& options) {
  const absl::StatusOr<admin::BrowseMessagesRequest> request = request_of(options);
  if (!request.ok()) {
    return refuse(request.status());
  }
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  std::vector<StoredMessage> messages;
  const auto call = [&](const Broker& broker) {
    admin::BrowseMessagesRequest own = *request;
    return take_from(broker, own, options.limit);
  };
  PETREL_RETURN_IF_ERROR(brokers.ask(call, add_to(messages)));
  sort_by_time(messages);
  if (messages.size() > options.limit) {
    messages.resize(options.limit);
  }
  print_list(messages, globals.output);
  if (!messages.empty()) {
    return brokers.conclude();
  }
  PETREL_ASSIGN_OR_RETURN(const bool exists, may_exist(brokers, options.topic));
  if (!exists) {
    return not_found(brokers, "topic", options.topic);
  }
  std::cerr << "petrelctl: topic " << options.topic << " has no such message\n";
  const int code = brokers.conclude();
  return code == kOk ? kNotThere : code;
}

// Messages as brokers store them. A broker that does not answer is told, and waited for.
class Tail {
 public:
  Tail(const Globals& globals, admin::BrowseMessagesRequest request, Brokers brokers)
      : globals_(globals), request_(std::move(request)), brokers_(std::move(brokers)) {}

  // Until nobody reads any more, or a broker refuses.
  absl::Status run() {
    while (std::cout) {
      std::vector<StoredMessage> messages;
      for (const Broker& broker : brokers_.all()) {
        requests_.try_emplace(broker.address(), request_);
      }
      const auto call = [&](const Broker& broker) {
        return take_from(broker, requests_.at(broker.address()), kPieceMax);
      };
      const absl::Status asked = brokers_.ask(call, add_to(messages));
      if (!asked.ok() && !ops::is_unreached(asked)) {
        return asked;
      }
      tell_waits();
      sort_by_time(messages);
      print(messages);
      if (brokers_.is_partial()) {
        look_again();
      }
      if (messages.empty()) {
        poll(nullptr, 0, kPollIntervalMs);
      }
    }
    return absl::OkStatus();
  }

 private:
  // Of each broker once when it is lost, and once when it is back.
  void tell_waits() {
    for (const Broker& broker : brokers_.all()) {
      if (!broker.answers() && awaited_.insert(broker.name).second) {
        std::cerr << "petrelctl: waiting for broker " << broker.name << ": "
                  << broker.silence.message() << std::endl;
      } else if (broker.answers() && awaited_.erase(broker.name) > 0) {
        std::cerr << "petrelctl: broker " << broker.name << " answers again" << std::endl;
      }
    }
  }

  // On a thread of its own, as it takes its time where one hangs, and the others are not to wait.
  void look_again() {
    const int64_t now_ms = clock_.mono_us() / 1000;
    if (!look_.valid() && now_ms >= look_at_ms_) {
      look_ = std::async(std::launch::async, [this] { return Brokers::find(globals_); });
    }
    if (!look_.valid() || look_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      return;
    }
    look_at_ms_ = now_ms + kLookAgainMs;
    absl::StatusOr<Brokers> found = look_.get();
    if (found.ok() && found->answering() > 0) {
      brokers_ = *std::move(found);
    }
  }

  // A line each; a JSON or YAML document each for programs.
  void print(const std::vector<StoredMessage>& messages) {
    for (const StoredMessage& message : messages) {
      if (globals_.output == OutputFormat::kTable) {
        add_row(message, table_);
      } else {
        std::cout << (globals_.output == OutputFormat::kYaml ? "---\n" : "");
        print_value(to_json(message), globals_.output, std::cout);
      }
    }
    if (!table_.empty()) {
      table_.flush(std::cout);
    }
    std::cout.flush();
  }

  const Globals& globals_;
  const admin::BrowseMessagesRequest request_;
  Brokers brokers_;
  const SystemClock clock_;
  std::map<std::string, admin::BrowseMessagesRequest> requests_;  // by the broker's address
  std::set<std::string> awaited_;
  int64_t look_at_ms_ = 0;
  std::future<absl::StatusOr<Brokers>> look_;  // for brokers, while one is under way
  Table table_ = message_table();
};

absl::StatusOr<int> tail(const Globals& globals, const BrowseOptions& options) {
  const SigpipeGuard no_sigpipe;  // a reader that has gone ends it
  PETREL_ASSIGN_OR_RETURN(admin::BrowseMessagesRequest request, request_of(options));
  request.set_from_end(options.from.empty());
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  PETREL_ASSIGN_OR_RETURN(const bool exists, may_exist(brokers, options.topic));
  if (!exists) {
    return not_found(brokers, "topic", options.topic);
  }
  PETREL_RETURN_IF_ERROR(Tail(globals, std::move(request), std::move(brokers)).run());
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
  command->add_option("--from", options->from, concat("Stored at this time or later: ", kTimeForms))
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
  command->add_option("--to", options->to, "Stored at this time or earlier; as --from")
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
          "Goes on until it is ended. A broker that does not answer is waited for.\n\n"
          "Examples:\n"
          "  petrelctl message tail --topic orders\n"
          "  petrelctl -o json message tail --topic orders --from 5m");
}

}  // namespace petrel::cli
