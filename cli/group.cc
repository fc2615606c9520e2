// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/group_change.h"
#include "cli/group_view.h"
#include "cli/point_in_time.h"
#include "cli/validators.h"
#include "common/clock.h"
#include "common/concat.h"
#include "common/status.h"
#include "common/units.h"
#include "operator/resources/consume_from.h"

namespace petrel::cli {

namespace {

using nlohmann::ordered_json;

// What the columns of that name count.
constexpr char kColumns[] =
    "LAG counts messages that were not delivered yet, also of brokers that the group never\n"
    "received from. \"not begun\" stands where it would begin, \"at most\" where only its first\n"
    "receive finds that out; - where it has not received from any topic. IN FLIGHT counts "
    "deliveries that are not acknowledged, also those whose time\n"
    "is over, which come again with a next receive.\n\n";

struct GroupOptions {
  std::vector<std::string> names;
  bool yes = false;
  GroupChange change;
};

std::string backoff_text(const ops::GroupSettings& settings) {
  std::string text;
  for (const int64_t delay_ms : settings.backoff_ms) {
    text += concat(text.empty() ? "" : ",", format_duration_ms(delay_ms));
  }
  return text.empty() ? "default" : text;
}

absl::StatusOr<int> list(const Globals& globals, const GroupOptions&) {
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  PETREL_ASSIGN_OR_RETURN(const GroupViews groups, view_groups(brokers, {}));
  if (globals.output != OutputFormat::kTable) {
    ordered_json all = ordered_json::array();
    for (const auto& [name, view] : groups) {
      all.push_back(to_json(name, view));
    }
    print_value(all, globals.output, std::cout);
    return brokers.conclude();
  }
  Table table({"GROUP", "BROKERS", "CONSUME", "CLIENTS", "TOPICS", "LAG", "IN FLIGHT"});
  for (const auto& [name, view] : groups) {
    const GroupView::Totals totals = view.totals();
    const std::string missing = missing_text(view.missing_on);
    table.add({name, concat(view.on.size(), missing.empty() ? "" : ", ", missing),
               view.settings().consume_enabled ? "enabled" : "disabled", concat(view.clients()),
               concat(view.by_topic().size()), lag_text(view), concat(totals.in_flight)});
  }
  table.print(std::cout);
  brokers.tell_partial(std::cout);
  return brokers.conclude();
}

void print_description(const std::string& name, const GroupView& view) {
  const ops::GroupSettings settings = view.settings();
  const std::string from = ops::consume_from_text(settings.consume_from);
  std::cout << "consumer group " << name << ": consumption "
            << (settings.consume_enabled ? "enabled" : "disabled") << ", at most "
            << settings.attempts_max << " deliveries, backoff " << backoff_text(settings)
            << ", consume from " << (from.empty() ? "undeclared (made on first use)" : from) << ", "
            << view.clients() << " clients"
            << (view.differs() ? ", not the same on all brokers" : "")
            << (view.missing_on.empty() ? "" : ", ") << missing_text(view.missing_on) << "\n\n";
  Table topics({"TOPIC", "LAG", "IN FLIGHT"});
  for (const auto& [topic, totals] : view.by_topic()) {
    topics.add({topic, lag_text(totals.lag, totals.lag_at_most), concat(totals.in_flight)});
  }
  if (topics.empty()) {
    std::cout << "It has not received from any topic.\n";
    return;
  }
  topics.print(std::cout);
  Table queues({"TOPIC", "BROKER", "QUEUE", "NEXT", "LAG", "IN FLIGHT"});
  const ordered_json described = to_json(name, view);
  for (const ordered_json& subscription : described["subscriptions"]) {
    for (const ordered_json& queue : subscription["queues"]) {
      const bool at_most = queue["lagAtMost"];
      queues.add({subscription["topic"], queue["broker"], queue["queueId"].dump(),
                  concat(queue["nextOffset"].dump(), at_most ? " or later" : "",
                         queue["begun"].get<bool>() ? "" : ", not begun"),
                  lag_text(queue["lag"], at_most), queue["inFlight"].dump()});
    }
  }
  if (!queues.empty()) {
    std::cout << '\n';
    queues.print(std::cout);
  }
}

absl::StatusOr<int> describe(const Globals& globals, const GroupOptions& options) {
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  PETREL_ASSIGN_OR_RETURN(const GroupViews groups, view_groups(brokers, options.names));
  const std::string& name = options.names.front();
  const auto found = groups.find(name);
  if (found == groups.end()) {
    return not_found(brokers, "group", name);
  }
  if (globals.output == OutputFormat::kTable) {
    print_description(name, found->second);
    brokers.tell_partial(std::cout);
  } else {
    print_value(to_json(name, found->second), globals.output, std::cout);
  }
  return brokers.conclude();
}

using GroupFunction = absl::StatusOr<int> (*)(const Globals&, const GroupOptions&);

CLI::App* add(CLI::App* parent, const std::string& name, const std::string& description,
              Invocation& invocation, const std::shared_ptr<GroupOptions>& options,
              GroupFunction function) {
  CLI::App* command = parent->add_subcommand(name, description);
  command->callback([&invocation, options, function] {
    invocation.command = [&invocation, options, function] {
      return function(invocation.globals, *options);
    };
  });
  return command;
}

CLI::Option* add_names(CLI::App* command, const std::shared_ptr<GroupOptions>& options) {
  return command->add_option("NAME", options->names, "Names of the groups")->required();
}

void add_consume_from(CLI::App* command, const std::shared_ptr<GroupOptions>& options,
                      const std::string& description) {
  command
      ->add_option_function<std::string>(
          "--consume-from",
          [options](const std::string& text) {
            options->change.consume_from = parse_group_begin(text, SystemClock().wall_ms()).value();
          },
          concat(description, ". A time: ", kTimeForms))
      ->check(consume_from());
}

void add_attempts(CLI::App* command, const std::shared_ptr<GroupOptions>& options) {
  command
      ->add_option("--max-attempts", options->change.attempts_max,
                   "Deliveries of a message before it moves to the dead letter queue (17)")
      ->check(CLI::Range(1, 10'000));
}

void add_create(CLI::App* group, Invocation& invocation,
                const std::shared_ptr<GroupOptions>& options) {
  CLI::App* command = add(group, "create", "Create consumer groups on all brokers", invocation,
                          options, [](const Globals& globals, const GroupOptions& chosen) {
                            return create_groups(globals, chosen.names, chosen.change);
                          });
  add_names(command, options)->check(group_name());
  command->add_flag_callback(
      "--disabled", [options] { options->change.consume_enabled = false; },
      "Refuse all receives of the group");
  add_attempts(command, options);
  command
      ->add_option("--backoff", options->change.backoff,
                   "Waits before redelivery 1, 2, ...: 10s,1m (default: RocketMQ's ladder)")
      ->check(durations());
  add_consume_from(command, options,
                   "Where it begins in a topic: First with the first message, Last with what is "
                   "sent from now on, a time with what was stored since (default: Last)");
  command->footer(
      "Refuses what exists, also because a consumer has used it: petrelctl group alter changes "
      "it.\n\n"
      "Examples:\n"
      "  petrelctl group create shipping --backoff 10s,1m,10m\n"
      "  petrelctl group create replays --consume-from First\n"
      "  petrelctl group create later --disabled");
}

void add_alter(CLI::App* group, Invocation& invocation,
               const std::shared_ptr<GroupOptions>& options) {
  CLI::App* command =
      add(group, "alter", "Change what is named of consumer groups, on all brokers", invocation,
          options, [](const Globals& globals, const GroupOptions& chosen) -> absl::StatusOr<int> {
            if (chosen.change.names_nothing()) {
              std::cerr << "petrelctl: group alter needs an option that says what to change\n";
              return kUsage;
            }
            return alter_groups(globals, chosen.names, chosen.change);
          });
  add_names(command, options);
  CLI::Option* disabled = command->add_flag_callback(
      "--disabled", [options] { options->change.consume_enabled = false; },
      "Refuse all receives of the group");
  command
      ->add_flag_callback(
          "--enabled", [options] { options->change.consume_enabled = true; },
          "Allow receives of the group again")
      ->excludes(disabled);
  add_attempts(command, options);
  command
      ->add_option("--backoff", options->change.backoff,
                   "Waits before redelivery 1, 2, ...: 10s,1m; default: RocketMQ's ladder")
      ->check(durations_or_default());
  add_consume_from(command, options,
                   "Where it begins in topics that it has not received from: First, Last (from "
                   "now on) or a time; moves nothing that has begun");
  command->footer(
      "Everything else stays as it is.\n\n"
      "Examples:\n"
      "  petrelctl group alter billing --backoff 5s,30s,5m\n"
      "  petrelctl group alter billing --backoff default --disabled\n"
      "  petrelctl group alter billing --enabled");
}

}  // namespace

void add_group(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<GroupOptions>();
  CLI::App* group =
      app.add_subcommand("group", "List, describe, create, change and delete consumer groups");
  group->require_subcommand(1);
  add(group, "list", "List consumer groups with their lag", invocation, options, list);
  add(group, "describe", "Show a consumer group and its lag by topic and queue", invocation,
      options, describe)
      ->add_option("NAME", options->names, "Name of the group")
      ->required()
      ->expected(1);
  add_create(group, invocation, options);
  add_alter(group, invocation, options);
  CLI::App* removed =
      add(group, "delete", "Delete consumer groups and their progress on all brokers", invocation,
          options, [](const Globals& globals, const GroupOptions& chosen) {
            return delete_groups(globals, chosen.names, chosen.yes);
          });
  add_names(removed, options);
  removed->add_flag("--yes", options->yes, "Also those that have not acknowledged all messages");
  group->footer(concat(kColumns,
                       "Examples:\n"
                       "  petrelctl group list\n"
                       "  petrelctl -o json group describe billing"));
}

}  // namespace petrel::cli
