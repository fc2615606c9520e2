// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/store_backup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/store.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::cli {

namespace {

using store::StoreBackup;

// A line on a terminal that is written over; every tenth of the log where there is none.
class ProgressLine {
 public:
  void tell(int64_t copied, int64_t total) {
    const int64_t percent = total == 0 ? 100 : copied * 100 / total;
    const int64_t step = terminal_ ? percent : percent / 10 * 10;
    if (step == shown_) {
      return;
    }
    shown_ = step;
    std::cerr << (terminal_ ? "\r" : "") << "copied " << step << " % of " << format_size(total)
              << (terminal_ && percent < 100 ? "" : "\n") << std::flush;
  }

 private:
  const bool terminal_ = ::isatty(STDERR_FILENO) != 0;
  int64_t shown_ = -1;
};

// What the files of a directory take of the disk, which for files with holes is less than their
// size.
int64_t disk_bytes(const std::string& directory) {
  int64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory, error)) {
    struct stat of_file {};
    if (::lstat(entry.path().c_str(), &of_file) == 0) {
      bytes += int64_t{of_file.st_blocks} * 512;
    }
  }
  return bytes;
}

nlohmann::ordered_json to_json(const StoreBackup& backup, const std::string& directory) {
  return {{"directory", directory},
          {"logBytes", backup.log_end - backup.log_begin},
          {"diskBytes", disk_bytes(directory)},
          {"logBegin", backup.log_begin},
          {"logEnd", backup.log_end},
          {"snapshot", backup.snapshot.has_value() ? nlohmann::ordered_json(*backup.snapshot)
                                                   : nlohmann::ordered_json()},
          {"records", backup.report.records},
          {"damaged", backup.report.damaged()}};
}

void print(const StoreBackup& backup, const std::string& directory) {
  std::cout << directory << ": log offsets " << backup.log_begin << " to " << backup.log_end << ", "
            << backup.report.records << " records, "
            << format_size(backup.log_end - backup.log_begin) << " of log; takes "
            << format_size(disk_bytes(directory)) << " of the disk\n";
  if (backup.report.damaged()) {
    std::cout << "The store is damaged, and so is the copy: see petrelctl store verify "
              << directory << '\n';
  } else if (!backup.report.sound()) {
    std::cout << "Read again: the log is sound. A broker starts on it, and makes "
              << backup.report.wrong_queues.size() << " queues' files again from the log.\n";
  } else {
    std::cout << "Read again and sound. A broker starts on it.\n";
  }
}

absl::StatusOr<int> back_up(const Globals& globals, const std::string& from,
                            const std::string& to) {
  const auto disk = store::make_posix_disk();
  ProgressLine line;
  PETREL_ASSIGN_OR_RETURN(const StoreBackup backup,
                          store::back_up_store(*disk, from, to,
                                               {.state_topic = std::string(kStateTopic),
                                                .progress = [&line](int64_t copied, int64_t total) {
                                                  line.tell(copied, total);
                                                }}));
  if (globals.output == OutputFormat::kTable) {
    print(backup, to);
    if (std::filesystem::exists(from + "/tls-key.pem")) {
      std::cout << "The broker's TLS key and certificate are not in it: a broker that starts on it "
                   "makes new ones, unless they are put there.\n";
    }
  } else {
    print_value(to_json(backup, to), globals.output, std::cout);
  }
  return backup.report.damaged() ? kFailed : kOk;
}

}  // namespace

void add_store_backup(CLI::App& store, Invocation& invocation) {
  auto from = std::make_shared<std::string>();
  auto to = std::make_shared<std::string>();
  CLI::App* command = store.add_subcommand(
      "backup",
      "Copy a store to a directory from which a broker starts, while its broker runs or not");
  command->add_option("DIRECTORY", *from, "The store's directory: commitlog/ is in it")->required();
  command->add_option("TARGET", *to, "Is made; may be there if it is empty")->required();
  command->footer(
      "Everything that was acknowledged before the command began is in the copy, with either "
      "flush\n"
      "mode; what came later may be. Sends go on. The copy is made in TARGET.partial, read again "
      "as\n"
      "store verify does, and renamed: a directory of the name TARGET is whole.\n"
      "Exit code 0: a copy whose log is sound; 1: no copy, or that of a damaged store, which says\n"
      "so; 3: no such store. A RocketMQ broker has to be stopped before.\n\n"
      "Examples:\n"
      "  petrelctl store backup ~/.petrel/quickstart/broker-0/data ./backup-of-broker-0\n"
      "  petrelctl -o json store backup ~/.petrel/quickstart/broker-0/data ./backup-of-tonight");
  command->callback([&invocation, from, to] {
    invocation.command = [&invocation, from, to] {
      return back_up(invocation.globals, *from, *to);
    };
  });
}

}  // namespace petrel::cli
