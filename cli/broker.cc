// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <utility>

#include "cli/brokers.h"
#include "cli/command.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::cli {

namespace {

struct BrokerOptions {
  std::string broker;
  bool drop = false;
};

// The broker of the cluster that has this address or name. NotFound tells which there are.
absl::StatusOr<Broker> find_broker(const Globals& globals, const std::string& wanted) {
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  std::string known;
  for (Broker& broker : brokers.all()) {
    if (broker.address() == wanted || broker.name == wanted) {
      return std::move(broker);
    }
    known += concat(known.empty() ? "" : ", ", broker.name, " (", broker.address(), ")");
  }
  return absl::NotFoundError(concat("there is no broker ", wanted, "; there are ", known));
}

absl::StatusOr<int> restart_engine(const Globals& globals, const BrokerOptions& options) {
  PETREL_ASSIGN_OR_RETURN(const Broker broker, find_broker(globals, options.broker));
  PETREL_ASSIGN_OR_RETURN(const int64_t duration_ms, broker.admin->restart_engine(options.drop));
  if (globals.output != OutputFormat::kTable) {
    print_value(
        {{"broker", broker.name}, {"address", broker.address()}, {"durationMs", duration_ms}},
        globals.output, std::cout);
    return kOk;
  }
  std::cout << "broker " << broker.name << " serves again after " << duration_ms << " ms\n";
  return kOk;
}

}  // namespace

void add_broker(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<BrokerOptions>();
  CLI::App* broker = app.add_subcommand("broker", "Work with one broker of the cluster");
  broker->require_subcommand(1);
  CLI::App* restart = broker->add_subcommand(
      "restart-engine", "Close a broker's store and open it again while clients stay connected");
  restart->add_option("BROKER", options->broker, "Address (host:port) or name of the broker")
      ->required();
  restart->add_flag("--drop", options->drop,
                    "Let go of the store as a crash would, instead of closing it; nothing that was "
                    "acknowledged is lost");
  restart->footer(
      "Closes the store and opens it again while clients stay connected: they are asked to try\n"
      "again meanwhile, and go on by themselves.\n\n"
      "Examples:\n"
      "  petrelctl broker restart-engine broker-0\n"
      "  petrelctl broker restart-engine 127.0.0.1:8081 --drop");
  restart->callback([&invocation, options] {
    invocation.command = [&invocation, options] {
      return restart_engine(invocation.globals, *options);
    };
  });
}

}  // namespace petrel::cli
