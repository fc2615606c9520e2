// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/store_verify.h"

#include <algorithm>
#include <utility>

#include "common/concat.h"
#include "common/status.h"
#include "store/log/segment_size.h"
#include "store/log/sync_mark.h"
#include "store/store_paths.h"
#include "store/tools/index_check.h"
#include "store/tools/index_list.h"
#include "store/tools/snapshot_list.h"

namespace petrel::store {
namespace {

class Verification final : public LogVisitor {
 public:
  struct Views {
    SnapshotList snapshots;
    IndexList index;
    IndexGeometry geometry;
  };
  Verification(Disk& disk, const std::string& directory, Views views,
               const std::function<void(const LogFile&)>& reading, StoreReport& report)
      : disk_(disk),
        directory_(directory),
        snapshots_(std::move(views.snapshots)),
        reading_(reading),
        report_(report),
        queues_(disk, directory,
                snapshots_.newest_sound.has_value() ? &*snapshots_.newest_sound : nullptr),
        index_(disk, std::move(views.index), views.geometry, report.gaps) {}

  absl::Status run() {
    PETREL_ASSIGN_OR_RETURN(const SyncMark::Known mark, SyncMark::look(disk_, mark_path()));
    report_.synced = mark.synced;
    report_.needed = mark.required;
    if (snapshots_.newest_sound.has_value()) {
      report_.snapshot = snapshots_.newest_sound->offset.value();
    }
    PETREL_ASSIGN_OR_RETURN(report_.log_end,
                            survey_log(disk_, report_.files, report_.files.begin(), *this));
    PETREL_RETURN_IF_ERROR(go_on_at_snapshot());
    judge_files();
    judge_gaps();
    judge_beginning();
    judge_needed();
    judge_end();
    judge_mark();
    judge_snapshots();
    PETREL_RETURN_IF_ERROR(queues_.finish(report_.findings, report_.wrong_queues));
    PETREL_RETURN_IF_ERROR(index_.finish(LogOffset(report_.files.begin()), report_.findings,
                                         report_.wrong_index_files));
    report_.index_entries_compared = index_.entries_compared();
    report_.lost = queues_.lost();
    report_.topics = queues_.topics();
    report_.queues = queues_.queues();
    report_.entries_compared = queues_.entries_compared();
    return absl::OkStatus();
  }

  void file(const LogFile& begun) override {
    if (reading_) reading_(begun);
  }
  absl::Status record(const RecordView& record) override {
    ++report_.records;
    note_boundary(record.log_offset.value());
    note_boundary(record.log_offset.value() + static_cast<int64_t>(record.bytes.size()));
    PETREL_RETURN_IF_ERROR(index_.record(record));
    return queues_.record(record);
  }
  absl::Status gap(const LogGap& gap) override {
    report_.gaps.push_back(gap);
    return absl::OkStatus();
  }

 private:
  // A start reads the log from the newest snapshot on, so that is where it goes on, even if nothing
  // sound is before it.
  absl::Status go_on_at_snapshot() {
    if (!snapshots_.newest_sound.has_value()) return absl::OkStatus();
    const int64_t offset = snapshots_.newest_sound->offset.value();
    if (offset <= report_.log_end.offset || report_.files.find(offset - 1) == nullptr) {
      return absl::OkStatus();
    }
    const LogEnd before = report_.log_end;
    report_.gaps.push_back({.begin = before.offset,
                            .end = offset,
                            .path = before.path,
                            .why = before.why,
                            .file_missing = false});
    PETREL_ASSIGN_OR_RETURN(report_.log_end, survey_log(disk_, report_.files, offset, *this));
    return absl::OkStatus();
  }

  std::string mark_path() const { return concat(directory_, "/commitlog.synced"); }

  void note_boundary(int64_t offset) {
    for (const SnapshotOnDisk& snapshot : snapshots_.all) {
      if (snapshot.offset.value() == offset) boundaries_.push_back(offset);
    }
  }
  bool is_boundary(int64_t offset) const {
    if (offset == report_.log_end.offset || offset == report_.files.begin()) return true;
    if (std::find(boundaries_.begin(), boundaries_.end(), offset) != boundaries_.end()) return true;
    return std::any_of(report_.gaps.begin(), report_.gaps.end(), [offset](const LogGap& gap) {
      return gap.begin <= offset && offset <= gap.end;
    });
  }
  // In its file; -1 where there is none.
  int64_t position_of(int64_t offset) const {
    const int64_t segment_bytes = report_.files.segment_bytes;
    return segment_bytes > 0 ? offset % segment_bytes : -1;
  }
  void add(Finding finding) { report_.findings.push_back(std::move(finding)); }

  void judge_files() {
    const LogFiles& files = report_.files;
    for (const std::string& path : files.strange) {
      add({.path = path, .what = "is not a file of the log", .effect = "It is ignored."});
    }
    for (const LogFile& file : files.files) {
      const bool last = &file == &files.files.back();
      if (file.bytes == files.segment_bytes) continue;
      // A crash while the last file was made leaves it short; the next start makes it whole.
      add({.severity =
               last && file.bytes < files.segment_bytes ? Severity::kNote : Severity::kDamage,
           .path = file.path,
           .what = concat("has ", file.bytes, " bytes instead of ", files.segment_bytes),
           .effect = last ? "The next start makes it whole." : ""});
    }
  }

