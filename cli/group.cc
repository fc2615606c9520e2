// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>

#include "cli/command.h"
#include "cli/target.h"
#include "common/concat.h"
#include "common/status.h"
#include "common/units.h"

namespace petrel::cli {

namespace {

using nlohmann::ordered_json;
namespace admin = petrel::admin::v1;

struct GroupOptions {
  std::vector<std::string> names;
  bool disabled = false;
  std::vector<std::string> backoff;
};

// What the brokers say of one group.
struct GroupView {
  struct Subscription {
    int64_t lag = 0;
    int64_t in_flight = 0;
  };
  ops::GroupSettings settings;
  std::map<std::string, Subscription> subscriptions;  // by topic, summed over brokers
  int64_t clients_max = 0;                            // a client is connected to every broker
  size_t brokers = 0;

  int64_t lag() const {
    int64_t sum = 0;
    for (const auto& [topic, subscription] : subscriptions) {
      sum += subscription.lag;
    }
    return sum;
  }
  int64_t in_flight() const {
    int64_t sum = 0;
    for (const auto& [topic, subscription] : subscriptions) {
      sum += subscription.in_flight;
    }
    return sum;
  }
};

absl::StatusOr<std::map<std::string, GroupView>> view_groups(
    const Globals& globals, const std::vector<std::string>& names) {
  PETREL_ASSIGN_OR_RETURN(const auto all, brokers(globals));
  std::map<std::string, GroupView> groups;
  for (const auto& broker : all) {
    PETREL_ASSIGN_OR_RETURN(const auto listed, broker->list_groups(names));
    for (const admin::GroupStatus& group : listed.groups()) {
      GroupView& view = groups[group.spec().name()];
      view.settings = ops::from_message(group.spec());
      view.clients_max = std::max<int64_t>(view.clients_max, group.clients());
      ++view.brokers;
      for (const admin::GroupStatus::Subscription& subscription : group.subscriptions()) {
        view.subscriptions[subscription.topic()].lag += subscription.lag();
        view.subscriptions[subscription.topic()].in_flight += subscription.in_flight();
      }
    }
  }
  return groups;
}

std::string backoff_text(const ops::GroupSettings& settings) {
  std::string text;
  for (const int64_t delay_ms : settings.backoff_ms) {
    text += concat(text.empty() ? "" : " ", format_duration_ms(delay_ms));
  }
  return text.empty() ? "default" : text;
}

ordered_json to_json(const std::string& name, const GroupView& view) {
  ordered_json subscriptions = ordered_json::array();
  for (const auto& [topic, subscription] : view.subscriptions) {
    subscriptions.push_back(
        {{"topic", topic}, {"lag", subscription.lag}, {"inFlight", subscription.in_flight}});
  }
  return {{"name", name},
          {"consumeEnabled", view.settings.consume_enabled},
          {"backoffMs", view.settings.backoff_ms},
          {"brokers", view.brokers},
          {"clients", view.clients_max},
          {"lag", view.lag()},
          {"inFlight", view.in_flight()},
          {"subscriptions", std::move(subscriptions)}};
}

absl::StatusOr<int> list(const Globals& globals, const GroupOptions&) {
  PETREL_ASSIGN_OR_RETURN(const auto groups, view_groups(globals, {}));
  if (globals.output != OutputFormat::kTable) {
    ordered_json all = ordered_json::array();
    for (const auto& [name, view] : groups) {
      all.push_back(to_json(name, view));
    }
    print_value(all, globals.output, std::cout);
    return kOk;
  }
  Table table({"GROUP", "CONSUME", "CLIENTS", "TOPICS", "LAG", "IN FLIGHT"});
  for (const auto& [name, view] : groups) {
    table.add({name, view.settings.consume_enabled ? "enabled" : "disabled",
               concat(view.clients_max), concat(view.subscriptions.size()), concat(view.lag()),
               concat(view.in_flight())});
  }
  table.print(std::cout);
  return kOk;
}

absl::StatusOr<int> describe(const Globals& globals, const GroupOptions& options) {
  PETREL_ASSIGN_OR_RETURN(const auto groups, view_groups(globals, options.names));
  const std::string& name = options.names.front();
  const auto found = groups.find(name);
  if (found == groups.end()) {
    return absl::NotFoundError(
        concat("there is no consumer group ", name, "; see petrelctl group list"));
  }
  const GroupView& view = found->second;
  if (globals.output != OutputFormat::kTable) {
    print_value(to_json(name, view), globals.output, std::cout);
    return kOk;
  }
  std::cout << "consumer group " << name << ": consumption "
            << (view.settings.consume_enabled ? "enabled" : "disabled") << ", backoff "
            << backoff_text(view.settings) << ", " << view.clients_max << " clients\n\n";
  Table table({"TOPIC", "LAG", "IN FLIGHT"});
  for (const auto& [topic, subscription] : view.subscriptions) {
    table.add({topic, concat(subscription.lag), concat(subscription.in_flight)});
  }
  table.print(std::cout);
  return kOk;
}

absl::StatusOr<int> create(const Globals& globals, const GroupOptions& options) {
  std::vector<ops::GroupSettings> groups;
  for (const std::string& name : options.names) {
    ops::GroupSettings& settings = groups.emplace_back();
    settings.name = name;
    settings.consume_enabled = !options.disabled;
    for (const std::string& delay : options.backoff) {
      PETREL_ASSIGN_OR_RETURN(const int64_t delay_ms, parse_duration_ms(delay));
      settings.backoff_ms.push_back(delay_ms);
    }
  }
  PETREL_ASSIGN_OR_RETURN(const auto all, brokers(globals));
  bool changed = false;
  for (const auto& broker : all) {
    PETREL_ASSIGN_OR_RETURN(const auto names, broker->apply_groups(groups));
    for (const std::string& name : names) {
      changed = true;
      std::cout << "consumer group " << name << " applied on " << broker->address() << '\n';
    }
  }
  if (!changed) {
    std::cout << "nothing to do: all is there already\n";
  }
  return kOk;
}

absl::StatusOr<int> remove(const Globals& globals, const GroupOptions& options) {
  PETREL_ASSIGN_OR_RETURN(const auto all, brokers(globals));
  std::vector<std::string> missing = options.names;
  for (const auto& broker : all) {
    PETREL_ASSIGN_OR_RETURN(const auto deleted, broker->delete_groups(options.names));
    for (const std::string& name : deleted) {
      std::cout << "consumer group " << name << " deleted on " << broker->address() << '\n';
      std::erase(missing, name);
    }
  }
  if (!missing.empty()) {
    return absl::NotFoundError(
        concat("there is no consumer group ", missing.front(), "; see petrelctl group list"));
  }
  return kOk;
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

}  // namespace

void add_group(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<GroupOptions>();
  CLI::App* group =
      app.add_subcommand("group", "List, describe, create, change and delete consumer groups");
  group->require_subcommand(1);
  add(group, "list", "List consumer groups with their lag", invocation, options, list);
  add(group, "describe", "Show a consumer group and its lag by topic", invocation, options,
      describe)
      ->add_option("NAME", options->names, "Name of the group")
      ->required()
      ->expected(1);
  CLI::App* make = add(group, "create", "Create consumer groups, or change existing ones",
                       invocation, options, create);
  make->add_option("NAME", options->names, "Names of the groups")->required();
  make->add_flag("--disabled", options->disabled, "Refuse all receives of the group");
  make->add_option("--backoff", options->backoff,
                   "Waits before redelivery 1, 2, ...: 10s,1m (default: RocketMQ's ladder)")
      ->delimiter(',')
      ->expected(1);
  add(group, "delete", "Delete consumer groups and their progress on all brokers", invocation,
      options, remove)
      ->add_option("NAME", options->names, "Names of the groups")
      ->required();
  group->footer(
      "Examples:\n"
      "  petrelctl group list\n"
      "  petrelctl group create billing --backoff 10s,1m,10m\n"
      "  petrelctl -o json group describe billing");
}

}  // namespace petrel::cli
