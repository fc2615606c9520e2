// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/target.h"
#include "common/concat.h"
#include "common/status.h"
#include "operator/runtimes/local/data_lock.h"
#include "operator/runtimes/local/local_runtime.h"

namespace petrel::cli {

namespace {

// Only what petrelctl made; the directory itself goes when nothing else is in it.
absl::Status wipe(const ops::Layout& layout) {
  std::error_code error;
  for (const ops::MemberId& member : ops::existing_members(layout.data_dir)) {
    std::filesystem::remove_all(layout.member_dir(member), error);
    if (error) {
      return absl::InternalError(
          concat("cannot remove ", layout.member_dir(member), ": ", error.message()));
    }
  }
  std::filesystem::remove(layout.record_file(), error);
  std::filesystem::remove(layout.lock_file(), error);
  std::filesystem::remove(layout.data_dir, error);
  return absl::OkStatus();
}

absl::StatusOr<int> down(const Globals& globals, bool wipe_data) {
  PETREL_ASSIGN_OR_RETURN(const LocalCluster cluster, find_local_cluster(globals));
  const ops::Layout& layout = cluster.layout;
  PETREL_ASSIGN_OR_RETURN(const auto lock,
                          ops::DataLock::take(layout.data_dir, layout.lock_file()));
  PETREL_ASSIGN_OR_RETURN(const int stopped, ops::stop_all(layout, [](const std::string& line) {
                            std::cout << line << std::endl;
                          }));
  const std::string& name = cluster.record.cluster.resource.name;
  if (wipe_data) {
    PETREL_RETURN_IF_ERROR(wipe(layout));
    std::cout << name << " is stopped, and its messages and configuration are removed\n";
  } else if (stopped == 0) {
    std::cout << "nothing to do: " << name << " does not run\n";
  } else {
    std::cout << name << " is stopped; its messages are kept in " << layout.data_dir << '\n';
  }
  return kOk;
}

}  // namespace

void add_down(CLI::App& app, Invocation& invocation) {
  auto wipe_data = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("down", "Stop a local cluster");
  command->add_flag("--wipe", *wipe_data, "Also remove all its messages and configuration");
  command->footer(
      "Examples:\n"
      "  petrelctl down\n"
      "  petrelctl --data ./second down --wipe");
  command->callback([&invocation, wipe_data] {
    invocation.command = [&invocation, wipe_data] { return down(invocation.globals, *wipe_data); };
  });
}

}  // namespace petrel::cli
