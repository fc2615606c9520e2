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

// Becomes petrel-bench.
absl::StatusOr<int> bench(const Globals& globals, std::vector<std::string> arguments) {
  const std::string program = bin_dir(globals) + "/petrel-bench";
  const bool names_endpoint =
      std::any_of(arguments.begin(), arguments.end(),
                  [](const std::string& argument) { return argument.starts_with("--endpoint"); });
  if (!globals.endpoint.empty() && !names_endpoint) {
    arguments.push_back(concat("--endpoint=", globals.endpoint));
  }
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
  command->footer(
      "Examples:\n"
      "  petrelctl bench --help\n"
      "  petrelctl bench produce --endpoint 127.0.0.1:8081 --topic orders --size 1024");
  command->callback([&invocation, command] {
    invocation.command = [&invocation, arguments = command->remaining()] {
      return bench(invocation.globals, arguments);
    };
  });
}

}  // namespace petrel::cli