  void judge_gaps() {
    for (const LogGap& gap : report_.gaps) {
      add({.severity = Severity::kDamage,
           .path = gap.path,
           .position = gap.file_missing ? -1 : position_of(gap.begin),
           .bytes = gap.end - gap.begin,
           .what = concat("holds no sound record from log offset ", gap.begin, " to ", gap.end,
                          ": ", gap.why),
           .effect = "What lay there is not served. Sound records follow, so nothing behind it is "
                     "cut off."});
    }
  }

  void judge_beginning() {
    if (!report_.beginning_lost()) return;
    add({.severity = Severity::kDamage,
         .path = StorePaths(directory_).snapshots(),
         .what = concat("has no snapshot that can be used, and the log before offset ",
                        report_.files.begin(), " was deleted"),
         .effect = "No broker starts here: what topics and groups there are is nowhere else. The "
                   "messages are in the log. Put back a snapshot from a copy; removing snapshots "
                   "never helps."});
  }

  void judge_needed() {
    const std::optional<LogGap> gap = report_.gap_with_state();
    if (!gap.has_value()) return;
    add({.severity = Severity::kDamage,
         .path = gap->path,
         .position = position_of(*report_.needed),
         .what = concat("the record at log offset ", *report_.needed,
                        " is lost, the last one of the broker's own state"),
         .effect = "No broker starts here. Restore the file from a copy, or see what petrelctl "
                   "store repair would do."});
  }

  void judge_end() {
    const LogEnd& end = report_.log_end;
    const int64_t position = position_of(end.offset);
    if (report_.tail_lost()) {
      add({.severity = Severity::kDamage,
           .path = end.path,
           .position = position,
           .bytes = *report_.synced - end.offset,
           .what = concat("the log was synced up to offset ", *report_.synced, ", but ends at ",
                          end.offset, ": ", end.why),
           .effect = "Records that were acknowledged are gone, and no broker starts here. Restore "
                     "the file from a copy, or see what petrelctl store repair would do."});
    } else if (end.bytes_behind) {
      add({.severity = Severity::kNote,
           .path = end.path,
           .position = position,
           .what = concat("a torn write follows the last record: ", end.why),
           .effect = "It was never acknowledged as synced. The next start cuts it off."});
    }
  }

  void judge_mark() {
    if (report_.synced.has_value()) return;
    add({.severity = Severity::kNote,
         .path = mark_path(),
         .what = "is missing or damaged, so it is not known how far the log was synced",
         .effect = "The next start writes it anew. Until then a torn tail is cut off only when no "
                   "sound record follows it."});
  }

  void judge_snapshots() {
    for (const SnapshotOnDisk& snapshot : snapshots_.all) {
      std::string wrong = snapshot.damage;
      if (wrong.empty() && snapshot.offset.value() > report_.log_end.offset) {
        wrong = concat("it is of log offset ", snapshot.offset.value(), ", but the log ends at ",
                       report_.log_end.offset);
      } else if (wrong.empty() && !is_boundary(snapshot.offset.value())) {
        wrong = concat("no record begins or ends at its log offset ", snapshot.offset.value());
      }
      if (wrong.empty()) continue;
      report_.useless_snapshots.push_back(snapshot.path);
      add({.severity = snapshot.damage.empty() ? Severity::kDamage : Severity::kRepair,
           .path = snapshot.path,
           .what = concat("cannot be used: ", wrong),
           .effect = snapshot.damage.empty()
                         ? "A broker that starts from it refuses."
                         : "An older one is used, or the whole log is read; that takes longer."});
    }
  }

  Disk& disk_;
  const std::string directory_;
  const SnapshotList snapshots_;
  const std::function<void(const LogFile&)>& reading_;
  StoreReport& report_;
  QueueCheck queues_;
  IndexCheck index_;
  std::vector<int64_t> boundaries_;  // offsets of snapshots at which a record begins or ends
};

}  // namespace

std::optional<LogGap> StoreReport::gap_with_state() const {
  if (!needed.has_value() || *needed < snapshot.value_or(0)) return std::nullopt;
  for (const LogGap& gap : gaps) {
    if (gap.begin <= *needed && *needed < gap.end) return gap;
  }
  return std::nullopt;
}

bool StoreReport::sound() const {
  return std::all_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.severity == Severity::kNote; });
}

bool StoreReport::damaged() const {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.severity == Severity::kDamage; });
}

absl::StatusOr<StoreReport> verify_store(Disk& disk, const std::string& directory,
                                         const std::function<void(const LogFile&)>& reading,
                                         const IndexGeometry& index) {
  StoreReport report;
  PETREL_ASSIGN_OR_RETURN(report.files, find_sized_log_files(disk, StorePaths(directory).log()));
  Verification::Views views;
  views.geometry = index;
  PETREL_ASSIGN_OR_RETURN(views.snapshots, look_at_snapshots(disk, directory));
  PETREL_ASSIGN_OR_RETURN(views.index, look_at_index(disk, directory, index));
  PETREL_RETURN_IF_ERROR(Verification(disk, directory, std::move(views), reading, report).run());
  return report;
}

}  // namespace petrel::store
