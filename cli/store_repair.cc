// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/store_repair.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <ctime>
#include <iostream>
#include <memory>

#include "cli/store.h"
#include "cli/store_lock.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::cli {

namespace {

using store::RepairStep;

std::string time_name() {
  const time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  return {text.data(), strftime(text.data(), text.size(), "%Y%m%d-%H%M%S", &utc)};
}

void print(const RepairStep& step) {
  switch (step.kind) {
    case RepairStep::Kind::kMove:
      std::cout << "move " << step.from << "\n  to " << step.to << '\n';
      break;
    case RepairStep::Kind::kCopy:
      std::cout << "copy " << step.from << ", bytes " << step.begin << " to " << step.end
                << "\n  to " << step.to << '\n';
      break;
    case RepairStep::Kind::kFill:
      std::cout << "fill " << step.to << " with zeros, up to " << step.end << " bytes\n";
      break;
    case RepairStep::Kind::kCut:
      std::cout << "cut  " << step.from << " at byte " << step.begin << '\n';
      break;
  }
  std::cout << "     " << step.why << '\n';
}

absl::StatusOr<int> repair(const std::string& directory, bool yes) {
  PETREL_ASSIGN_OR_RETURN(
      const StoreLock lock,
      StoreLock::take(directory, yes ? StoreLock::Mode::kChange : StoreLock::Mode::kRead));
  const auto disk = store::make_posix_disk();
  PETREL_ASSIGN_OR_RETURN(const store::StoreReport report,
                          store::verify_store(*disk, directory, nullptr));
  PETREL_ASSIGN_OR_RETURN(
      const std::vector<RepairStep> steps,
      store::plan_repair(*disk, directory, report,
                         {.name = time_name(), .state_topic = std::string(kStateTopic)}));
  if (steps.empty()) {
    std::cout << (report.sound() ? "Nothing to do: the store is sound.\n"
                                 : "Nothing to do: a broker steps over what is damaged. See "
                                   "petrelctl store verify for what is lost.\n");
    return kOk;
  }
  for (const RepairStep& step : steps) {
    print(step);
  }
  if (!yes) {
    std::cout << "\nNothing was changed. With --yes, these " << steps.size()
              << " steps are done; nothing is deleted.\n";
    return kOk;
  }
  PETREL_RETURN_IF_ERROR(store::repair(*disk, steps));
  std::cout << "\nDone. Start the broker, and keep " << directory
            << "/damaged until nobody misses what is in it.\n";
  return kOk;
}

}  // namespace

void add_store_repair(CLI::App& store, Invocation& invocation) {
  auto directory = std::make_shared<std::string>();
  auto yes = std::make_shared<bool>(false);
  CLI::App* command = store.add_subcommand(
      "repair",
      "Make a broker start on a damaged store again: move aside what stops it. Without --yes only "
      "say what would be done");
  command->add_option("DIRECTORY", *directory, "The store's directory: commitlog/ is in it")
      ->required();
  command->add_flag("--yes", *yes, "Do it");
  command->footer(
      "A repair brings nothing back: restore the files from a copy if there is one. It never\n"
      "deletes: what is in the way moves to DIRECTORY/damaged.\n\n"
      "Examples:\n"
      "  petrelctl store repair /var/lib/petrel/store\n"
      "  petrelctl store repair /var/lib/petrel/store --yes");
  command->callback([&invocation, directory, yes] {
    invocation.command = [directory, yes] { return repair(*directory, *yes); };
  });
}

}  // namespace petrel::cli
