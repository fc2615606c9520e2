// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <memory>

#include "cli/command.h"
#include "cli/target.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::cli {

namespace {

bool has_option(const std::vector<std::string>& arguments, const std::string& name) {
  return std::any_of(arguments.begin(), arguments.end(), [&](const std::string& argument) {
    return argument == name || argument.starts_with(concat(name, "="));
  });
}

// Those that send to a cluster, or receive from it.
bool is_load(const std::vector<std::string>& arguments) {
  static const std::vector<std::string> kModes = {"produce", "consume", "both"};
  return !arguments.empty() && !has_option(arguments, "--help") && !has_option(arguments, "-h") &&
         std::find(kModes.begin(), kModes.end(), arguments.front()) != kModes.end();
}

// Whether a load, which is not encrypted unless it is told to be, must be.
bool enforces_tls(const Globals& globals) {
  const absl::StatusOr<LocalCluster> cluster = find_local_cluster(globals);
  return globals.endpoint.empty() && cluster.ok() &&
         ops::cluster_spec(cluster->record.cluster.resource).tls_mode == ops::TlsMode::kEnforcing;
}

// Names the cluster that is meant, so that the load does not go to petrel-bench's default, which
// may be another one.
absl::Status add_cluster(const Globals& globals, std::vector<std::string>& arguments) {
  if (!is_load(arguments) || has_option(arguments, "--endpoint")) {
    return absl::OkStatus();
  }
  PETREL_ASSIGN_OR_RETURN(const ops::Connection connection, access_point(globals));
  arguments.push_back(concat("--endpoint=", connection.address));
  if ((globals.tls || enforces_tls(globals)) && !has_option(arguments, "--tls")) {
    arguments.emplace_back("--tls");
  }
  return absl::OkStatus();
}

// Becomes petrel-bench.
absl::StatusOr<int> bench(const Globals& globals, std::vector<std::string> arguments) {
  const std::string program = bin_dir(globals) + "/petrel-bench";
  PETREL_RETURN_IF_ERROR(add_cluster(globals, arguments));
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (std::string& argument : arguments) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  if (errno == ENOENT) {
    return absl::NotFoundError(concat("there is no program ", program,
                                      "; build it (target petrel-bench) or name the directory "
                                      "that has it with --bin-dir"));
  }
  return errno_status(errno, concat("cannot start ", program));
}

}  // namespace

void add_bench(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("bench", "Run petrel-bench with the options that follow");
  command->prefix_command();
  command->set_help_flag();
  command->fallthrough(false);  // all options are petrel-bench's
  command->callback([&invocation, command] {
    invocation.command = [&invocation, arguments = command->remaining()] {
      return bench(invocation.globals, arguments);
    };
  });
}

}  // namespace petrel::cli
