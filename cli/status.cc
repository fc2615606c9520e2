// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/status.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <utility>

#include "cli/brokers.h"
#include "cli/command.h"
#include "cli/status_content.h"
#include "cli/target.h"
#include "common/clock.h"
#include "common/concat.h"
#include "operator/runtimes/local/data_lock.h"
#include "operator/runtimes/local/local_runtime.h"
#include "operator/runtimes/local/process.h"

namespace petrel::cli {

namespace {

using nlohmann::ordered_json;

std::string state_of(const ops::ObservedMember& member, const std::string& wanted) {
  if (!member.running) {
    return "Stopped";
  }
  if (!member.ready) {
    return "NotReady";
  }
  return member.digest == wanted ? "Ready" : "Outdated";
}

ordered_json members_of(const LocalCluster& cluster, const ops::Desired& desired,
                        const ops::Snapshot& snapshot) {
  std::map<ops::MemberId, std::string> members = desired.members;
  for (const auto& [id, observed] : snapshot.members) {
    if (observed.running) {
      members.emplace(id, "");
    }
  }
  ordered_json list = ordered_json::array();
  for (const auto& [id, digest] : members) {
    const auto found = snapshot.members.find(id);
    const ops::ObservedMember observed =
        found == snapshot.members.end() ? ops::ObservedMember{} : found->second;
    const auto process = ops::read_process_record(cluster.layout.process_file(id));
    const bool has_pid = observed.running && process.ok() && process->has_value();
    list.push_back({{"name", id.name()},
                    {"state", state_of(observed, digest)},
                    {"pid", has_pid ? ordered_json((*process)->pid) : ordered_json()},
                    {"address", cluster.layout.grpc_address(id)},
                    {"http", concat("http://", ops::kLocalHost, ":", cluster.layout.http_port(id))},
                    {"log", cluster.layout.log_file(id)}});
  }
  return list;
}

// By name, since when, wall clock in ms.
using RefusingBrokers = std::map<std::string, int64_t>;

void add_refusal(const std::string& broker, const ops::BrokerContent& content,
                 RefusingBrokers& refusing) {
  if (const int64_t since_ms = content.signs.sends_refused_since_ms; since_ms != 0) {
    refusing[broker] = since_ms;
  }
}

// After what else there is to see, as this is what matters then.
void print_refusals(const RefusingBrokers& refusing, std::ostream& out) {
  for (const auto& [broker, since_ms] : refusing) {
    out << "\nbroker " << broker << ": " << ops::describe_refusal(since_ms) << '\n';
  }
}

// What is planned is done by a petrelctl that runs, and by nobody else.
void tell_who_acts(const LocalCluster& cluster, ops::Plan& plan) {
  if (!ops::DataLock::take(cluster.layout.data_dir, cluster.layout.lock_file()).ok()) {
    return;
  }
  for (auto& [id, conditions] : plan.conditions) {
    for (ops::Condition& condition : conditions) {
      if (condition.type == "Progressing" && condition.reason == "Acting") {
        condition.status = false;
        condition.reason = "NobodyActs";
        condition.message = concat("petrelctl up would: ", condition.message);
      }
    }
  }
}

ordered_json documents_of(const ops::Plan& plan) {
  ordered_json list = ordered_json::array();
  for (const auto& [id, conditions] : plan.conditions) {
    ordered_json shown = ordered_json::array();
    for (const ops::Condition& condition : conditions) {
      shown.push_back({{"type", condition.type},
                       {"status", condition.status ? "True" : "False"},
                       {"reason", condition.reason},
                       {"message", condition.message},
                       {"observedGeneration", condition.observed_generation}});
    }
    list.push_back({{"document", id}, {"conditions", std::move(shown)}});
  }
  return list;
}

void print_tables(const ordered_json& status, const StatusContent& content) {
  std::cout << "cluster " << status["cluster"].get<std::string>() << " in "
            << status["data"].get<std::string>() << "\n\n";
  Table members({"MEMBER", "STATE", "PID", "ADDRESS", "HTTP"});
  for (const ordered_json& member : status["members"]) {
    members.add({member["name"], member["state"],
                 member["pid"].is_null() ? "-" : member["pid"].dump(), member["address"],
                 member["http"]});
  }
  members.print(std::cout);
  std::cout << '\n';
  content.print(std::cout);
  std::cout << '\n';
  Table documents({"DOCUMENT", "CONDITION", "STATUS", "REASON", "MESSAGE"});
  for (const ordered_json& document : status["documents"]) {
    for (const ordered_json& condition : document["conditions"]) {
      documents.add({document["document"], condition["type"], condition["status"],
                     condition["reason"], condition["message"]});
    }
  }
  documents.print(std::cout);
}

// Those whose content was observed.
Brokers answering_brokers(const LocalCluster& cluster, const ops::Snapshot& snapshot) {
  std::vector<Broker> brokers;
  for (const auto& [member, content] : snapshot.brokers) {
    const ops::Connection connection{.address = cluster.layout.grpc_address(member)};
    brokers.push_back({.name = member.name(),
                       .admin = std::make_unique<ops::BrokerAdmin>(connection),
                       .silence = absl::OkStatus()});
  }
  return Brokers(std::move(brokers));
}

size_t count_brokers(const ops::Desired& desired) {
  return static_cast<size_t>(
      std::count_if(desired.members.begin(), desired.members.end(),
                    [](const auto& member) { return member.first.role == ops::Role::kBroker; }));
}

absl::StatusOr<StatusContent> content_of(const LocalCluster& cluster,
                                         const ops::Snapshot& snapshot) {
  StatusContent content;
  for (const auto& [broker, of_broker] : snapshot.brokers) {
    content.add_topics(*of_broker);
  }
  Brokers brokers = answering_brokers(cluster, snapshot);
  if (!brokers.all().empty()) {
    const absl::StatusOr<GroupViews> groups = view_groups(brokers, {});
    if (groups.ok()) {
      content.set_groups(*groups);
    } else if (!ops::is_unreached(groups.status())) {
      return groups.status();
    }
  }
  return content;
}

absl::StatusOr<int> local_status(const Globals& globals, const LocalCluster& cluster) {
  ops::LocalRuntime runtime(cluster.layout, bin_dir(globals), cluster.record);
  PETREL_ASSIGN_OR_RETURN(const ops::Desired desired, runtime.desired());
  PETREL_ASSIGN_OR_RETURN(const ops::Snapshot snapshot, runtime.observe());
  ops::Plan plan = ops::decide(desired, snapshot);
  tell_who_acts(cluster, plan);
  PETREL_ASSIGN_OR_RETURN(const StatusContent content, content_of(cluster, snapshot));
  const size_t brokers = count_brokers(desired);
  const ordered_json status = {{"cluster", cluster.record.cluster.resource.name},
                               {"data", cluster.layout.data_dir},
                               {"members", members_of(cluster, desired, snapshot)},
                               {"partial", snapshot.brokers.size() < brokers},
                               {"topics", content.topics()},
                               {"groups", content.groups()},
                               {"documents", documents_of(plan)}};
  RefusingBrokers refusing;
  for (const auto& [member, of_broker] : snapshot.brokers) {
    add_refusal(member.name(), *of_broker, refusing);
  }
  if (globals.output == OutputFormat::kTable) {
    print_tables(status, content);
    print_refusals(refusing, std::cout);
    print_partial(snapshot.brokers.size(), brokers, std::cout);
  } else {
    print_value(status, globals.output, std::cout);
  }
  return plan.converged() && refusing.empty() ? kOk : kNotThere;
}

// Of brokers that run anywhere.
absl::StatusOr<int> remote_status(const Globals& globals) {
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  const SystemClock clock;
  ordered_json list = ordered_json::array();
  StatusContent content;
  Table table({"BROKER", "CLUSTER", "ADDRESS", "UP", "FLUSH", "TOPICS", "GROUPS", "CLIENTS"});
  using Answer = std::pair<ops::admin::DescribeBrokerResponse, ops::BrokerContent>;
  const auto call = [](const Broker& broker) -> absl::StatusOr<Answer> {
    PETREL_ASSIGN_OR_RETURN(auto described, broker.admin->describe());
    PETREL_ASSIGN_OR_RETURN(ops::BrokerContent of_broker, broker.admin->content());
    return Answer(std::move(described), std::move(of_broker));
  };
  RefusingBrokers refusing;
  const auto add = [&](const Broker& broker, const Answer& answer) {
    const auto& [described, of_broker] = answer;
    content.add_topics(of_broker);
    add_refusal(broker.name, of_broker, refusing);
    list.push_back({{"broker", described.broker_name()},
                    {"address", broker.address()},
                    {"brokerId", described.broker_id()},
                    {"cluster", described.cluster()},
                    {"version", described.version()},
                    {"startedMs", described.started_ms()},
                    {"flushMode", described.flush_mode()},
                    {"topics", described.topic_count()},
                    {"groups", described.group_count()},
                    {"clients", described.client_count()},
                    {"logBegin", described.log_begin()},
                    {"logWritten", described.log_written()},
                    {"logSynced", described.log_synced()},
                    {"diskFreeBytes", described.disk_free_bytes()},
                    {"sendsRefusedSinceMs", of_broker.signs.sends_refused_since_ms}});
    table.add({described.broker_name(), described.cluster(), broker.address(),
               format_age(clock.wall_ms() - described.started_ms()), described.flush_mode(),
               concat(described.topic_count()), concat(described.group_count()),
               concat(described.client_count())});
    return absl::OkStatus();
  };
  PETREL_RETURN_IF_ERROR(brokers.ask(call, add));
  PETREL_ASSIGN_OR_RETURN(const GroupViews groups, view_groups(brokers, {}));
  content.set_groups(groups);
  if (globals.output == OutputFormat::kTable) {
    table.print(std::cout);
    std::cout << '\n';
    content.print(std::cout);
    print_refusals(refusing, std::cout);
    brokers.tell_partial(std::cout);
  } else {
    print_value({{"brokers", std::move(list)},
                 {"partial", brokers.is_partial()},
                 {"topics", content.topics()},
                 {"groups", content.groups()}},
                globals.output, std::cout);
  }
  return brokers.conclude();
}

absl::StatusOr<int> status(const Globals& globals) {
  if (!globals.endpoint.empty()) {
    return remote_status(globals);
  }
  PETREL_ASSIGN_OR_RETURN(const LocalCluster cluster, find_local_cluster(globals));
  return local_status(globals, cluster);
}

}  // namespace

void add_status(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("status", "Show members and whether all is as declared");
  command->footer(
      "Ends with 3 when something is not as declared, or a broker takes no messages as its disk is "
      "full. With --endpoint it shows the brokers "
      "there.\n\n"
      "Examples:\n"
      "  petrelctl status\n"
      "  petrelctl -o json status\n"
      "  petrelctl --endpoint nameserver.example:8080 status");
  command->callback(
      [&invocation] { invocation.command = [&invocation] { return status(invocation.globals); }; });
}

}  // namespace petrel::cli
