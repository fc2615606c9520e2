// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>

#include "cli/command.h"
#include "cli/topic_change.h"
#include "cli/topic_view.h"
#include "cli/validators.h"
#include "common/clock.h"
#include "common/concat.h"
#include "common/status.h"
#include "common/units.h"

namespace petrel::cli {

namespace {

using nlohmann::ordered_json;
namespace admin = petrel::admin::v1;

struct TopicOptions {
  std::vector<std::string> names;
  std::vector<std::string> files;
  bool system = false;
  bool yes = false;
  TopicChange change;
};

// "2", or "1, missing on broker-1".
std::string brokers_text(const TopicView& view) {
  const std::string missing = missing_text(view.missing_on);
  return concat(view.on.size(), missing.empty() ? "" : ", ", missing);
}

// How long ago; "-" when never.
std::string age_of(int64_t time_ms) {
  return time_ms == 0 ? "-" : format_age(SystemClock().wall_ms() - time_ms);
}

// "-" when the log alone decides.
std::string retention_name(int64_t retention_ms) {
  return retention_ms == 0 ? "-" : format_duration_ms(retention_ms);
}

// "8", or "8 write, 16 read".
std::string queues_text(int64_t write, int64_t read) {
  return write == read ? concat(write) : concat(write, " write, ", read, " read");
}

std::string per_broker(const TopicView& view) {
  return view.differs() ? "differ"
                        : queues_text(view.spec().write_queues(), view.spec().read_queues());
}

absl::StatusOr<int> list(const Globals& globals, const TopicOptions& options) {
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  PETREL_ASSIGN_OR_RETURN(const TopicViews topics, view_topics(brokers, options.system, {}));
  if (globals.output != OutputFormat::kTable) {
    ordered_json all = ordered_json::array();
    for (const auto& [name, view] : topics) {
      all.push_back(to_json(name, view));
    }
    print_value(all, globals.output, std::cout);
    return brokers.conclude();
  }
  Table table({"TOPIC", "BROKERS", "QUEUES", "PER BROKER", "PERMISSION", "TYPE", "RETENTION",
               "MESSAGES", "SIZE", "OLDEST", "LAST WRITE"});
  for (const auto& [name, view] : topics) {
    const admin::TopicStatus::Totals totals = view.totals();
    table.add({name, brokers_text(view), queues_text(view.write_queues(), view.read_queues()),
               per_broker(view), permission_name(view.spec().permission()),
               message_type_name(view.spec().message_type()),
               retention_name(view.spec().retention_ms()), concat(totals.messages()),
               format_size(totals.size_bytes()), age_of(totals.oldest_message_ms()),
               age_of(totals.last_written_ms())});
  }
  table.print(std::cout);
  brokers.tell_partial(std::cout);
  return brokers.conclude();
}

void print_description(const std::string& name, const TopicView& view) {
  const admin::TopicStatus::Totals totals = view.totals();
  std::cout << "topic " << name << ": " << queues_text(view.write_queues(), view.read_queues())
            << " queues (per broker: " << per_broker(view) << "), "
            << permission_name(view.spec().permission()) << ", "
            << message_type_name(view.spec().message_type()) << ", ";
  if (view.spec().retention_ms() > 0) {
    std::cout << "retention " << retention_name(view.spec().retention_ms()) << ", ";
  }
  std::cout << totals.messages() << " messages, " << format_size(totals.size_bytes())
            << (view.differs() ? ", not the same on all brokers" : "")
            << (view.missing_on.empty() ? "" : ", ") << missing_text(view.missing_on) << "\n\n";
  Table table({"BROKER", "QUEUE", "FIRST", "NEXT", "MESSAGES", "SIZE", "OLDEST", "LAST WRITE"});
  for (const TopicView::OnBroker& each : view.on) {
    for (const admin::TopicStatus::Queue& queue : each.status.queues()) {
      table.add({each.broker->name, concat(queue.queue_id()), concat(queue.min_offset()),
                 concat(queue.max_offset()), concat(queue.max_offset() - queue.min_offset()),
                 format_size(queue.size_bytes()), age_of(queue.oldest_message_ms()),
                 age_of(queue.last_written_ms())});
    }
  }
  table.print(std::cout);
}

absl::StatusOr<int> describe(const Globals& globals, const TopicOptions& options) {
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  PETREL_ASSIGN_OR_RETURN(const TopicViews topics, view_topics(brokers, true, options.names));
  const std::string& name = options.names.front();
  const auto found = topics.find(name);
  if (found == topics.end()) {
    return not_found(brokers, "topic", name);
  }
  if (globals.output == OutputFormat::kTable) {
    print_description(name, found->second);
    brokers.tell_partial(std::cout);
  } else {
    print_value(to_json(name, found->second), globals.output, std::cout);
  }
  return brokers.conclude();
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

CLI::Option* add_names(CLI::App* command, const std::shared_ptr<TopicOptions>& options) {
  return command->add_option("NAME", options->names, "Names of the topics")->required();
}

// Those that create and alter share.
void add_settings(CLI::App* command, const std::shared_ptr<TopicOptions>& options) {
  const std::map<std::string, int32_t> permissions = {
      {"ReadWrite", 6}, {"ReadOnly", 4}, {"WriteOnly", 2}};
  command
      ->add_option("--permission", options->change.permission,
                   "ReadWrite, ReadOnly or WriteOnly (of a new topic: ReadWrite)")
      ->transform(one_of(permissions));
  command
      ->add_option(
          "--retention", options->change.retention,
          "How long messages are kept, such as 1h or 30m; 0, as of a new topic: as long as "
          "the brokers' logs keep them, which is also the most")
      ->check(duration());
}

void add_queues(CLI::App* command, const std::string& name, std::optional<int32_t>& queues,
                const std::string& description) {
  command->add_option(name, queues, description)->check(CLI::Range(1, 1024));
}

void add_read_and_write_queues(CLI::App* command, const std::shared_ptr<TopicOptions>& options) {
  add_queues(command, "--read-queues", options->change.read_queues,
             "Queues on each broker that are received from");
  add_queues(command, "--write-queues", options->change.write_queues,
             "Queues on each broker that are sent to, at most as many");
}

void add_create(CLI::App* topic, Invocation& invocation,
                const std::shared_ptr<TopicOptions>& options) {
  CLI::App* command = add(topic, "create", "Create topics on all brokers", invocation, options,
                          [](const Globals& globals, const TopicOptions& chosen) {
                            return create_topics(globals, chosen.names, chosen.change);
                          });
  add_names(command, options)->check(topic_name());
  add_queues(command, "--queues", options->change.queues, "Queues on each broker (default: 8)");
  add_read_and_write_queues(command, options);
  add_settings(command, options);
  command->footer(
      "Refuses what exists: petrelctl topic alter changes it. If only some brokers could be\n"
      "reached, the same command brings the topic to the others later.\n\n"
      "Examples:\n"
      "  petrelctl topic create refunds invoices --queues 4\n"
      "  petrelctl topic create clicks --retention 1h");
}

void add_alter(CLI::App* topic, Invocation& invocation,
               const std::shared_ptr<TopicOptions>& options) {
  CLI::App* command =
      add(topic, "alter", "Change what is named of topics, on all brokers", invocation, options,
          [](const Globals& globals, const TopicOptions& chosen) -> absl::StatusOr<int> {
            if (chosen.change.names_nothing()) {
              std::cerr << "petrelctl: topic alter needs an option that says what to change\n";
              return kUsage;
            }
            return alter_topics(globals, chosen.names, chosen.change, chosen.yes);
          });
  add_names(command, options);
  add_queues(command, "--queues", options->change.queues, "Queues on each broker");
  add_read_and_write_queues(command, options);
  add_settings(command, options);
  command->add_flag("--yes", options->yes, "Also if messages are lost that were not acknowledged");
  command->footer(
      "Everything else stays as it is. A change that hides or deletes messages says so, and "
      "asks.\n\n"
      "Examples:\n"
      "  petrelctl topic alter payments --queues 16\n"
      "  petrelctl topic alter payments --permission ReadOnly\n"
      "  petrelctl topic alter payments --retention 12h --permission ReadWrite");
}

void add_apply(CLI::App* topic, Invocation& invocation,
               const std::shared_ptr<TopicOptions>& options) {
  CLI::App* command = add(topic, "apply", "Create or change the topics that files declare",
                          invocation, options, [](const Globals& globals, const TopicOptions& o) {
                            return apply_topics(globals, o.files, o.yes);
                          });
  command->add_option("-f,--file", options->files, "File with PetrelTopic documents, - for stdin")
      ->required();
  command->add_flag("--yes", options->yes, "Also if messages are lost that were not acknowledged");
}

void add_delete(CLI::App* topic, Invocation& invocation,
                const std::shared_ptr<TopicOptions>& options) {
  CLI::App* command = add(topic, "delete", "Delete topics and their messages on all brokers",
                          invocation, options, [](const Globals& globals, const TopicOptions& o) {
                            return delete_topics(globals, o.names, o.yes);
                          });
  add_names(command, options);
  command->add_flag("--yes", options->yes, "Also those with messages that were not acknowledged");
  command->footer(
      "Examples:\n"
      "  petrelctl topic delete payments\n"
      "  petrelctl topic delete orders --yes");
}

}  // namespace

void add_topic(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<TopicOptions>();
  CLI::App* topic = app.add_subcommand("topic", "List, describe, create, change and delete topics");
  topic->require_subcommand(1);
  add(topic, "list", "List topics", invocation, options, list)
      ->add_flag("--system", options->system, "Also those of the brokers themselves");
  // Not checked: those of the brokers themselves are shown, too.
  add(topic, "describe", "Show a topic and its queues", invocation, options, describe)
      ->add_option("NAME", options->names, "Name of the topic")
      ->required()
      ->expected(1);
  add_create(topic, invocation, options);
  add_alter(topic, invocation, options);
  add_apply(topic, invocation, options);
  add_delete(topic, invocation, options);
  topic->footer(
      "What is declared and applied with petrelctl up is as declared again after the next up.\n\n"
      "Examples:\n"
      "  petrelctl topic list\n"
      "  petrelctl -o yaml topic describe orders");
}

}  // namespace petrel::cli
