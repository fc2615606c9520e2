// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>

#include "cli/command.h"
#include "cli/target.h"
#include "common/clock.h"
#include "common/concat.h"
#include "common/status.h"
#include "common/units.h"
#include "operator/resources/documents.h"

namespace petrel::cli {

namespace {

using nlohmann::ordered_json;
namespace admin = petrel::admin::v1;

struct TopicOptions {
  std::vector<std::string> names;
  std::vector<std::string> files;
  bool system = false;
  ops::TopicSettings settings;
  std::string retention;
};

// What the brokers say of one topic.
struct TopicView {
  admin::TopicSpec spec;
  bool differs = false;                                                  // between brokers
  std::map<std::string, std::vector<admin::TopicStatus::Queue>> queues;  // by broker address

  admin::TopicStatus::Totals totals() const {
    admin::TopicStatus::Totals sum;
    for (const auto& [broker, list] : queues) {
      for (const admin::TopicStatus::Queue& queue : list) {
        sum.set_messages(sum.messages() + queue.max_offset() - queue.min_offset());
        sum.set_size_bytes(sum.size_bytes() + queue.size_bytes());
        sum.set_last_written_ms(std::max(sum.last_written_ms(), queue.last_written_ms()));
        const int64_t oldest_ms = queue.oldest_message_ms();
        if (oldest_ms != 0 &&
            (sum.oldest_message_ms() == 0 || oldest_ms < sum.oldest_message_ms())) {
          sum.set_oldest_message_ms(oldest_ms);
        }
      }
    }
    return sum;
  }
};

// How long ago; "-" when never.
std::string age_of(int64_t time_ms) {
  return time_ms == 0 ? "-" : format_age(SystemClock().wall_ms() - time_ms);
}

// "-" when the log alone decides.
std::string retention_name(int64_t retention_ms) {
  return retention_ms == 0 ? "-" : format_duration_ms(retention_ms);
}

bool same(const admin::TopicSpec& a, const admin::TopicSpec& b) {
  return ops::from_message(a) == ops::from_message(b);
}

absl::StatusOr<std::map<std::string, TopicView>> view_topics(
    const Globals& globals, bool include_system, const std::vector<std::string>& names) {
  PETREL_ASSIGN_OR_RETURN(const auto all, brokers(globals));
  std::map<std::string, TopicView> topics;
  for (const auto& broker : all) {
    PETREL_ASSIGN_OR_RETURN(const auto listed, broker->list_topics(include_system, names));
    for (const admin::TopicStatus& topic : listed.topics()) {
      const auto [view, is_new] = topics.try_emplace(topic.spec().name());
      view->second.differs |= !is_new && !same(view->second.spec, topic.spec());
      if (is_new) {
        view->second.spec = topic.spec();
      }
      view->second.queues[broker->address()] = {topic.queues().begin(), topic.queues().end()};
    }
  }
  return topics;
}

ordered_json to_json(const std::string& name, const TopicView& view) {
  ordered_json queues = ordered_json::array();
  for (const auto& [broker, list] : view.queues) {
    for (const admin::TopicStatus::Queue& queue : list) {
      queues.push_back({{"broker", broker},
                        {"queueId", queue.queue_id()},
                        {"minOffset", queue.min_offset()},
                        {"maxOffset", queue.max_offset()},
                        {"sizeBytes", queue.size_bytes()},
                        {"oldestMessageMs", queue.oldest_message_ms()},
                        {"lastWrittenMs", queue.last_written_ms()}});
    }
  }
  const admin::TopicStatus::Totals totals = view.totals();
  return {{"name", name},
          {"readQueues", view.spec.read_queues()},
          {"writeQueues", view.spec.write_queues()},
          {"permission", permission_name(view.spec.permission())},
          {"messageType", message_type_name(view.spec.message_type())},
          {"retentionMs", view.spec.retention_ms()},
          {"brokers", view.queues.size()},
          {"sameOnAllBrokers", !view.differs},
          {"messages", totals.messages()},
          {"sizeBytes", totals.size_bytes()},
          {"oldestMessageMs", totals.oldest_message_ms()},
          {"lastWrittenMs", totals.last_written_ms()},
          {"queues", std::move(queues)}};
}

absl::StatusOr<int> list(const Globals& globals, const TopicOptions& options) {
  PETREL_ASSIGN_OR_RETURN(const auto topics, view_topics(globals, options.system, {}));
  if (globals.output != OutputFormat::kTable) {
    ordered_json all = ordered_json::array();
    for (const auto& [name, view] : topics) {
      all.push_back(to_json(name, view));
    }
    print_value(all, globals.output, std::cout);
    return kOk;
  }
  Table table({"TOPIC", "BROKERS", "QUEUES", "PERMISSION", "TYPE", "RETENTION", "MESSAGES", "SIZE",
               "OLDEST", "LAST WRITE"});
  for (const auto& [name, view] : topics) {
    const admin::TopicStatus::Totals totals = view.totals();
    table.add({name, concat(view.queues.size()),
               view.differs ? "differ" : concat(view.spec.write_queues()),
               permission_name(view.spec.permission()), message_type_name(view.spec.message_type()),
               retention_name(view.spec.retention_ms()), concat(totals.messages()),
               format_size(totals.size_bytes()), age_of(totals.oldest_message_ms()),
               age_of(totals.last_written_ms())});
  }
  table.print(std::cout);
  return kOk;
}

void print_description(const std::string& name, const TopicView& view) {
  const admin::TopicStatus::Totals totals = view.totals();
  std::cout << "topic " << name << ": " << permission_name(view.spec.permission()) << ", "
            << message_type_name(view.spec.message_type()) << ", ";
  if (view.spec.retention_ms() > 0) {
    std::cout << "retention " << retention_name(view.spec.retention_ms()) << ", ";
  }
  std::cout << totals.messages() << " messages, " << format_size(totals.size_bytes())
            << (view.differs ? ", not the same on all brokers" : "") << "\n\n";
  Table table({"BROKER", "QUEUE", "FIRST", "NEXT", "MESSAGES", "SIZE", "OLDEST", "LAST WRITE"});
  for (const auto& [broker, queues] : view.queues) {
    for (const admin::TopicStatus::Queue& queue : queues) {
      table.add({broker, concat(queue.queue_id()), concat(queue.min_offset()),
                 concat(queue.max_offset()), concat(queue.max_offset() - queue.min_offset()),
                 format_size(queue.size_bytes()), age_of(queue.oldest_message_ms()),
                 age_of(queue.last_written_ms())});
    }
  }
  table.print(std::cout);
}

absl::StatusOr<int> describe(const Globals& globals, const TopicOptions& options) {
  PETREL_ASSIGN_OR_RETURN(const auto topics, view_topics(globals, true, options.names));
  const std::string& name = options.names.front();
  const auto found = topics.find(name);
  if (found == topics.end()) {
    return absl::NotFoundError(concat("there is no topic ", name, "; see petrelctl topic list"));
  }
  if (globals.output == OutputFormat::kTable) {
    print_description(name, found->second);
  } else {
    print_value(to_json(name, found->second), globals.output, std::cout);
  }
  return kOk;
}

// Says which topics ask for more than the broker's log keeps.
absl::Status warn_of_retention(ops::BrokerAdmin& broker,
                               const std::vector<ops::TopicSettings>& topics) {
  const bool any = std::any_of(topics.begin(), topics.end(),
                               [](const auto& topic) { return topic.retention_ms > 0; });
  if (!any) {
    return absl::OkStatus();
  }
  PETREL_ASSIGN_OR_RETURN(const auto described, broker.describe());
  const int64_t of_log_ms = described.log_retention_ms();
  for (const ops::TopicSettings& topic : topics) {
    if (topic.retention_ms <= of_log_ms || of_log_ms == 0) {
      continue;
    }
    std::cerr << "petrelctl: topic " << topic.name << ": the log of " << broker.address()
              << " keeps messages for " << format_duration_ms(of_log_ms)
              << " only (store.file-reserved-time)\n";
  }
  return absl::OkStatus();
}

absl::StatusOr<int> apply_all(const Globals& globals,
                              const std::vector<ops::TopicSettings>& topics) {
  PETREL_ASSIGN_OR_RETURN(const auto all, brokers(globals));
  bool changed = false;
  for (const auto& broker : all) {
    PETREL_ASSIGN_OR_RETURN(const auto names, broker->apply_topics(topics));
    for (const std::string& name : names) {
      changed = true;
      std::cout << "topic " << name << " applied on " << broker->address() << '\n';
    }
    PETREL_RETURN_IF_ERROR(warn_of_retention(*broker, topics));
  }
  if (!changed) {
    std::cout << "nothing to do: all is there already\n";
  }
  return kOk;
}

absl::StatusOr<int> apply(const Globals& globals, const TopicOptions& options) {
  PETREL_ASSIGN_OR_RETURN(const auto resources, ops::read_documents(options.files));
  std::vector<ops::TopicSettings> topics;
  for (const ops::Resource& resource : resources) {
    if (resource.kind != "PetrelTopic") {
      return absl::InvalidArgumentError(
          concat(resource.declared_at, ": ", resource.id(),
                 ": topic apply takes documents of kind PetrelTopic; for all kinds use petrelctl "
                 "up"));
    }
    topics.push_back(ops::topic_spec(resource).settings);
  }
  return apply_all(globals, topics);
}

absl::StatusOr<int> create(const Globals& globals, const TopicOptions& options) {
  ops::TopicSettings settings = options.settings;
  if (!options.retention.empty()) {
    PETREL_ASSIGN_OR_RETURN(settings.retention_ms, parse_duration_ms(options.retention));
  }
  std::vector<ops::TopicSettings> topics;
  for (const std::string& name : options.names) {
    topics.push_back(settings);
    topics.back().name = name;
    topics.back().write_queues = options.settings.read_queues;
  }
  return apply_all(globals, topics);
}

absl::StatusOr<int> remove(const Globals& globals, const TopicOptions& options) {
  PETREL_ASSIGN_OR_RETURN(const auto all, brokers(globals));
  std::vector<std::string> missing = options.names;
  for (const auto& broker : all) {
    PETREL_ASSIGN_OR_RETURN(const auto deleted, broker->delete_topics(options.names));
    for (const std::string& name : deleted) {
      std::cout << "topic " << name << " deleted on " << broker->address() << '\n';
      std::erase(missing, name);
    }
  }
  if (!missing.empty()) {
    return absl::NotFoundError(
        concat("there is no topic ", missing.front(), "; see petrelctl topic list"));
  }
  return kOk;
}

using TopicFunction = absl::StatusOr<int> (*)(const Globals&, const TopicOptions&);

CLI::App* add(CLI::App* parent, const std::string& name, const std::string& description,
              Invocation& invocation, const std::shared_ptr<TopicOptions>& options,
              TopicFunction function) {
  CLI::App* command = parent->add_subcommand(name, description);
  command->callback([&invocation, options, function] {
    invocation.command = [&invocation, options, function] {
      return function(invocation.globals, *options);
    };
  });
  return command;
}

void add_create(CLI::App* topic, Invocation& invocation,
                const std::shared_ptr<TopicOptions>& options) {
  CLI::App* command = add(topic, "create", "Create topics, or change existing ones, on all brokers",
                          invocation, options, create);
  command->add_option("NAME", options->names, "Names of the topics")->required();
  command->add_option("--queues", options->settings.read_queues, "Queues on each broker")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  const std::map<std::string, int32_t> permissions = {
      {"ReadWrite", 6}, {"ReadOnly", 4}, {"WriteOnly", 2}};
  command
      ->add_option("--permission", options->settings.permission,
                   "ReadWrite, ReadOnly or WriteOnly (default: ReadWrite)")
      ->transform(CLI::CheckedTransformer(permissions, CLI::ignore_case).description(""));
  command->add_option("--retention", options->retention,
                      "How long messages are kept, such as 1h or 30m (default: as long as the "
                      "brokers' logs keep them, which is also the most)");
}

}  // namespace

void add_topic(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<TopicOptions>();
  CLI::App* topic = app.add_subcommand("topic", "List, describe, create, change and delete topics");
  topic->require_subcommand(1);
  add(topic, "list", "List topics", invocation, options, list)
      ->add_flag("--system", options->system, "Also those of the brokers themselves");
  add(topic, "describe", "Show a topic and its queues", invocation, options, describe)
      ->add_option("NAME", options->names, "Name of the topic")
      ->required()
      ->expected(1);
  add(topic, "apply", "Create or change the topics that files declare", invocation, options, apply)
      ->add_option("-f,--file", options->files, "File with PetrelTopic documents, - for stdin")
      ->required();
  add_create(topic, invocation, options);
  add(topic, "delete", "Delete topics and their messages on all brokers", invocation, options,
      remove)
      ->add_option("NAME", options->names, "Names of the topics")
      ->required();
  topic->footer(
      "What is declared and applied with petrelctl up is as declared again after the next up.\n\n"
      "Examples:\n"
      "  petrelctl topic list\n"
      "  petrelctl topic create orders payments --queues 4\n"
      "  petrelctl topic create clicks --retention 1h\n"
      "  petrelctl -o yaml topic describe orders");
}

}  // namespace petrel::cli
