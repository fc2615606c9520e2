// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/store_backup.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "common/concat.h"
#include "common/file_util.h"
#include "common/status.h"
#include "store/disk/whole_file.h"
#include "store/log/segment_size.h"
#include "store/log/sync_mark.h"
#include "store/snapshot/snapshot_file.h"
#include "store/store_paths.h"
#include "store/tools/file_copy.h"
#include "store/tools/log_survey.h"
#include "store/tools/snapshot_list.h"

namespace petrel::store {
namespace {

// Each needs two newer snapshots since the one before.
constexpr int kAttempts = 5;
// How often damage is read again that may be a write that was under way.
constexpr int kLooksAtAGap = 3;

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

// A running broker has removed the file, or is about to: deleted files shrink before they go.
bool is_gone(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsOutOfRange(status);
}

// What a start would read: where the log ends, and what was met on the way.
class Tail final : public LogVisitor {
 public:
  explicit Tail(std::string state_topic) : state_topic_(std::move(state_topic)) {}

  absl::Status record(const RecordView& record) override {
    if (record.topic == state_topic_) last_state_ = record.log_offset.value();
    return absl::OkStatus();
  }
  absl::Status gap(const LogGap& gap) override {
    if (!first_gap_.has_value()) first_gap_ = gap.begin;
    return absl::OkStatus();
  }

  std::optional<int64_t> last_state() const { return last_state_; }
  std::optional<int64_t> first_gap() const { return first_gap_; }

 private:
  const std::string state_topic_;
  std::optional<int64_t> last_state_;
  std::optional<int64_t> first_gap_;
};

class BackupRun {
 public:
  BackupRun(Disk& disk, const std::string& from, const std::string& to,
            const BackupOptions& options)
      : disk_(disk),
        options_(options),
        from_(without_slashes(from)),
        to_(without_slashes(to)),
        partial_(concat(to_.root(), ".partial")) {}

  absl::StatusOr<StoreBackup> run() {
    PETREL_RETURN_IF_ERROR(check_target());
    PETREL_RETURN_IF_ERROR(copy_all());
    PETREL_ASSIGN_OR_RETURN(backup_.report,
                            verify_store(disk_, partial_.root(), nullptr, options_.index));
    PETREL_RETURN_IF_ERROR(check_copy());
    PETREL_RETURN_IF_ERROR(disk_.rename(partial_.root(), to_.root()));
    PETREL_RETURN_IF_ERROR(disk_.sync_directory(parent_of(to_.root())));
    return std::move(backup_);
  }

 private:
  absl::Status check_target() {
    if (concat(to_.root(), "/").starts_with(concat(from_.root(), "/"))) {
      return absl::InvalidArgumentError(
          concat(to_.root(), " lies in the store itself; name a directory outside of it"));
    }
    const absl::StatusOr<std::vector<std::string>> there = disk_.list(to_.root());
    if (!there.ok() && !absl::IsNotFound(there.status())) return there.status();
    if (there.ok() && !there->empty()) {
      return absl::AlreadyExistsError(
          concat(to_.root(), " is not empty; a backup goes to a directory that is not there yet"));
    }
    const absl::StatusOr<std::vector<std::string>> left = disk_.list(partial_.root());
    if (left.ok()) {
      return absl::AlreadyExistsError(
          concat(partial_.root(), " is there: an interrupted backup, or one that is being made. ",
                 "Remove it if none is, or name another directory"));
    }
    return absl::IsNotFound(left.status()) ? absl::OkStatus() : left.status();
  }

  absl::Status copy_all() {
    absl::Status copied = absl::OkStatus();
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      copied = attempt_copy();
      if (!absl::IsAborted(copied)) return copied;
    }
    return copied;
  }

  // Aborted when the broker has deleted what this attempt needs.
  absl::Status attempt_copy() {
    absl::Status status = look();
    if (status.ok()) status = copy_log();
    if (status.ok()) status = copy_rest();
    // The store is there at each attempt: what is not, has gone since it was listed.
    const bool retry = is_gone(status) && disk_.list(from_.log()).ok();
    return retry ? absl::AbortedError(concat("files of the store vanish while they are copied: ",
                                             status.message()))
                 : status;
  }

