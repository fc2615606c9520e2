// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "common/status.h"
#include "operator/resources/documents.h"

namespace petrel::cli {

namespace {

absl::StatusOr<int> validate(const Globals& globals, const std::vector<std::string>& files) {
  PETREL_ASSIGN_OR_RETURN(const auto resources, ops::read_documents(files));
  const bool has_cluster =
      std::any_of(resources.begin(), resources.end(),
                  [](const ops::Resource& resource) { return resource.kind == "PetrelCluster"; });
  // Topics and groups alone are fine: their cluster may be in another file.
  if (has_cluster) {
    PETREL_RETURN_IF_ERROR(ops::declare(resources).status());
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

}  // namespace

void add_config(CLI::App& app, Invocation& invocation) {
  CLI::App* config = app.add_subcommand("config", "Work with declared documents");
  config->require_subcommand(1);
  auto files = std::make_shared<std::vector<std::string>>();
  CLI::App* command = config->add_subcommand("validate",
                                             "Check documents without applying them; -o yaml shows "
                                             "them with all defaults");
  command->add_option("-f,--file", *files, "File with documents, - for standard input")->required();
  command->footer(
      "Examples:\n"
      "  petrelctl config validate -f examples/quickstart.yaml\n"
      "  petrelctl -o yaml config validate -f examples/quickstart.yaml");
  command->callback([&invocation, files] {
    invocation.command = [&invocation, files] { return validate(invocation.globals, *files); };
  });
}

}  // namespace petrel::cli
