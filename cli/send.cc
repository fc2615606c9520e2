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
#include "common/file_util.h"
#include "common/status.h"

namespace petrel::cli {

namespace {

using nlohmann::ordered_json;

struct SendOptions {
  std::string topic;
  std::string body;
  bool has_body = false;
  std::string file;
  std::string tag;
  std::vector<std::string> keys;
  std::vector<std::string> properties;
  size_t count = 1;
};

constexpr size_t kBatchMax = 32;
// Several messages share a request, but not beyond what every server takes in one.
constexpr size_t kBatchBytesMax = 1 << 20;
constexpr int64_t kBodyFileBytesMax = 64 << 20;
// A longer list tells a person nothing.
constexpr size_t kShownMax = 20;

// Lines of standard input, of which there may be many. A request goes to one queue, so few messages
// spread better over brokers and queues one by one.
bool is_stream(const SendOptions& options) { return !options.has_body && options.file.empty(); }

// Collects messages into requests and sends these.
class Sender {
 public:
  Sender(std::vector<ops::Connection> access_points, const SendOptions& options)
      : client_(std::move(access_points), tell_silence),
        topic_(options.topic),
        batch_max_(is_stream(options) ? kBatchMax : 1) {}

  absl::Status add(OutgoingMessage message) {
    batch_bytes_ += message.body.size();
    batch_.push_back(std::move(message));
    return batch_.size() >= batch_max_ || batch_bytes_ >= kBatchBytesMax ? flush()
                                                                         : absl::OkStatus();
  }

  absl::Status flush() {
    if (batch_.empty()) {
      return absl::OkStatus();
    }
    PETREL_ASSIGN_OR_RETURN(const std::vector<SentMessage> sent, client_.send(topic_, batch_));
    sent_.insert(sent_.end(), sent.begin(), sent.end());
    batch_.clear();
    batch_bytes_ = 0;
    return absl::OkStatus();
  }

  const std::vector<SentMessage>& sent() const { return sent_; }
  bool is_partial() const { return client_.is_partial(); }

 private:
  Client client_;
  const std::string topic_;
  const size_t batch_max_;
  std::vector<OutgoingMessage> batch_;
  size_t batch_bytes_ = 0;
  std::vector<SentMessage> sent_;
};

absl::StatusOr<OutgoingMessage> message_template(const SendOptions& options) {
  OutgoingMessage message;
  message.body = options.body;
  message.tag = options.tag;
  message.keys = options.keys;
  for (const std::string& property : options.properties) {
    const size_t equals = property.find('=');
    message.properties[property.substr(0, equals)] = property.substr(equals + 1);
  }
  if (!options.file.empty()) {
    PETREL_ASSIGN_OR_RETURN(message.body, read_file(options.file, kBodyFileBytesMax));
  }
  return message;
}

void print_sent(const std::string& topic, const std::vector<SentMessage>& sent,
                OutputFormat format) {
  if (format != OutputFormat::kTable) {
    ordered_json list = ordered_json::array();
    for (const SentMessage& message : sent) {
      list.push_back({{"messageId", message.message_id},
                      {"broker", message.broker},
                      {"address", message.address},
                      {"queueOffset", message.offset}});  // in which queue no answer says
    }
    print_value(list, format, std::cout);
    return;
  }
  Table table({"MESSAGE ID", "BROKER"});
  for (size_t i = 0; i < std::min(sent.size(), kShownMax); ++i) {
    table.add({sent[i].message_id, sent[i].broker});
  }
  if (!table.empty()) {
    table.print(std::cout);
  }
  if (sent.size() > kShownMax) {
    std::cout << "and " << sent.size() - kShownMax << " more; -o json shows all\n";
  }
  std::cout << "sent " << sent.size() << (sent.size() == 1 ? " message" : " messages") << " to "
            << topic << '\n';
}

absl::StatusOr<int> send(const Globals& globals, const SendOptions& options) {
  PETREL_ASSIGN_OR_RETURN(const OutgoingMessage message, message_template(options));
  PETREL_ASSIGN_OR_RETURN(std::vector<ops::Connection> points, access_points(globals));
  Sender sender(std::move(points), options);
  absl::Status status;
  if (!is_stream(options)) {
    for (size_t i = 0; i < options.count && status.ok(); ++i) {
      status = sender.add(message);
    }
  } else {
    OutgoingMessage line = message;
    while (status.ok() && std::getline(std::cin, line.body)) {
      for (size_t i = 0; i < options.count && status.ok(); ++i) {
        status = sender.add(line);
      }
    }
  }
  if (status.ok()) {
    status = sender.flush();
  }
  if (status.ok() || !sender.sent().empty()) {
    print_sent(options.topic, sender.sent(), globals.output);
  }
  PETREL_RETURN_IF_ERROR(status);
  return sender.is_partial() ? kPartial : kOk;
}

}  // namespace

void add_send(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<SendOptions>();
  CLI::App* command =
      app.add_subcommand("send", "Send messages: a text, a file, or each line of standard input");
  command->add_option("--topic", options->topic, "Topic to send to")
      ->required()
      ->check(topic_name());
  CLI::Option* body = command->add_option("--body", options->body, "Text of the message");
  command->add_option("--file", options->file, "File whose bytes are the message")
      ->check(CLI::ExistingFile)
      ->excludes(body);
  command->add_option("--tag", options->tag, "Tag that receivers may filter by")->check(tag());
  command->add_option("--key", options->keys, "Key of the message; may be given several times")
      ->check(not_blank());
  command
      ->add_option("--property", options->properties,
                   "NAME=VALUE, a property of the message; may be given several times")
      ->check(name_and_value());
  command->add_option("--count", options->count, "How many times each message is sent")
      ->check(CLI::Range(size_t{1}, size_t{1'000'000}))
      ->capture_default_str();
  command->footer(
      "Ends with 4 when a broker did not answer and others took the messages.\n\n"
      "Examples:\n"
      "  petrelctl send --topic orders --body 'hello' --tag greeting\n"
      "  petrelctl send --topic orders --file order.json --key 4711 --property region=eu\n"
      "  seq 1000 | petrelctl send --topic orders");
  command->callback([&invocation, options, body] {
    options->has_body = body->count() > 0;
    invocation.command = [&invocation, options] { return send(invocation.globals, *options); };
  });
}

}  // namespace petrel::cli
