// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/brokers.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/target.h"
#include "cli/validators.h"
#include "common/concat.h"
#include "common/signals.h"
#include "common/status.h"
#include "common/units.h"

namespace petrel::cli {

namespace {

using nlohmann::ordered_json;

constexpr size_t kShownBodyMax = 60;

struct Options {
  ReceiveOptions receive;
  std::string wait = "10s";
  bool body_only = false;
};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += concat(text.empty() ? "" : " ", word);
  }
  return text;
}

// Prints messages as they come.
class Printer {
 public:
  Printer(OutputFormat format, bool body_only)
      : format_(format), body_only_(body_only), list_(format, std::cout) {}

  // Fails when they could not be written: nobody has seen them.
  absl::Status show(const std::vector<ReceivedMessage>& messages) {
    for (const ReceivedMessage& message : messages) {
      if (body_only_) {
        std::cout << message.body << '\n';
      } else if (format_ == OutputFormat::kTable) {
        table_.add({message.message_id, printable(message.tag, kShownBodyMax),
                    printable(joined(message.keys), kShownBodyMax), message.broker,
                    concat(message.queue_id), concat(message.offset), concat(message.attempt),
                    printable(message.body, kShownBodyMax)});
      } else {
        list_.add(to_json(message));
      }
    }
    if (!table_.empty()) {
      table_.flush(std::cout);
    }
    std::cout.flush();
    return std::cout ? absl::OkStatus()
                     : absl::InternalError(
                           "cannot write the messages, so the last ones are not acknowledged");
  }

  void finish() {
    if (!body_only_ && format_ != OutputFormat::kTable) {
      list_.finish();
    }
    std::cout.flush();
  }

 private:
  static ordered_json to_json(const ReceivedMessage& message) {
    ordered_json json = {{"messageId", message.message_id},
                         {"topic", message.topic},
                         {"tag", message.tag},
                         {"keys", message.keys},
                         {"properties", message.properties},
                         {"broker", message.broker},
                         {"address", message.address},
                         {"queueId", message.queue_id},
                         {"queueOffset", message.offset},
                         {"attempt", message.attempt},
                         {"bornMs", message.born_ms}};
    put_body(message.body, json);
    return json;
  }

  const OutputFormat format_;
  const bool body_only_;
  Table table_{{"MESSAGE ID", "TAG", "KEYS", "BROKER", "QUEUE", "OFFSET", "TRY", "BODY"}};
  ListPrinter list_;
};

// Brokers that are away may have what did not come; routes do not name them.
int conclude_short(const Globals& globals, const Client& client) {
  if (client.is_partial()) {
    return kPartial;
  }
  const absl::StatusOr<Brokers> brokers = Brokers::find(globals);
  return brokers.ok() && brokers->conclude() == kPartial ? kPartial : kNotThere;
}

absl::StatusOr<int> receive(const Globals& globals, Options options) {
  // A reader that has gone, as head does, is told by the stream; what it did not see is given back.
  const SigpipeGuard no_sigpipe;
  PETREL_ASSIGN_OR_RETURN(options.receive.wait_ms, parse_duration_ms(options.wait));
  PETREL_ASSIGN_OR_RETURN(std::vector<ops::Connection> points, access_points(globals));
  Client client(std::move(points), tell_silence);
  Printer printer(globals.output, options.body_only);
  const absl::StatusOr<size_t> shown = client.receive(
      options.receive,
      [&](const std::vector<ReceivedMessage>& messages) { return printer.show(messages); });
  printer.finish();
  PETREL_RETURN_IF_ERROR(shown.status());
  if (*shown < options.receive.count) {
    std::cerr << "petrelctl: " << *shown << " of " << options.receive.count
              << " messages came within " << options.wait << '\n';
    return conclude_short(globals, client);
  }
  if (globals.output == OutputFormat::kTable && !options.body_only) {
    std::cout << "received " << *shown
              << (options.receive.acknowledge ? " and acknowledged them\n" : "\n");
  }
  return client.is_partial() ? kPartial : kOk;
}

}  // namespace

void add_receive(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("receive", "Receive messages as a consumer group, and acknowledge them");
  command->add_option("--topic", options->receive.topic, "Topic to receive from")
      ->required()
      ->check(topic_name());
  command->add_option("--group", options->receive.group, "Consumer group to receive as")
      ->required()
      ->check(group_name());
  command->add_option("--count", options->receive.count, "How many messages to receive")
      ->check(CLI::Range(size_t{1}, size_t{100'000}))
      ->capture_default_str();
  command->add_option("--wait", options->wait, "How long to wait for them")
      ->check(duration())
      ->capture_default_str();
  command
      ->add_option("--tag", options->receive.tags,
                   "Only messages with this tag, or with one of several: 'a || b'")
      ->capture_default_str();
  command->add_flag("!--no-ack", options->receive.acknowledge,
                    "Leave the messages to be delivered again after 30 s");
  command->add_flag("--body-only", options->body_only, "Print bodies and nothing else");
  command->footer(
      "Messages are acknowledged as they are printed. Ends with 3 when fewer than --count came in "
      "time,\nwith 4 when a broker did not answer and others were received from.\n\n"
      "Examples:\n"
      "  petrelctl receive --topic orders --group billing\n"
      "  petrelctl receive --topic orders --group audit --count 100 --wait 1m --body-only\n"
      "  petrelctl -o json receive --topic orders --group debug --no-ack");
  command->callback([&invocation, options] {
    invocation.command = [&invocation, options] { return receive(invocation.globals, *options); };
  });
}

}  // namespace petrel::cli
