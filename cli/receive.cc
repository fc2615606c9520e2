// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/target.h"
#include "common/concat.h"
#include "common/status.h"
#include "common/units.h"

namespace petrel::cli {

namespace {

using nlohmann::ordered_json;

constexpr size_t kShownBodyMax = 60;

struct Options {
  ReceiveOptions receive;
  std::string wait = "10s";
  bool acknowledge = true;
  bool body_only = false;
};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += concat(text.empty() ? "" : " ", word);
  }
  return text;
}

void print_messages(const std::vector<ReceivedMessage>& messages, OutputFormat format) {
  if (format == OutputFormat::kTable) {
    Table table({"MESSAGE ID", "TAG", "KEYS", "BROKER", "QUEUE", "OFFSET", "TRY", "BODY"});
    for (const ReceivedMessage& message : messages) {
      table.add({message.message_id, printable(message.tag, kShownBodyMax),
                 printable(joined(message.keys), kShownBodyMax), message.broker,
                 concat(message.queue_id), concat(message.offset), concat(message.attempt),
                 printable(message.body, kShownBodyMax)});
    }
    if (!table.empty()) {
      table.print(std::cout);
    }
    return;
  }
  ordered_json list = ordered_json::array();
  for (const ReceivedMessage& message : messages) {
    list.push_back({{"messageId", message.message_id},
                    {"topic", message.topic},
                    {"tag", message.tag},
                    {"keys", message.keys},
                    {"properties", message.properties},
                    {"broker", message.broker},
                    {"queueId", message.queue_id},
                    {"offset", message.offset},
                    {"attempt", message.attempt},
                    {"bornMs", message.born_ms},
                    {"body", message.body}});
  }
  print_value(list, format, std::cout);
}

absl::StatusOr<int> receive(const Globals& globals, Options options) {
  PETREL_ASSIGN_OR_RETURN(options.receive.wait_ms, parse_duration_ms(options.wait));
  PETREL_ASSIGN_OR_RETURN(const ops::Connection connection, access_point(globals));
  Client client(connection);
  PETREL_ASSIGN_OR_RETURN(const std::vector<ReceivedMessage> messages,
                          client.receive(options.receive));
  if (options.body_only) {
    for (const ReceivedMessage& message : messages) {
      std::cout << message.body << '\n';
    }
  } else {
    print_messages(messages, globals.output);
  }
  // Printed first: a message that nobody saw must come again.
  std::cout.flush();
  if (!std::cout) {
    return absl::InternalError("cannot write the messages, so they are not acknowledged");
  }
  if (options.acknowledge) {
    PETREL_RETURN_IF_ERROR(client.acknowledge(options.receive.group, messages));
  }
  if (messages.size() < options.receive.count) {
    std::cerr << "petrelctl: " << messages.size() << " of " << options.receive.count
              << " messages came within " << options.wait << '\n';
    return kNotThere;
  }
  if (globals.output == OutputFormat::kTable && !options.body_only) {
    std::cout << "received " << messages.size()
              << (options.acknowledge ? " and acknowledged them\n" : "\n");
  }
  return kOk;
}

}  // namespace

void add_receive(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("receive", "Receive messages as a consumer group, and acknowledge them");
  command->add_option("--topic", options->receive.topic, "Topic to receive from")->required();
  command->add_option("--group", options->receive.group, "Consumer group to receive as")
      ->required();
  command->add_option("--count", options->receive.count, "How many messages to receive")
      ->check(CLI::Range(size_t{1}, size_t{100'000}))
      ->capture_default_str();
  command->add_option("--wait", options->wait, "How long to wait for them")->capture_default_str();
  command
      ->add_option("--tag", options->receive.tags,
                   "Only messages with this tag, or with one of several: 'a || b'")
      ->capture_default_str();
  command->add_flag("!--no-ack", options->acknowledge,
                    "Leave the messages to be delivered again after 30 s");
  command->add_flag("--body-only", options->body_only, "Print bodies and nothing else");
  command->footer(
      "Ends with 3 when fewer messages than --count came in time.\n\n"
      "Examples:\n"
      "  petrelctl receive --topic orders --group billing\n"
      "  petrelctl receive --topic orders --group audit --count 100 --wait 1m --body-only\n"
      "  petrelctl -o json receive --topic orders --group debug --no-ack");
  command->callback([&invocation, options] {
    invocation.command = [&invocation, options] { return receive(invocation.globals, *options); };
  });
}

}  // namespace petrel::cli
