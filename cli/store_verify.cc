// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/store_verify.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/store.h"
#include "cli/store_lock.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::cli {

namespace {

using store::Finding;
using store::LostMessages;
using store::Severity;
using store::StoreReport;

constexpr size_t kLostShown = 20;

nlohmann::ordered_json to_json(const StoreReport& report) {
  nlohmann::ordered_json json;
  json["sound"] = report.sound();
  json["log"] = {
      {"begin", report.files.begin()}, {"end", report.log_end.offset}, {"records", report.records}};
  json["topics"] = report.topics;
  json["queues"] = report.queues;
  json["entriesCompared"] = report.entries_compared;
  json["indexEntriesCompared"] = report.index_entries_compared;
  json["findings"] = nlohmann::ordered_json::array();
  for (const Finding& finding : report.findings) {
    nlohmann::ordered_json item = {{"severity", name_of(finding.severity)}, {"file", finding.path}};
    if (finding.position >= 0) {
      item["position"] = finding.position;
    }
    if (finding.bytes > 0) {
      item["bytes"] = finding.bytes;
    }
    item["what"] = finding.what;
    item["effect"] = finding.effect;
    json["findings"].push_back(std::move(item));
  }
  json["lost"] = nlohmann::ordered_json::array();
  for (const LostMessages& lost : report.lost) {
    json["lost"].push_back({{"topic", lost.topic},
                            {"queueId", lost.queue_id},
                            {"begin", lost.begin.value()},
                            {"end", lost.end.value()}});
  }
  return json;
}

std::string heading(Severity severity) {
  switch (severity) {
    case Severity::kNote:
      return "note    ";
    case Severity::kRepair:
      return "REPAIR  ";
    case Severity::kDamage:
      return "DAMAGE  ";
  }
  return "";
}

void print(const Finding& finding) {
  std::cout << '\n' << heading(finding.severity) << finding.path;
  if (finding.position >= 0) {
    std::cout << " at byte " << finding.position;
  }
  if (finding.bytes > 0) {
    std::cout << ", " << finding.bytes << " bytes";
  }
  std::cout << '\n' << "        " << finding.what << '\n';
  if (!finding.effect.empty()) {
    std::cout << "        " << finding.effect << '\n';
  }
}

void print_lost(const std::vector<LostMessages>& all) {
  if (all.empty()) {
    return;
  }
  std::cout << "\nMessages that no sound record holds:\n";
  for (size_t i = 0; i < std::min(all.size(), kLostShown); ++i) {
    const LostMessages& lost = all[i];
    std::cout << "        " << lost.topic << " queue " << lost.queue_id << ": "
              << lost.end - lost.begin << ", queue offsets " << lost.begin.value() << " to "
              << (lost.end - 1).value() << '\n';
  }
  if (all.size() > kLostShown) {
    std::cout << "        and " << all.size() - kLostShown << " more ranges: -o json\n";
  }
}

void print(const std::string& directory, const StoreReport& report) {
  std::cout << directory << ": " << report.records << " records, "
            << format_size(report.log_end.offset - report.files.begin()) << " of log, "
            << report.queues << " queues of " << report.topics << " topics, "
            << report.entries_compared << " queue entries and " << report.index_entries_compared
            << " index entries compared\n";
  for (const Finding& finding : report.findings) {
    print(finding);
  }
  print_lost(report.lost);
  std::cout << advice_on_lost_state(report, directory);
  std::cout << '\n'
            << (report.sound()     ? "Sound.\n"
                : report.damaged() ? "Damaged: see above for what is lost.\n"
                                   : "The log is sound; something that follows from it is not.\n");
}

absl::StatusOr<int> verify(const Globals& globals, const std::string& directory) {
  PETREL_ASSIGN_OR_RETURN(const StoreLock lock, StoreLock::take(directory, StoreLock::Mode::kRead));
  const auto disk = store::make_posix_disk();
  const bool tell = ::isatty(STDERR_FILENO) != 0;
  PETREL_ASSIGN_OR_RETURN(const StoreReport report,
                          store::verify_store(*disk, directory, [tell](const store::LogFile& file) {
                            if (tell) {
                              std::cerr << "reading " << file.path << std::endl;
                            }
                          }));
  if (globals.output == OutputFormat::kTable) {
    print(directory, report);
  } else {
    print_value(to_json(report), globals.output, std::cout);
  }
  return report.sound() ? kOk : kFailed;
}

}  // namespace

void add_store_verify(CLI::App& store, Invocation& invocation) {
  auto directory = std::make_shared<std::string>();
  CLI::App* command = store.add_subcommand(
      "verify",
      "Read every record and queue entry of a store and say what is damaged. Changes nothing");
  command->add_option("DIRECTORY", *directory, "The store's directory: commitlog/ is in it")
      ->required();
  command->footer(
      "Exit code 0: sound; 1: not, or it could not be read. REPAIR means that a view of the log "
      "is\n"
      "wrong and can be rebuilt; DAMAGE that messages are lost or that no broker starts here.\n\n"
      "Examples:\n"
      "  petrelctl store verify ~/.petrel/quickstart/broker-0/data\n"
      "  petrelctl -o json store verify ~/.petrel/quickstart/broker-0/data");
  command->callback([&invocation, directory] {
    invocation.command = [&invocation, directory] {
      return verify(invocation.globals, *directory);
    };
  });
}

}  // namespace petrel::cli