  // ---- what there is

  // The order counts. What the mark says was synced is in the log that is listed after it. Queue
  // files are copied when the snapshot is known, below which they are durable.
  absl::Status look() {
    PETREL_ASSIGN_OR_RETURN(snapshots_, look_at_snapshots(disk_, from_.root()));
    PETREL_ASSIGN_OR_RETURN(const SyncMark::Known mark,
                            SyncMark::look(disk_, concat(from_.log(), ".synced")));
    PETREL_ASSIGN_OR_RETURN(files_, find_sized_log_files(disk_, from_.log()));
    PETREL_RETURN_IF_ERROR(check_begin());
    PETREL_RETURN_IF_ERROR(find_end(mark));
    PETREL_ASSIGN_OR_RETURN(const std::vector<std::string> names, disk_.list(from_.root()));
    size_is_recorded_ = std::find(names.begin(), names.end(), "commitlog.segments") != names.end();
    const int64_t end = backup_.log_end;
    if (end < std::max(mark.synced.value_or(0), snapshot_offset())) {
      return absl::DataLossError(concat("the log in ", from_.log(), " ends at ", end,
                                        ", though it was written up to ",
                                        std::max(mark.synced.value_or(0), snapshot_offset()),
                                        ": no broker starts here; see petrelctl store verify"));
    }
    if (last_state_.value_or(end) >= end) last_state_ = mark.required;
    return absl::OkStatus();
  }

  int64_t snapshot_offset() const {
    return snapshots_.newest_sound.has_value() ? snapshots_.newest_sound->offset.value() : 0;
  }

  absl::Status check_begin() const {
    if (snapshots_.newest_sound.has_value()) return absl::OkStatus();
    if (snapshots_.all.empty() || files_.begin() == 0) return absl::OkStatus();
    return absl::DataLossError(
        concat("no snapshot in ", from_.snapshots(), " can be read, and the log before ",
               files_.begin(), " was deleted: no broker starts here; see petrelctl store verify"));
  }

  // Behind the last record of the log as it is now. While a broker writes, a survey may miss a
  // record that was written behind its back and see the next one. Writes are in log order: when the
  // next one was seen, the one before it is there to be read. Damage stays, however often it is
  // read; where the log was not synced, it is what power loss left, and a start cuts it off.
  absl::Status find_end(const SyncMark::Known& mark) {
    int64_t from = std::max(snapshot_offset(), files_.begin());
    int64_t gap_before = -1;
    for (int looks = 0;;) {
      Tail tail(options_.state_topic);
      PETREL_ASSIGN_OR_RETURN(const LogEnd end, survey_log(disk_, files_, from, tail));
      backup_.log_end = end.offset;
      if (tail.last_state().has_value()) last_state_ = tail.last_state();
      if (!tail.first_gap().has_value()) return absl::OkStatus();
      looks = *tail.first_gap() == gap_before ? looks + 1 : 1;
      gap_before = *tail.first_gap();
      from = gap_before;
      if (looks < kLooksAtAGap) continue;
      if (gap_before >= mark.synced.value_or(end.offset)) backup_.log_end = gap_before;
      return absl::OkStatus();
    }
  }

  // ---- the log

  int64_t used_bytes(const LogFile& file) const {
    return std::min(file.bytes, backup_.log_end - file.start);
  }
  bool is_whole_copy(const LogFile& file) const {
    const auto copied = copied_.find(file.start);
    return copied != copied_.end() && copied->second == files_.segment_bytes;
  }

  absl::Status check_room(int64_t wanted) {
    PETREL_ASSIGN_OR_RETURN(const DiskSpace space, disk_.space(parent_of(to_.root())));
    if (space.available_bytes >= static_cast<uint64_t>(wanted)) return absl::OkStatus();
    return absl::ResourceExhaustedError(concat(parent_of(to_.root()), " has room for ",
                                               space.available_bytes, " bytes, and the log has ",
                                               wanted));
  }

