// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/store_repair.h"

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <ctime>
#include <iostream>
#include <memory>
#include <utility>

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

nlohmann::ordered_json to_json(const RepairStep& step) {
  static constexpr std::array<const char*, 4> kKinds = {"move", "copy", "fill", "cut"};
  return {{"step", kKinds.at(static_cast<size_t>(step.kind))},
          {"from", step.from},
          {"to", step.to},
          {"begin", step.begin},
          {"end", step.end},
          {"why", step.why}};
}

// What was done, or with `done` false would be.
void print_json(const std::vector<RepairStep>& steps, bool done, OutputFormat format) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const RepairStep& step : steps) {
    list.push_back(to_json(step));
  }
  print_value({{"done", done}, {"steps", std::move(list)}}, format, std::cout);
}

void print_plan(const std::vector<RepairStep>& steps, bool yes) {
  for (const RepairStep& step : steps) {
    print(step);
  }
  if (!yes) {
    std::cout << "\nNothing was changed. With --yes, these " << steps.size()
              << " steps are done; nothing is deleted.\n";
  }
}

absl::StatusOr<int> repair(const std::string& directory, bool yes, OutputFormat format) {
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
  const bool for_people = format == OutputFormat::kTable;
  if (for_people && steps.empty()) {
    std::cout << (report.sound() ? "Nothing to do: the store is sound.\n"
                                 : "Nothing to do: a broker steps over what is damaged. See "
                                   "petrelctl store verify for what is lost.\n");
    return kOk;
  }
  if (for_people) {
    print_plan(steps, yes);
  }
  const bool doing = yes && !steps.empty();
  if (doing) {
    PETREL_RETURN_IF_ERROR(store::repair(*disk, steps));
  }
  if (!for_people) {
    print_json(steps, doing, format);
  } else if (doing) {
    std::cout << "\nDone. Start the broker, and keep " << directory
              << "/damaged until nobody misses what is in it.\n";
  }
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
      "  petrelctl store repair ~/.petrel/quickstart/broker-0/data\n"
      "  petrelctl store repair ~/.petrel/quickstart/broker-0/data --yes");
  command->callback([&invocation, directory, yes] {
    invocation.command = [&invocation, directory, yes] {
      return repair(*directory, *yes, invocation.globals.output);
    };
  });
}

}  // namespace petrel::cli
