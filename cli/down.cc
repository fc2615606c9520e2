// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/confirm.h"
#include "cli/progress.h"
#include "cli/target.h"
#include "common/clock.h"
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

struct DownOptions {
  bool wipe = false;
  bool yes = false;
};

void print_result(const std::string& name, const ops::Layout& layout, bool wiped,
                  const std::vector<std::string>& actions, OutputFormat format) {
  if (format != OutputFormat::kTable) {
    print_value(
        {{"cluster", name}, {"data", layout.data_dir}, {"actions", actions}, {"wiped", wiped}},
        format, std::cout);
  } else if (wiped) {
    std::cout << name << " is stopped, and its messages and configuration are removed\n";
  } else if (actions.empty()) {
    std::cout << "nothing to do: " << name << " does not run\n";
  } else {
    std::cout << name << " is stopped; its messages are kept in " << layout.data_dir << '\n';
  }
}

absl::StatusOr<int> down(const Globals& globals, const DownOptions& options) {
  PETREL_ASSIGN_OR_RETURN(const LocalCluster cluster, find_local_cluster(globals));
  const ops::Layout& layout = cluster.layout;
  const std::string& name = cluster.record.cluster.resource.name;
  PETREL_ASSIGN_OR_RETURN(const auto lock,
                          ops::DataLock::take(layout.data_dir, layout.lock_file()));
  if (options.wipe) {
    PETREL_RETURN_IF_ERROR(
        confirm({concat("all messages of ", name, " in ", layout.data_dir, " will be removed")},
                options.yes));
  }
  const SystemClock clock;
  Progress progress(clock);
  PETREL_ASSIGN_OR_RETURN(
      const std::vector<std::string> actions,
      ops::stop_all(layout, [&progress](const std::string& phase) { progress.tell(phase); }));
  progress.finish();
  if (options.wipe) {
    PETREL_RETURN_IF_ERROR(wipe(layout));
  }
  print_result(name, layout, options.wipe, actions, globals.output);
  return kOk;
}

}  // namespace

void add_down(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<DownOptions>();
  CLI::App* command = app.add_subcommand("down", "Stop a local cluster");
  command->add_flag("--wipe", options->wipe,
                    "Also remove all its messages and configuration; asks first");
  command->add_flag("--yes", options->yes, "Do not ask");
  command->footer(
      "Examples:\n"
      "  petrelctl down\n"
      "  petrelctl --data ./second down --wipe --yes");
  command->callback([&invocation, options] {
    invocation.command = [&invocation, options] { return down(invocation.globals, *options); };
  });
}

}  // namespace petrel::cli
