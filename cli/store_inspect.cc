// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "cli/store.h"
#include "cli/store_lock.h"
#include "common/concat.h"
#include "common/status.h"
#include "store/tools/store_summary.h"

namespace petrel::cli {

namespace {

using store::StoreSummary;

constexpr size_t kTopicsShown = 20;

nlohmann::ordered_json to_json(const StoreSummary& summary, const std::string& in_use) {
  nlohmann::ordered_json json;
  json["inUse"] = in_use;
  json["log"] = {{"begin", summary.files.begin()},
                 {"logicalBegin", summary.logical_begin().has_value()
                                      ? nlohmann::ordered_json(*summary.logical_begin())
                                      : nlohmann::ordered_json()},
                 {"end", summary.log_end.offset},
                 {"endsWith", summary.log_end.why},
                 {"tornTail", summary.log_end.bytes_behind},
                 {"files", summary.files.files.size()},
                 {"fileBytes", summary.files.segment_bytes},
                 {"synced", summary.synced.has_value() ? nlohmann::ordered_json(*summary.synced)
                                                       : nlohmann::ordered_json()},
                 {"oldestMs", summary.oldest_ms},
                 {"newestMs", summary.newest_ms}};
  json["replay"] = {{"bytes", summary.replay_bytes()},
                    {"readFrom", summary.read_from},
                    {"records", summary.records_behind},
                    {"damagedPlaces", summary.gaps_behind}};
  json["snapshots"] = nlohmann::ordered_json::array();
  for (const store::SnapshotOnDisk& snapshot : summary.snapshots.all) {
    json["snapshots"].push_back({{"offset", snapshot.offset.value()},
                                 {"createdMs", snapshot.created_ms},
                                 {"bytes", snapshot.bytes},
                                 {"topics", snapshot.topics},
                                 {"queues", snapshot.queues},
                                 {"damage", snapshot.damage}});
  }
  json["index"] = nlohmann::ordered_json::array();
  for (const store::IndexFileOnDisk& file : summary.index.files) {
    json["index"].push_back({{"name", file.name},
                             {"entries", file.header.count - 1},
                             {"beginOffset", file.header.begin.value()},
                             {"endOffset", file.header.end.value()},
                             {"beginMs", file.header.begin_ms},
                             {"endMs", file.header.end_ms},
                             {"leftOver", file.left_over},
                             {"damage", file.damage}});
  }
  json["topics"] = nlohmann::ordered_json::array();
  for (const StoreSummary::Topic& topic : summary.topics) {
    json["topics"].push_back(
        {{"name", topic.name}, {"queues", topic.queues}, {"messages", topic.messages}});
  }
  json["directories"] = nlohmann::ordered_json::array();
  for (const StoreSummary::Directory& directory : summary.directories) {
    json["directories"].push_back(
        {{"name", directory.name}, {"files", directory.files}, {"bytes", directory.bytes}});
  }
  json["disk"] = {{"totalBytes", summary.disk.total_bytes},
                  {"availableBytes", summary.disk.available_bytes}};
  json["others"] = summary.others;
  return json;
}

std::string offsets_from_to(int64_t from, int64_t to) {
  return concat(from, " to ", to, " (", format_size(to - from), ")");
}

void print_log(const StoreSummary& summary) {
  std::cout << "Log        offsets "
            << offsets_from_to(summary.files.begin(), summary.log_end.offset) << " in "
            << summary.files.files.size() << " files of "
            << format_size(summary.files.segment_bytes) << '\n';
  if (summary.logical_begin().value_or(0) > summary.files.begin()) {
    std::cout << "           what lies before offset " << *summary.logical_begin()
              << " is deleted, and its files go when two snapshots are behind it\n";
  }
  if (summary.oldest_ms != 0) {
    std::cout << "           first record of " << format_time(summary.oldest_ms) << ", last of "
              << format_time(summary.newest_ms) << '\n';
  }
  if (summary.synced.has_value()) {
    const int64_t behind = summary.log_end.offset - *summary.synced;
    std::cout << "           synced up to offset " << *summary.synced;
    if (behind < 0) {
      std::cout << ": " << format_size(-behind) << " THAT WERE SYNCED ARE MISSING AT THE END";
    } else if (behind > 0) {
      std::cout << " at least; the last " << format_size(behind) << " may not be on the disk";
    }
    std::cout << '\n';
  } else {
    std::cout << "           it is not known how far it was synced (no commitlog.synced)\n";
  }
  if (summary.log_end.bytes_behind) {
    std::cout << "           a torn write follows the last record\n";
  }
  if (summary.gaps_behind > 0) {
    std::cout << "           DAMAGED in " << summary.gaps_behind << " places behind offset "
              << summary.read_from << ": see petrelctl store verify\n";
  }
}

void print_start(const StoreSummary& summary) {
  std::cout << "At start   ";
  if (summary.snapshots.newest_sound.has_value()) {
    std::cout << "a broker reads " << format_size(summary.replay_bytes()) << " ("
              << summary.records_behind << " records) behind the snapshot of offset "
              << summary.snapshots.newest_sound->offset.value() << '\n';
  } else {
    std::cout << "a broker reads the whole log: there is no sound snapshot\n";
  }
}

void print_topics(const StoreSummary& summary) {
  if (summary.topics.empty()) {
    return;
  }
  std::vector<StoreSummary::Topic> topics = summary.topics;
  std::stable_sort(topics.begin(), topics.end(),
                   [](const auto& a, const auto& b) { return a.messages > b.messages; });
  Table table({"TOPIC", "QUEUES", "MESSAGES"});
  for (size_t i = 0; i < std::min(topics.size(), kTopicsShown); ++i) {
    table.add(
        {topics[i].name, std::to_string(topics[i].queues), std::to_string(topics[i].messages)});
  }
  std::cout << '\n';
  table.print(std::cout);
  if (topics.size() > kTopicsShown) {
    std::cout << "and " << topics.size() - kTopicsShown << " more with fewer messages: -o json\n";
  }
}

void print_index(const store::IndexList& index) {
  if (index.files.empty()) {
    return;
  }
  Table table({"INDEX FILE", "KEYS", "LOG OFFSETS", "STORED FROM", "TO", "STATE"});
  for (const store::IndexFileOnDisk& file : index.files) {
    table.add({file.name, std::to_string(file.header.count - 1),
               concat(file.header.begin.value(), " to ", file.header.end.value()),
               format_time(file.header.begin_ms), format_time(file.header.end_ms),
               !file.damage.empty() ? concat("DAMAGED: ", file.damage)
               : file.left_over     ? "left over: the next start removes it"
                                    : "sound, as its header says"});
  }
  std::cout << '\n';
  table.print(std::cout);
  if (!index.mark.has_value() || index.missing > 0) {
    std::cout << "the next start builds the index again: "
              << (index.mark.has_value() ? "a file is missing\n" : "there is no index.synced\n");
  }
}

void print(const std::string& directory, const StoreSummary& summary, const std::string& in_use) {
  std::cout << "Store      " << directory << '\n'
            << "In use     " << (in_use.empty() ? "no" : in_use) << '\n';
  if (summary.abort_file) {
    std::cout << "           the file abort is there: not stopped in order, or still running\n";
  }
  print_log(summary);
  print_start(summary);
  std::cout << "Disk       " << format_size(static_cast<int64_t>(summary.disk.available_bytes))
            << " of " << format_size(static_cast<int64_t>(summary.disk.total_bytes)) << " free\n";
  if (!summary.snapshots.all.empty()) {
    Table table({"SNAPSHOT", "CREATED", "SIZE", "TOPICS", "QUEUES", "STATE"});
    for (const store::SnapshotOnDisk& snapshot : summary.snapshots.all) {
      table.add({std::to_string(snapshot.offset.value()), format_time(snapshot.created_ms),
                 format_size(snapshot.bytes), std::to_string(snapshot.topics),
                 std::to_string(snapshot.queues),
                 snapshot.damage.empty() ? "sound" : concat("DAMAGED: ", snapshot.damage)});
    }
    std::cout << '\n';
    table.print(std::cout);
  }
  print_index(summary.index);
  print_topics(summary);
  Table table({"DIRECTORY", "FILES", "SIZE OF FILES"});
  for (const StoreSummary::Directory& part : summary.directories) {
    table.add({part.name, std::to_string(part.files), format_size(part.bytes)});
  }
  std::cout << '\n';
  table.print(std::cout);
  for (const std::string& name : summary.others) {
    std::cout << "not part of a store: " << name << '\n';
  }
}

absl::StatusOr<int> inspect(const Globals& globals, const std::string& directory) {
  const auto disk = store::make_posix_disk();
  std::string in_use;
  {
    const absl::StatusOr<StoreLock> lock = StoreLock::take(directory, StoreLock::Mode::kRead);
    if (absl::IsFailedPrecondition(lock.status())) {
      in_use = concat("yes: ", lock.status().message(), "; what follows moves");
    } else if (!lock.ok()) {
      return lock.status();
    }
  }
  PETREL_ASSIGN_OR_RETURN(const StoreSummary summary, store::summarize_store(*disk, directory));
  if (globals.output == OutputFormat::kTable) {
    print(directory, summary, in_use);
  } else {
    print_value(to_json(summary, in_use), globals.output, std::cout);
  }
  return kOk;
}

}  // namespace

void add_store_inspect(CLI::App& store, Invocation& invocation) {
  auto directory = std::make_shared<std::string>();
  CLI::App* command =
      store.add_subcommand("inspect",
                           "What is in a store, and does a broker use it. Reads little; works "
                           "while a broker runs, too");
  command->add_option("DIRECTORY", *directory, "The store's directory: commitlog/ is in it")
      ->required();
  command->footer(
      "Examples:\n"
      "  petrelctl store inspect ~/.petrel/quickstart/broker-0/data\n"
      "  petrelctl -o json store inspect ~/.petrel/quickstart/broker-0/data");
  command->callback([&invocation, directory] {
    invocation.command = [&invocation, directory] {
      return inspect(invocation.globals, *directory);
    };
  });
}

}  // namespace petrel::cli
