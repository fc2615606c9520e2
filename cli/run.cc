// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/suggest.h"
#include "cli/validators.h"
#include "common/concat.h"
#include "common/rpc/grpc_log.h"
#include "common/version.h"

namespace petrel::cli {

namespace {

void add_globals(CLI::App& app, Globals& globals) {
  app.add_option("--data", globals.data,
                 "Directory of a local cluster (default: ~/.petrel/NAME of the only one there)")
      ->envname("PETREL_DATA");
  app.add_option("--context", globals.context, "Name of a local cluster below ~/.petrel")
      ->envname("PETREL_CONTEXT");
  app.add_option("--endpoint", globals.endpoint,
                 "host:port of a nameserver or broker to talk to instead")
      ->check(host_port())
      ->envname("PETREL_ENDPOINT");
  app.add_flag(
      "--tls", globals.tls,
      "Talk TLS to --endpoint, too, as to a local cluster; without --tls-ca any certificate "
      "is taken");
  app.add_option(
         "--tls-ca", globals.tls_ca,
         "PEM file of the authorities that servers' certificates must come from; implies --tls")
      ->check(certificates_file());
  const std::map<std::string, OutputFormat> formats = {{"table", OutputFormat::kTable},
                                                       {"json", OutputFormat::kJson},
                                                       {"yaml", OutputFormat::kYaml}};
  app.add_option("-o,--output", globals.output, "table, json or yaml (default: table)")
      ->transform(one_of(formats));
  app.add_option("--bin-dir", globals.bin_dir,
                 "Directory of petrel-nameserver, petrel-broker and petrel-bench (default: that of "
                 "petrelctl)")
      ->envname("PETREL_BIN_DIR");
}

int exit_code_of(const absl::Status& status) {
  return absl::IsNotFound(status) ? kNotThere : kFailed;
}

void add_commands(CLI::App& app, Invocation& invocation) {
  add_globals(app, invocation.globals);
  add_up(app, invocation);
  add_down(app, invocation);
  add_status(app, invocation);
  add_send(app, invocation);
  add_receive(app, invocation);
  add_message(app, invocation);
  add_topic(app, invocation);
  add_group(app, invocation);
  add_client(app, invocation);
  add_restart(app, invocation);
  add_logs(app, invocation);
  add_broker(app, invocation);
  add_bench(app, invocation);
  add_store(app, invocation);
  add_config(app, invocation);
  add_completion(app, invocation);
  // Last, or every command would have them too.
  app.set_version_flag("--version", concat("petrelctl ", kVersion, " (", kCommit, ")"),
                       "Print the version, and end");
  app.footer(
      "Exit codes: 0 done; 1 failed; 2 the command line is wrong; 3 not found, or not as\n"
      "declared; 4 done or shown for the brokers that answer, while others do not.\n\n"
      "Examples:\n"
      "  petrelctl up -f examples/quickstart.yaml\n"
      "  petrelctl send --topic orders --body hello\n"
      "  petrelctl receive --topic orders --group quickstart\n"
      "  petrelctl status -o json\n"
      "  petrelctl bench produce --topic orders --count 1000\n"
      "  petrelctl down");
}

// Prints what --help or --version asked for, or what is wrong.
int conclude(const CLI::App& app, const CLI::ParseError& error,
             const std::vector<std::string>& words) {
  const std::string unknown = error.get_exit_code() == 0 ? "" : explain_unknown_word(app, words);
  if (!unknown.empty()) {
    std::cerr << unknown << "\nRun with --help for more information.\n";
    return kUsage;
  }
  return app.exit(error) == 0 ? kOk : kUsage;
}

}  // namespace

int refuse(const absl::Status& why) {
  std::cerr << "petrelctl: " << why.message() << '\n';
  return kUsage;
}

int run(int argc, char** argv) {
  if (std::getenv("GRPC_VERBOSITY") == nullptr) {
    silence_grpc_log();  // what fails comes back as a status, and is told in our words
  }
  CLI::App app(
      "Runs Petrel clusters on this machine and works with their messages, topics and "
      "consumer groups.",
      "petrelctl");
  app.require_subcommand(1);
  // So that "petrelctl status -o json" is the same as "petrelctl -o json status".
  app.fallthrough();
  Invocation invocation;
  add_commands(app, invocation);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return conclude(app, error, std::vector<std::string>(argv + 1, argv + argc));
  }
  const absl::StatusOr<int> code = invocation.command();
  if (!code.ok()) {
    std::cout.flush();
    std::cerr << "petrelctl: " << code.status().message() << '\n';
    return exit_code_of(code.status());
  }
  return *code;
}

}  // namespace petrel::cli
