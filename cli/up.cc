// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/command.h"
#include "cli/target.h"
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

// What is ready, or what is not and why; where clients connect.
int conclude(const ops::ReconcileResult& result, const ops::Layout& layout,
             const ops::Document& cluster) {
  const bool converged = result.plan.converged();
  for (const absl::Status& error : result.errors) {
    std::cerr << "petrelctl: " << error.message() << '\n';
  }
  for (const auto& [id, conditions] : result.plan.conditions) {
    for (const ops::Condition& condition : conditions) {
      if (!condition.status && condition.type != "Progressing") {
        std::cerr << "petrelctl: " << id << ": " << condition.message << '\n';
      }
    }
  }
  if (!converged) {
    std::cerr
        << "petrelctl: the cluster is not as declared; see petrelctl status, and run up again "
           "once the cause is removed\n";
    return kNotThere;
  }
  if (result.actions_done == 0) {
    std::cout << "nothing to do: " << cluster.resource.name << " is as declared\n";
  } else {
    std::cout << cluster.resource.name << " is as declared\n";
  }
  std::cout << "access point for RocketMQ 5 clients: "
            << layout.grpc_address({ops::Role::kBroker, 0}) << '\n';
  return kOk;
}

absl::StatusOr<int> up(const Globals& globals, const UpOptions& options) {
  PETREL_ASSIGN_OR_RETURN(const int64_t wait_ms, parse_duration_ms(options.wait));
  PETREL_ASSIGN_OR_RETURN(std::vector<ops::Resource> resources, ops::read_documents(options.files));
  PETREL_ASSIGN_OR_RETURN(const ops::Declaration declaration, ops::declare(std::move(resources)));
  std::string data_dir = globals.data;
  if (data_dir.empty()) {
    PETREL_ASSIGN_OR_RETURN(
        data_dir,
        default_data_dir(globals.context.empty() ? declaration.cluster.name : globals.context));
  }
  std::error_code ignored;  // a path that cannot be made absolute is told as it is
  ops::Layout layout{.data_dir =
                         std::filesystem::absolute(data_dir, ignored).lexically_normal().string()};
  PETREL_ASSIGN_OR_RETURN(const auto lock,
                          ops::DataLock::take(layout.data_dir, layout.lock_file()));
  PETREL_ASSIGN_OR_RETURN(const auto before, ops::load_record(layout.record_file()));
  PETREL_ASSIGN_OR_RETURN(
      const ops::ClusterRecord record,
      ops::next_record(before, declaration,
                       options.port_base == 0 ? std::nullopt : std::optional(options.port_base)));
  layout.port_base = record.port_base;
  ops::LocalRuntime runtime(layout, bin_dir(globals), record);
  PETREL_RETURN_IF_ERROR(runtime.check_configurations());
  PETREL_RETURN_IF_ERROR(ops::save_record(layout.record_file(), record));

  PETREL_ASSIGN_OR_RETURN(ops::Desired desired, runtime.desired());
  std::string last;
  const auto progress = [&last](const ops::Action& action) {
    const std::string line = action.describe();
    if (line != last) {  // tried again
      std::cout << line << std::endl;
    }
    last = line;
  };
  const SystemClock clock;
  PETREL_ASSIGN_OR_RETURN(const ops::ReconcileResult result,
                          ops::reconcile(desired, runtime, clock, wait_ms, progress));
  return conclude(result, layout, record.cluster);
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
  command->add_option("--wait", options->wait, "How long to wait until all is as declared")
      ->capture_default_str();
  command
      ->add_option("--port-base", options->port_base,
                   "First port: nameservers take N and N+1, N+2 and N+3, ...; brokers N+100 and "
                   "N+101, ... (default: 8080, 8081, 5557, 5558, further members from 15557, "
                   "18081, 25558, 28081)")
      ->check(CLI::Range(ops::kPortBaseMin, ops::kPortBaseMax));
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
