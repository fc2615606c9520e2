// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/store_repair.h"

#include <algorithm>

#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::store {
namespace {

constexpr uint64_t kCopyBytes = 1 << 20;

std::string parent(const std::string& path) { return path.substr(0, path.find_last_of('/')); }

class Plan {
 public:
  Plan(Disk& disk, const std::string& directory, const std::string& name)
      : disk_(disk), directory_(directory), aside_(concat(directory, "/damaged/", name)) {}

  void move(const std::string& path, std::string_view why) {
    steps_.push_back({.kind = RepairStep::Kind::kMove,
                      .from = path,
                      .to = aside(path),
                      .why = std::string(why)});
  }
  absl::Status move_all_in(const std::string& directory, std::string_view why) {
    const absl::StatusOr<std::vector<std::string>> names = disk_.list(directory);
    if (absl::IsNotFound(names.status())) return absl::OkStatus();
    PETREL_RETURN_IF_ERROR(names.status());
    for (const std::string& name : *names) move(concat(directory, "/", name), why);
    return absl::OkStatus();
  }
  // What stands behind the end of the log, file by file, as far as there is something.
  absl::Status copy_tail(const LogFiles& files, int64_t end) {
    for (const LogFile& file : files.files) {
      if (file.start + files.segment_bytes <= end) continue;
      const auto begin = static_cast<uint64_t>(std::max<int64_t>(0, end - file.start));
      PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> opened,
                              disk_.open(file.path, Disk::OpenMode::kRead));
      PETREL_ASSIGN_OR_RETURN(const std::vector<FileRange> ranges, opened->data_ranges(begin));
      if (ranges.empty()) continue;
      steps_.push_back({.kind = RepairStep::Kind::kCopy,
                        .from = file.path,
                        .to = concat(aside(file.path), ".from-", begin),
                        .copy_begin = begin,
                        .copy_end = ranges.back().end,
                        .why = "the next start cuts off what follows the last record"});
    }
    return absl::OkStatus();
  }
  std::vector<RepairStep> take() { return std::move(steps_); }

 private:
  std::string aside(const std::string& path) const {
    PETREL_CHECK(path.starts_with(directory_)) << path;
    return aside_ + path.substr(directory_.size());
  }

  Disk& disk_;
  const std::string directory_;
  const std::string aside_;
  std::vector<RepairStep> steps_;
};

absl::Status copy(Disk& disk, const RepairStep& step) {
  PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> from,
                          disk.open(step.from, Disk::OpenMode::kRead));
  PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> to,
                          disk.open(step.to, Disk::OpenMode::kCreate));
  std::string buffer;
  for (uint64_t at = step.copy_begin; at < step.copy_end; at += buffer.size()) {
    buffer.resize(static_cast<size_t>(std::min(kCopyBytes, step.copy_end - at)));
    PETREL_RETURN_IF_ERROR(from->read(at, buffer));
    const iovec part = {.iov_base = buffer.data(), .iov_len = buffer.size()};
    PETREL_RETURN_IF_ERROR(to->write(at - step.copy_begin, std::span(&part, 1)));
  }
  return to->sync();
}

}  // namespace

absl::StatusOr<std::vector<RepairStep>> plan_repair(Disk& disk, const std::string& directory,
                                                    const StoreReport& report,
                                                    const std::string& name) {
  Plan plan(disk, directory, name);
  if (report.tail_lost()) {
    PETREL_RETURN_IF_ERROR(plan.copy_tail(report.files, report.log_end.offset));
  }
  for (const std::string& path : report.useless_snapshots) {
    plan.move(path, "no broker can start from it; an older one, or the whole log, is read instead");
  }
  for (const std::string& queue : report.wrong_queues) {
    PETREL_RETURN_IF_ERROR(
        plan.move_all_in(queue, "the next start rebuilds the queue from the log"));
  }
  // Last: it is what makes a broker start.
  if (report.tail_lost()) {
    plan.move(
        concat(directory, "/commitlog.synced"),
        "it says that more was synced than is there; without it a broker starts with what is");
  }
  return plan.take();
}

absl::Status repair(Disk& disk, const std::vector<RepairStep>& steps) {
  for (const RepairStep& step : steps) {
    PETREL_RETURN_IF_ERROR(disk.create_directories(parent(step.to)));
    if (step.kind == RepairStep::Kind::kCopy) {
      PETREL_RETURN_IF_ERROR(copy(disk, step));
    } else {
      PETREL_RETURN_IF_ERROR(disk.rename(step.from, step.to));
      PETREL_RETURN_IF_ERROR(disk.sync_directory(parent(step.from)));
    }
    PETREL_RETURN_IF_ERROR(disk.sync_directory(parent(step.to)));
  }
  return absl::OkStatus();
}

}  // namespace petrel::store
