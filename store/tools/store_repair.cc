// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/store_repair.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/check.h"
#include "common/concat.h"
#include "common/file_util.h"
#include "common/status.h"
#include "store/disk/whole_file.h"
#include "store/log/segment_size.h"
#include "store/store_paths.h"
#include "store/tools/file_copy.h"
#include "store/tools/log_survey.h"

namespace petrel::store {
namespace {

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
  // These bytes of the log from a copy of it.
  void restore(const LogFiles& files, const LogFiles& copy, int64_t begin, int64_t end) {
    constexpr char kWhy[] = "the copy has the records that were here";
    while (begin < end) {
      const int64_t start = begin / files.segment_bytes * files.segment_bytes;
      const int64_t part_end = std::min(end, start + files.segment_bytes);
      const std::string path = files.path_of(begin);
      const LogFile* const file = files.find(begin);
      const auto from = static_cast<uint64_t>(begin - start);
      const auto to = static_cast<uint64_t>(part_end - start);
      if (file == nullptr || file->bytes < files.segment_bytes) {
        steps_.push_back({.kind = RepairStep::Kind::kFill,
                          .to = path,
                          .end = static_cast<uint64_t>(files.segment_bytes),
                          .why = "the file is missing or short"});
      } else {
        steps_.push_back({.kind = RepairStep::Kind::kCopy,
                          .from = path,
                          .to = concat(aside(path), ".from-", from),
                          .begin = from,
                          .end = to,
                          .why = "it is replaced"});
      }
      steps_.push_back({.kind = RepairStep::Kind::kRestore,
                        .from = copy.path_of(begin),
                        .to = path,
                        .begin = from,
                        .end = to,
                        .why = kWhy});
      begin = part_end;
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
  PETREL_RETURN_IF_ERROR(
      copy_file_range(disk, step.from, step.to, {.begin = step.begin, .end = step.end}));
  PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> to,
                          disk.open(step.to, Disk::OpenMode::kReadWrite));
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

absl::Status restore(Disk& disk, const RepairStep& step) {
  PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> from,
                          disk.open(step.from, Disk::OpenMode::kRead));
  PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> to,
                          disk.open(step.to, Disk::OpenMode::kReadWrite));
  constexpr uint64_t kPieceBytes = 1 << 20;
  std::string piece;
  for (uint64_t at = step.begin; at < step.end; at += piece.size()) {
    piece.resize(static_cast<size_t>(std::min(kPieceBytes, step.end - at)));
    PETREL_RETURN_IF_ERROR(from->read(at, piece));
    const iovec bytes = {.iov_base = piece.data(), .iov_len = piece.size()};
    PETREL_RETURN_IF_ERROR(to->write(at, std::span(&bytes, 1)));
  }
  return to->sync();
}

absl::Status run(Disk& disk, const RepairStep& step) {
  switch (step.kind) {
    case RepairStep::Kind::kMove:
      PETREL_RETURN_IF_ERROR(disk.rename(step.from, step.to));
      return disk.sync_directory(parent_of(step.from));
    case RepairStep::Kind::kCopy:
      return copy(disk, step);
    case RepairStep::Kind::kFill:
      return fill(disk, step);
    case RepairStep::Kind::kCut:
      return cut(disk, step);
    case RepairStep::Kind::kRestore:
      return restore(disk, step);
  }
  return absl::OkStatus();
}

// Whether a log has sound records all the way between two offsets, and a record ends at the second.
class Passage final : public LogVisitor {
 public:
  explicit Passage(int64_t end) : end_(end) {}

  absl::Status record(const RecordView& record) override {
    const int64_t begin = record.log_offset.value();
    const int64_t end = begin + static_cast<int64_t>(record.bytes.size());
    if (begin < end_ && end <= end_) return absl::OkStatus();
    is_sound_ = is_sound_ && begin >= end_;
    return absl::CancelledError("far enough");
  }
  absl::Status gap(const LogGap& /*gap*/) override {
    is_sound_ = false;
    return absl::CancelledError("damaged");
  }
  bool is_sound() const { return is_sound_; }

 private:
  const int64_t end_;
  bool is_sound_ = true;
};

// Up to where the log, a copy's, has [begin, end): `end`, or its own end if that comes first;
// `begin` if it is damaged there, or has nothing of it.
absl::StatusOr<int64_t> sound_end(Disk& disk, const LogFiles& log, int64_t begin, int64_t end) {
  if (log.find(begin) == nullptr) return begin;
  Passage passage(end);
  const absl::StatusOr<LogEnd> log_end = survey_log(disk, log, begin, passage);
  if (absl::IsCancelled(log_end.status())) return passage.is_sound() ? end : begin;
  PETREL_RETURN_IF_ERROR(log_end.status());
  return passage.is_sound() ? std::clamp(log_end->offset, begin, end) : begin;
}

// A store that does not say which one it is passes for any.
absl::Status check_same_store(Disk& disk, const std::string& directory, const std::string& copy) {
  const auto id_of = [&disk](const std::string& store) {
    return read_whole_file(disk, concat(store, "/identity"));
  };
  const absl::StatusOr<std::string> id = id_of(directory);
  const absl::StatusOr<std::string> id_of_copy = id_of(copy);
  if (!id.ok() || !id_of_copy.ok() || *id == *id_of_copy) return absl::OkStatus();
  return absl::FailedPreconditionError(
      concat(copy, " is a copy of another store: the files identity differ"));
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

absl::StatusOr<std::vector<RepairStep>> plan_restore(Disk& disk, const std::string& directory,
                                                     const StoreReport& report,
                                                     const std::string& copy,
                                                     const RepairOptions& options) {
  PETREL_RETURN_IF_ERROR(check_same_store(disk, directory, copy));
  PETREL_ASSIGN_OR_RETURN(const LogFiles log, find_sized_log_files(disk, StorePaths(copy).log()));
  Plan plan(disk, directory, options.name);
  if (log.segment_bytes != report.files.segment_bytes) return plan.take();
  std::vector<std::pair<int64_t, int64_t>> wanted;
  for (const LogGap& gap : report.gaps) wanted.emplace_back(gap.begin, gap.end);
  if (report.tail_lost()) wanted.emplace_back(report.log_end.offset, *report.synced);
  for (const auto& [begin, end] : wanted) {
    PETREL_ASSIGN_OR_RETURN(const int64_t to, sound_end(disk, log, begin, end));
    if (to > begin) plan.restore(report.files, log, begin, to);
  }
  return plan.take();
}

absl::Status repair(Disk& disk, const std::vector<RepairStep>& steps) {
  for (const RepairStep& step : steps) {
    const std::string& changed = step.to.empty() ? step.from : step.to;
    PETREL_RETURN_IF_ERROR(disk.create_directories(parent_of(changed)));
    PETREL_RETURN_IF_ERROR(run(disk, step));
    PETREL_RETURN_IF_ERROR(disk.sync_directory(parent_of(changed)));
  }
  return absl::OkStatus();
}

}  // namespace petrel::store
