// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/store_repair.h"

#include <algorithm>
#include <optional>

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

  void move_if_there(const std::string& path, std::string_view why) {
    if (disk_.open(path, Disk::OpenMode::kRead).ok()) move(path, why);
  }
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
                        .begin = begin,
                        .end = ranges.back().end,
                        .why = "the next start cuts off what follows the last record"});
    }
    return absl::OkStatus();
  }
  // Whole log files that are missing between others, and what a short one lacks.
  // False when there are none.
  bool fill_missing(const LogFiles& files) {
    const size_t before = steps_.size();
    for (int64_t start = files.begin(); start + files.segment_bytes < files.end();
         start += files.segment_bytes) {
      const LogFile* const file = files.find(start);
      if (file != nullptr && file->bytes >= files.segment_bytes) continue;
      steps_.push_back(
          {.kind = RepairStep::Kind::kFill,
           .to = files.path_of(start),
           .end = static_cast<uint64_t>(files.segment_bytes),
           .why = "a broker does not start without it; zeros it takes for damage, and steps over"});
    }
    return steps_.size() > before;
  }
  // The log ends at `end`.
  void cut(const LogFiles& files, int64_t end) {
    constexpr char kWhy[] =
        "it is behind records of the broker's own state that are lost; petrelctl store dump on "
        "the directory it moves to prints its messages";
    for (const LogFile& file : files.files) {
      if (file.start >= end) {
        move(file.path, kWhy);
      } else if (file.start + files.segment_bytes > end) {
        steps_.push_back({.kind = RepairStep::Kind::kCopy,
                          .from = file.path,
                          .to = aside(file.path),
                          .end = static_cast<uint64_t>(file.bytes),
                          .why = kWhy});
        steps_.push_back({.kind = RepairStep::Kind::kCut,
                          .from = file.path,
                          .begin = static_cast<uint64_t>(end - file.start),
                          .why = "the log ends where the first of them is lost"});
      }
    }
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
  for (uint64_t at = step.begin; at < step.end; at += buffer.size()) {
    buffer.resize(static_cast<size_t>(std::min(kCopyBytes, step.end - at)));
    PETREL_RETURN_IF_ERROR(from->read(at, buffer));
    const iovec part = {.iov_base = buffer.data(), .iov_len = buffer.size()};
    PETREL_RETURN_IF_ERROR(to->write(at - step.begin, std::span(&part, 1)));
  }
  return to->sync();
}

absl::Status fill(Disk& disk, const RepairStep& step) {
  PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                          disk.open(step.to, Disk::OpenMode::kCreate));
  PETREL_RETURN_IF_ERROR(file->truncate(step.end));
  return file->sync();
}

absl::Status cut(Disk& disk, const RepairStep& step) {
  PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                          disk.open(step.from, Disk::OpenMode::kReadWrite));
  PETREL_RETURN_IF_ERROR(file->truncate(step.begin));
  return file->sync();
}

absl::Status run(Disk& disk, const RepairStep& step) {
  switch (step.kind) {
    case RepairStep::Kind::kMove:
      PETREL_RETURN_IF_ERROR(disk.rename(step.from, step.to));
      return disk.sync_directory(parent(step.from));
    case RepairStep::Kind::kCopy:
      return copy(disk, step);
    case RepairStep::Kind::kFill:
      return fill(disk, step);
    case RepairStep::Kind::kCut:
      return cut(disk, step);
  }
  return absl::OkStatus();
}

// Where the log has to end, so that no record of the owner's state is missing in it that no
// snapshot makes up for.
std::optional<int64_t> end_of_known_state(const StoreReport& report, std::string_view topic) {
  for (const LostMessages& lost : report.lost) {
    if (lost.topic != topic || lost.in_snapshot) continue;
    for (const LogGap& gap : report.gaps) {
      if (gap.end > lost.after.value() && gap.begin < lost.before.value()) return gap.begin;
    }
  }
  const std::optional<LogGap> last = report.gap_with_state();
  return last.has_value() ? std::optional(last->begin) : std::nullopt;
}

}  // namespace

absl::StatusOr<std::vector<RepairStep>> plan_repair(Disk& disk, const std::string& directory,
                                                    const StoreReport& report,
                                                    const RepairOptions& options) {
  Plan plan(disk, directory, options.name);
  const std::string mark = concat(directory, "/commitlog.synced");
  const std::optional<int64_t> cut_at = end_of_known_state(report, options.state_topic);
  if (cut_at.has_value()) {
    plan.cut(report.files, *cut_at);
  } else if (report.tail_lost()) {
    PETREL_RETURN_IF_ERROR(plan.copy_tail(report.files, report.log_end.offset));
  }
  for (const std::string& path : report.useless_snapshots) {
    plan.move(path, "no broker can start from it; an older one, or the whole log, is read instead");
  }
  for (const std::string& queue : report.wrong_queues) {
    PETREL_RETURN_IF_ERROR(
        plan.move_all_in(queue, "a broker makes it again from the log when it is read"));
  }
  for (const std::string& path : report.wrong_index_files) {
    plan.move(path, "the next start finds it missing, and builds the index again from the log");
  }
  // Last: it is what makes a broker start.
  if (cut_at.has_value() || report.tail_lost()) {
    plan.move_if_there(
        mark,
        "it says that more was synced than is there; without it a broker starts with what is");
  } else if (plan.fill_missing(report.files)) {
    plan.move_if_there(
        mark, "without it a broker takes all that is damaged before a sound record for that");
  }
  return plan.take();
}

absl::Status repair(Disk& disk, const std::vector<RepairStep>& steps) {
  for (const RepairStep& step : steps) {
    const std::string& changed = step.to.empty() ? step.from : step.to;
    PETREL_RETURN_IF_ERROR(disk.create_directories(parent(changed)));
    PETREL_RETURN_IF_ERROR(run(disk, step));
    PETREL_RETURN_IF_ERROR(disk.sync_directory(parent(changed)));
  }
  return absl::OkStatus();
}

}  // namespace petrel::store
