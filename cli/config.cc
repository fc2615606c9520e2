// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "cli/command.h"
#include "cli/member.h"
#include "cli/target.h"
#include "common/concat.h"
#include "common/status.h"
#include "operator/resources/documents.h"
#include "operator/runtimes/local/cluster_record.h"
#include "operator/runtimes/local/local_runtime.h"
#include "operator/runtimes/local/member_config.h"

namespace petrel::cli {

namespace {

struct ValidateOptions {
  std::vector<std::string> files;
  bool partial = false;
};

// All that `up` checks before it does anything: the documents together, the change of what was
// applied before, and what the programs say of their configuration.
absl::Status check_as_up_does(const Globals& globals, std::vector<ops::Resource> resources) {
  PETREL_ASSIGN_OR_RETURN(const ops::Declaration declaration, ops::declare(std::move(resources)));
  PETREL_ASSIGN_OR_RETURN(const std::string data_dir,
                          data_dir_of(globals, declaration.cluster.name));
  const ops::Layout applied{.data_dir = data_dir};
  PETREL_ASSIGN_OR_RETURN(const auto before, ops::load_record(applied.record_file()));
  PETREL_ASSIGN_OR_RETURN(const ops::ClusterRecord record,
                          ops::next_record(before, declaration, std::nullopt));
  return ops::LocalRuntime(applied, bin_dir(globals), record).check_configurations();
}

absl::StatusOr<int> validate(const Globals& globals, const ValidateOptions& options) {
  PETREL_ASSIGN_OR_RETURN(const auto resources, ops::read_documents(options.files));
  const bool has_cluster =
      std::any_of(resources.begin(), resources.end(),
                  [](const ops::Resource& resource) { return resource.kind == "PetrelCluster"; });
  if (has_cluster || !options.partial) {
    PETREL_RETURN_IF_ERROR(check_as_up_does(globals, resources));
  }
  if (globals.output != OutputFormat::kTable) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const ops::Resource& resource : resources) {
      list.push_back(
          {{"kind", resource.kind},
           {"metadata", {{"name", resource.name}, {"namespace", resource.resource_namespace}}},
           {"spec", nlohmann::ordered_json::parse(resource.spec)}});
    }
    print_value(list, globals.output, std::cout);
    return kOk;
  }
  for (const ops::Resource& resource : resources) {
    std::cout << resource.declared_at << ": " << resource.id() << " is valid\n";
  }
  return kOk;
}

// Becomes the member's program, which prints the configuration that its file and its defaults make.
absl::StatusOr<int> show(const Globals& globals, const std::string& name) {
  PETREL_ASSIGN_OR_RETURN(const LocalCluster cluster, find_local_cluster(globals));
  PETREL_ASSIGN_OR_RETURN(const ops::MemberId member, find_member(cluster, name));
  PETREL_ASSIGN_OR_RETURN(std::string program, ops::program_file(bin_dir(globals), member.role));
  std::string config = concat("--config=", cluster.layout.config_file(member));
  std::string print = "--print-config";
  const std::array<char*, 4> argv = {program.data(), config.data(), print.data(), nullptr};
  execv(program.c_str(), argv.data());
  return errno_status(errno, concat("cannot start ", program));
}

void add_show(CLI::App* config, Invocation& invocation) {
  auto member = std::make_shared<std::string>();
  CLI::App* command = config->add_subcommand(
      "show", "The configuration that a member of a local cluster runs with, all defaults too");
  command->add_option("MEMBER", *member, "Name of the member, as in petrelctl status")->required();
  command->footer(
      "Examples:\n"
      "  petrelctl config show broker-0");
  command->callback([&invocation, member] {
    invocation.command = [&invocation, member] { return show(invocation.globals, *member); };
  });
}

}  // namespace

void add_config(CLI::App& app, Invocation& invocation) {
  CLI::App* config = app.add_subcommand("config", "Check documents, show configurations");
  config->require_subcommand(1);
  auto options = std::make_shared<ValidateOptions>();
  CLI::App* command = config->add_subcommand("validate",
                                             "Check documents without applying them; -o yaml shows "
                                             "them with all defaults");
  command->add_option("-f,--file", options->files, "File with documents, - for standard input")
      ->required();
  command->add_flag("--partial", options->partial,
                    "Take topics and groups without their cluster, which is in another file");
  command->footer(
      "Takes what petrelctl up takes, and refuses what it refuses.\n\n"
      "Examples:\n"
      "  petrelctl config validate -f examples/quickstart.yaml\n"
      "  petrelctl -o yaml config validate -f examples/quickstart.yaml");
  command->callback([&invocation, options] {
    invocation.command = [&invocation, options] { return validate(invocation.globals, *options); };
  });
  add_show(config, invocation);
}

}  // namespace petrel::cli
