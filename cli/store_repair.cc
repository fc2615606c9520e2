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
    case RepairStep::Kind::kRestore:
      std::cout << "put  " << step.from << ", bytes " << step.begin << " to " << step.end
                << "\n  into " << step.to << '\n';
      break;
  }
  std::cout << "     " << step.why << '\n';
}

nlohmann::ordered_json to_json(const RepairStep& step) {
  static constexpr std::array<const char*, 5> kKinds = {"move", "copy", "fill", "cut", "restore"};
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

struct Request {
  std::string directory;
  std::string from;  // a copy of the store; empty: there is none
  bool yes = false;
};

// The steps for what is there now, which are done with `yes`.
absl::StatusOr<std::vector<RepairStep>> plan(store::Disk& disk, const Request& request,
                                             const store::StoreReport& report) {
  const store::RepairOptions options{.name = time_name(), .state_topic = std::string(kStateTopic)};
  if (!request.from.empty()) {
    PETREL_ASSIGN_OR_RETURN(
        std::vector<RepairStep> steps,
        store::plan_restore(disk, request.directory, report, request.from, options));
    if (!steps.empty()) {
      return steps;
    }
  }
  return store::plan_repair(disk, request.directory, report, options);
}

std::string why_nothing(const store::StoreReport& report) {
  return report.sound() ? "Nothing to do: the store is sound.\n"
                        : "Nothing to do: a broker steps over what is damaged. See petrelctl store "
                          "verify for what is lost.\n";
}

// Nothing here can make up for it.
absl::Status check_beginning(const store::StoreReport& report, const std::string& directory) {
  if (!report.beginning_lost()) {
    return absl::OkStatus();
  }
  return absl::DataLossError(concat(
      "no repair helps: no snapshot can be read, and the log's first files are deleted. Put ",
      "back a snapshot from a copy of the store; petrelctl store dump ", directory,
      " prints the messages"));
}

absl::StatusOr<int> repair(const Request& request, OutputFormat format) {
  PETREL_ASSIGN_OR_RETURN(const StoreLock lock,
                          StoreLock::take(request.directory, request.yes ? StoreLock::Mode::kChange
                                                                         : StoreLock::Mode::kRead));
  const auto disk = store::make_posix_disk();
  const bool for_people = format == OutputFormat::kTable;
  std::vector<RepairStep> all;
  // What a copy has makes another look worth it, for views of the log that do not know of it yet.
  for (Request now = request;; now.from.clear()) {
    PETREL_ASSIGN_OR_RETURN(const store::StoreReport report,
                            store::verify_store(*disk, now.directory, nullptr));
    PETREL_RETURN_IF_ERROR(check_beginning(report, now.directory));
    PETREL_ASSIGN_OR_RETURN(const std::vector<RepairStep> steps, plan(*disk, now, report));
    if (for_people && steps.empty() && all.empty()) {
      std::cout << why_nothing(report);
      return kOk;
    }
    if (for_people) {
      print_plan(steps, now.yes);
    }
    if (now.yes) {
      PETREL_RETURN_IF_ERROR(store::repair(*disk, steps));
    }
    all.insert(all.end(), steps.begin(), steps.end());
    if (now.from.empty() || !now.yes) {
      break;
    }
  }
  const bool done = request.yes && !all.empty();
  if (!for_people) {
    print_json(all, done, format);
  } else if (done) {
    std::cout << "\nDone. Start the broker, and keep " << request.directory
              << "/damaged until nobody misses what is in it.\n";
  }
  return kOk;
}

}  // namespace

void add_store_repair(CLI::App& store, Invocation& invocation) {
  auto request = std::make_shared<Request>();
  CLI::App* command = store.add_subcommand(
      "repair",
      "Make a broker start on a damaged store again: move aside what stops it. Without --yes only "
      "say what would be done");
  command->add_option("DIRECTORY", request->directory, "The store's directory: commitlog/ is in it")
      ->required();
  command->add_option("--from", request->from,
                      "A backup of this store: records that are damaged come from it");
  command->add_flag("--yes", request->yes, "Do it");
  command->footer(
      "A repair brings back what --from has, and nothing else: what was appended since the backup\n"
      "stays. It never deletes: what is in the way moves to DIRECTORY/damaged.\n\n"
      "Examples:\n"
      "  petrelctl store repair ~/.petrel/quickstart/broker-0/data\n"
      "  petrelctl store repair ~/.petrel/quickstart/broker-0/data --yes\n"
      "  petrelctl store repair ~/.petrel/quickstart/broker-0/data --from ./backup-of-broker-0");
  command->callback([&invocation, request] {
    invocation.command = [&invocation, request] {
      return repair(*request, invocation.globals.output);
    };
  });
}

}  // namespace petrel::cli