  // The newest file first: those that a deletion takes meanwhile are the last ones here.
  absl::Status copy_log() {
    std::vector<LogFile> wanted;
    progress_ = {};
    for (const LogFile& file : files_.files) {
      if (used_bytes(file) <= 0 || is_whole_copy(file)) continue;
      wanted.push_back(file);
      progress_.total += used_bytes(file);
    }
    PETREL_RETURN_IF_ERROR(disk_.create_directories(partial_.log()));
    PETREL_RETURN_IF_ERROR(
        check_room(progress_.total + (size_is_recorded_ ? 0 : files_.segment_bytes)));
    while (!wanted.empty()) {
      const LogFile file = wanted.back();
      wanted.pop_back();
      const absl::Status copied = copy_log_file(file);
      // All of it is in the snapshot, and what is older has gone before it.
      const bool needed = file.start + files_.segment_bytes > snapshot_offset();
      if (copied.ok()) continue;
      PETREL_RETURN_IF_ERROR(forget_copy(file));  // another attempt may not list it any more
      if (!is_gone(copied) || needed) return copied;
      return absl::OkStatus();
    }
    return absl::OkStatus();
  }

  absl::Status copy_log_file(const LogFile& file) {
    const std::string target = copy_of(file.path);
    copied_.erase(file.start);
    PETREL_RETURN_IF_ERROR(copy_file_range(
        disk_, file.path, target, {.begin = 0, .end = static_cast<uint64_t>(used_bytes(file))},
        [this](uint64_t bytes) { tell(static_cast<int64_t>(bytes)); }));
    copied_[file.start] = used_bytes(file);
    PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> opened,
                            disk_.open(target, Disk::OpenMode::kReadWrite));
    // The last file ends with what is written in it: who opens the log makes it whole. Where no
    // record says how large whole is, the file itself has to: the rest is zero.
    if (backup_.log_end < file.start + files_.segment_bytes && !size_is_recorded_) {
      PETREL_RETURN_IF_ERROR(opened->allocate(0, static_cast<uint64_t>(files_.segment_bytes)));
    }
    return opened->sync();
  }

  absl::Status forget_copy(const LogFile& file) {
    const absl::Status removed = disk_.remove(copy_of(file.path));
    return absl::IsNotFound(removed) ? absl::OkStatus() : removed;
  }

  void tell(int64_t bytes) {
    progress_.copied += bytes;
    if (options_.progress) options_.progress(progress_.copied, progress_.total);
  }

  // ---- the rest

  std::string copy_of(const std::string& path) const {
    return partial_.root() + path.substr(from_.root().size());
  }

  // Files that are replaced as a whole, and may be missing.
  absl::Status copy_small_file(const std::string& path) {
    const absl::StatusOr<std::string> bytes = read_whole_file(disk_, path);
    if (is_gone(bytes.status())) return absl::OkStatus();
    PETREL_RETURN_IF_ERROR(bytes.status());
    return write_whole_file(disk_, copy_of(path), *bytes);
  }

  // Files and directories below, as far as they stay there: a queue file that goes meanwhile is
  // deleted with its records, or with its topic.
  absl::Status copy_tree(const std::string& directory) {
    const absl::StatusOr<std::vector<std::string>> names = disk_.list(directory);
    if (absl::IsNotFound(names.status())) return absl::OkStatus();
    PETREL_RETURN_IF_ERROR(names.status());
    PETREL_RETURN_IF_ERROR(disk_.make_directories(copy_of(directory)));
    for (const std::string& name : *names) {
      const std::string path = concat(directory, "/", name);
      const absl::Status copied =
          disk_.list(path).ok() ? copy_tree(path) : copy_whole(path, copy_of(path));
      if (!copied.ok() && !is_gone(copied)) return copied;
    }
    return absl::OkStatus();
  }

