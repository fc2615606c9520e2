// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/target.h"
#include "cli/validators.h"
#include "common/clock.h"
#include "common/concat.h"
#include "common/status.h"
#include "common/units.h"
#include "operator/resources/documents.h"
#include "operator/runtimes/local/data_lock.h"
#include "operator/runtimes/local/local_runtime.h"

namespace petrel::cli {

namespace {

struct UpOptions {
  std::vector<std::string> files;
  std::string wait = "60s";
  int port_base = 0;
};

// Why the cluster is not as declared, or a part of it.
std::vector<std::string> problems_of(const ops::ReconcileResult& result) {
  std::vector<std::string> problems;
  for (const absl::Status& error : result.errors) {
    problems.emplace_back(error.message());
  }
  for (const auto& [id, conditions] : result.plan.conditions) {
    for (const ops::Condition& condition : conditions) {
      if (!condition.status && condition.type != "Progressing") {
        problems.push_back(concat(id, ": ", condition.message));
      }
    }
  }
  return problems;
}

void print_for_people(const ops::ReconcileResult& result, const std::string& cluster,
                      const std::string& access_point) {
  for (const std::string& problem : problems_of(result)) {
    std::cerr << "petrelctl: " << problem << '\n';
  }
  if (!result.plan.converged()) {
    std::cerr
        << "petrelctl: the cluster is not as declared; see petrelctl status, and run up again "
           "once the cause is removed\n";
    return;
  }
  std::cout << (result.actions_done == 0 ? "nothing to do: " : "") << cluster
            << " is as declared\naccess point for RocketMQ 5 clients: " << access_point << '\n';
}

// What is ready, or what is not and why; where clients connect.
int conclude(const ops::ReconcileResult& result, const std::string& cluster,
             const std::string& access_point, const std::vector<std::string>& actions,
             OutputFormat format) {
  if (format == OutputFormat::kTable) {
    print_for_people(result, cluster, access_point);
  } else {
    print_value({{"cluster", cluster},
                 {"asDeclared", result.plan.converged()},
                 {"actionsDone", result.actions_done},
                 {"actions", actions},
                 {"problems", problems_of(result)},
                 {"accessPoint", access_point}},
                format, std::cout);
  }
  return result.plan.converged() ? kOk : kNotThere;
}

absl::StatusOr<int> up(const Globals& globals, const UpOptions& options) {
  PETREL_ASSIGN_OR_RETURN(const int64_t wait_ms, parse_duration_ms(options.wait));
  PETREL_ASSIGN_OR_RETURN(std::vector<ops::Resource> resources, ops::read_documents(options.files));
  PETREL_ASSIGN_OR_RETURN(const ops::Declaration declaration, ops::declare(std::move(resources)));
  PETREL_ASSIGN_OR_RETURN(const std::string data_dir,
                          data_dir_of(globals, declaration.cluster.name));
  ops::Layout layout{.data_dir = data_dir};
  PETREL_ASSIGN_OR_RETURN(const auto lock,
                          ops::DataLock::take(layout.data_dir, layout.lock_file()));
  PETREL_ASSIGN_OR_RETURN(const auto before, ops::load_record(layout.record_file()));
  PETREL_ASSIGN_OR_RETURN(
      const ops::ClusterRecord record,
      ops::next_record(before, declaration,
                       options.port_base == 0 ? std::nullopt : std::optional(options.port_base)));
  layout.port_base = record.port_base;
  const SystemClock clock;
  Progress progress(clock);
  const auto tell = [&progress](const std::string& phase) { progress.tell(phase); };
  ops::LocalRuntime runtime(layout, bin_dir(globals), record, tell);
  PETREL_RETURN_IF_ERROR(runtime.check_configurations());
  PETREL_RETURN_IF_ERROR(runtime.check_ports());
  PETREL_RETURN_IF_ERROR(ops::save_record(layout.record_file(), record));

  PETREL_ASSIGN_OR_RETURN(ops::Desired desired, runtime.desired());
  std::vector<std::string> actions;
  const auto note = [&](const ops::Action& action) {
    std::string line = action.describe();
    if (!actions.empty() && line == actions.back()) {
      return;  // tried again
    }
    progress.tell(line);
    actions.push_back(std::move(line));
  };
  const auto waits = [&](const std::string& message) { progress.tell("waiting, " + message); };
  PETREL_ASSIGN_OR_RETURN(const ops::ReconcileResult result,
                          ops::reconcile(desired, runtime, clock, wait_ms, note, waits));
  progress.finish();
  return conclude(result, record.cluster.resource.name,
                  layout.grpc_address({ops::Role::kBroker, 0}), actions, globals.output);
}

}  // namespace

void add_up(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<UpOptions>();
  CLI::App* command = app.add_subcommand(
      "up", "Start a cluster as local processes, or change it to what the files declare");
  command
      ->add_option("-f,--file", options->files,
                   "File with documents of petrel.io/v1alpha1, - for standard input; may be "
                   "given several times")
      ->required();
  command
      ->add_option("--wait", options->wait,
                   "How long to wait for what a step brings about, such as a member's start")
      ->check(duration())
      ->capture_default_str();
  command
      ->add_option("--port-base", options->port_base,
                   "First port: nameservers take N and N+1, N+2 and N+3, ...; brokers N+100 and "
                   "N+101, ... (default: 8080, 8081, 5557, 5558, further members from 15557, "
                   "18081, 25558, 28081)")
      ->check(CLI::Range(ops::kPortBaseMin, ops::kPortBaseMax))
      ->envname("PETREL_PORT_BASE");
  command->footer(
      "Run it again after editing the files: only what changed is applied, brokers restart one\n"
      "at a time, and what has died is started again. Documents that were applied before and are\n"
      "gone from the files are deleted as their deletionPolicy says.\n\n"
      "Examples:\n"
      "  petrelctl up -f examples/quickstart.yaml\n"
      "  petrelctl --data ./second up -f second.yaml --port-base 21000");
  command->callback([&invocation, options] {
    invocation.command = [&invocation, options] { return up(invocation.globals, *options); };
  });
}

}  // namespace petrel::cli
