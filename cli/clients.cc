// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/brokers.h"
#include "cli/command.h"
#include "cli/group_view.h"
#include "cli/validators.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::cli {

namespace {

namespace v1 = admin::v1;
using nlohmann::ordered_json;

// A client, mostly connected to all brokers.
struct ConnectedClient {
  struct Connection {
    const Broker* broker = nullptr;
    v1::ClientStatus status;
  };
  std::vector<Connection> connections;

  const v1::ClientStatus& any() const { return connections.front().status; }
  int64_t since_ms() const {
    int64_t first = any().connected_ms();
    for (const Connection& connection : connections) {
      first = std::min(first, connection.status.connected_ms());
    }
    return first;
  }
  // Its connections have ended, it did not say that it goes, and no broker has heard it since.
  bool is_lost() const {
    return std::all_of(connections.begin(), connections.end(),
                       [](const Connection& each) { return each.status.connection_lost(); });
  }
  std::string brokers() const {
    std::string names;
    for (const Connection& connection : connections) {
      names += concat(names.empty() ? "" : ",", connection.broker->name);
    }
    return names;
  }
};

using ConnectedClients = std::map<std::string, ConnectedClient>;

ordered_json to_json(const std::string& id, const ConnectedClient& client) {
  ordered_json connections = ordered_json::array();
  for (const auto& [broker, status] : client.connections) {
    connections.push_back({{"broker", broker->name},
                           {"address", broker->address()},
                           {"clientAddress", status.address()},
                           {"connectedMs", status.connected_ms()},
                           {"connectionLost", status.connection_lost()}});
  }
  const v1::ClientStatus& any = client.any();
  return {{"clientId", id},
          {"kind", any.kind()},
          {"group", any.group()},
          {"protocol", any.protocol()},
          {"language", any.language()},
          {"version", any.version()},
          {"connections", std::move(connections)}};
}

void print_table(const ConnectedClients& clients) {
  Table table(
      {"CLIENT", "KIND", "GROUP", "FROM", "LANGUAGE", "VERSION", "SINCE", "BROKERS", "STATE"});
  for (const auto& [id, client] : clients) {
    const v1::ClientStatus& any = client.any();
    table.add({printable(id, 80), any.kind(), any.group(), any.address(),
               printable(any.language(), 20), printable(any.version(), 20),
               format_time(client.since_ms()), client.brokers(),
               client.is_lost() ? "connection lost" : "connected"});
  }
  table.print(std::cout);
}

absl::StatusOr<int> list(const Globals& globals, const std::string& group) {
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  ConnectedClients clients;
  const auto call = [&](const Broker& broker) { return broker.admin->list_clients(group); };
  const auto add = [&](Broker& broker, std::vector<v1::ClientStatus> found) {
    for (v1::ClientStatus& status : found) {
      auto& connections = clients[status.client_id()].connections;
      connections.push_back({&broker, std::move(status)});
    }
    return absl::OkStatus();
  };
  PETREL_RETURN_IF_ERROR(brokers.ask(call, add));
  if (clients.empty() && !group.empty()) {
    PETREL_ASSIGN_OR_RETURN(const GroupViews groups, view_groups(brokers, {group}));
    if (groups.empty()) {
      return not_found(brokers, "group", group);
    }
  }
  if (globals.output == OutputFormat::kTable) {
    print_table(clients);
    brokers.tell_partial(std::cout);
    return brokers.conclude();
  }
  ordered_json all = ordered_json::array();
  for (const auto& [id, client] : clients) {
    all.push_back(to_json(id, client));
  }
  print_value(all, globals.output, std::cout);
  return brokers.conclude();
}

}  // namespace

void add_client(CLI::App& app, Invocation& invocation) {
  CLI::App* client = app.add_subcommand("client", "See which clients are connected");
  client->require_subcommand(1);
  auto group = std::make_shared<std::string>();
  CLI::App* command =
      client->add_subcommand("list", "Producers and consumers, and the brokers they are on");
  command->add_option("--group", *group, "Only consumers of this group")->check(group_name());
  command->footer(
      "A client that says that it goes leaves the list at once. Else it stays for up to two "
      "minutes\n"
      "after it was last heard; for 15 s, as \"connection lost\", if its connection broke: it may\n"
      "come back.\n\n"
      "Examples:\n"
      "  petrelctl client list\n"
      "  petrelctl client list --group quickstart -o json");
  command->callback([&invocation, group] {
    invocation.command = [&invocation, group] { return list(invocation.globals, *group); };
  });
}

}  // namespace petrel::cli