  absl::Status copy_whole(const std::string& from, const std::string& to) {
    PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                            disk_.open(from, Disk::OpenMode::kRead));
    PETREL_ASSIGN_OR_RETURN(const uint64_t bytes, file->size());
    return copy_file_range(disk_, from, to, {.begin = 0, .end = bytes});
  }

  absl::Status copy_rest() {
    PETREL_RETURN_IF_ERROR(copy_tree(from_.queues()));
    PETREL_RETURN_IF_ERROR(copy_tree(from_.config()));
    for (const char* name :
         {"/commitlog.segments", "/commitlog.damaged", "/identity", "/checkpoint", "/abort"}) {
      PETREL_RETURN_IF_ERROR(copy_small_file(from_.root() + name));
    }
    {
      PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<SyncMark> mark,
                              SyncMark::open(disk_, concat(partial_.log(), ".synced")));
      PETREL_RETURN_IF_ERROR(mark->write(backup_.log_end, last_state_));
      PETREL_RETURN_IF_ERROR(mark->sync());
    }
    PETREL_RETURN_IF_ERROR(sync_copies());
    return copy_snapshot();
  }

  absl::Status sync_copies() {
    const absl::Status synced = disk_.sync_all(partial_.root());
    return absl::IsUnimplemented(synced) ? sync_tree(partial_.root()) : synced;
  }

  absl::Status sync_tree(const std::string& path) {
    const absl::StatusOr<std::vector<std::string>> names = disk_.list(path);
    if (!names.ok()) {
      PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                              disk_.open(path, Disk::OpenMode::kReadWrite));
      return file->sync();
    }
    for (const std::string& name : *names) {
      PETREL_RETURN_IF_ERROR(sync_tree(concat(path, "/", name)));
    }
    return disk_.sync_directory(path);
  }

  absl::Status copy_snapshot() {
    PETREL_RETURN_IF_ERROR(disk_.create_directories(partial_.snapshots()));
    backup_.snapshot = std::nullopt;
    if (!snapshots_.newest_sound.has_value()) return absl::OkStatus();
    const LogOffset offset = snapshots_.newest_sound->offset;
    backup_.snapshot = offset.value();
    // What was read and found sound is what is written: the file may have gone since.
    return write_snapshot(disk_, partial_.snapshots(), *snapshots_.newest_sound);
  }

  // ---- what came of it

  // The copy must be damaged only where the store is. Then it is what there is to save.
  absl::Status check_copy() {
    const StoreReport& report = backup_.report;
    backup_.log_begin = report.files.begin();
    if (report.log_end.offset != backup_.log_end) {
      return absl::DataLossError(concat("the copy in ", partial_.root(), " ends at log offset ",
                                        report.log_end.offset, " instead of ", backup_.log_end));
    }
    for (const LogGap& gap : report.gaps) {
      PETREL_ASSIGN_OR_RETURN(const bool same, is_as_in_store(gap));
      if (same) continue;
      return absl::DataLossError(concat("the copy in ", partial_.root(),
                                        " is not what the store has at log offset ", gap.begin,
                                        ": ", gap.why));
    }
    return absl::OkStatus();
  }

  // Of the damaged file, as far as the backup goes. What the store has deleted since, or never had,
  // says nothing against the copy.
  absl::StatusOr<bool> is_as_in_store(const LogGap& gap) {
    const LogFile* const file = backup_.report.files.find(gap.begin);
    if (file == nullptr) return true;
    const absl::StatusOr<bool> alike =
        begin_alike(disk_, file->path, from_.root() + file->path.substr(partial_.root().size()),
                    static_cast<uint64_t>(used_bytes(*file)));
    return is_gone(alike.status()) ? true : alike;
  }

  struct Progress {
    int64_t copied = 0;
    int64_t total = 0;
  };

  Disk& disk_;
  const BackupOptions& options_;
  const StorePaths from_;
  const StorePaths to_;
  const StorePaths partial_;
  SnapshotList snapshots_;
  LogFiles files_;
  bool size_is_recorded_ = false;      // that of the log's files
  std::optional<int64_t> last_state_;  // log offset of the owner's last record
  std::map<int64_t, int64_t> copied_;  // bytes of the log's files, by start
  Progress progress_;
  StoreBackup backup_;
};

}  // namespace

absl::StatusOr<StoreBackup> back_up_store(Disk& disk, const std::string& from,
                                          const std::string& to, const BackupOptions& options) {
  return BackupRun(disk, from, to, options).run();
}

}  // namespace petrel::store
