// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/index/message_index.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/check.h"
#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"
#include "store/log/record.h"

namespace petrel::store {
namespace {

constexpr log::Logger kLog("store");

bool has_key(const RecordView& record, std::string_view key) {
  bool found = false;
  for_each_index_key(record, [&](std::string_view own) { found = found || own == key; });
  return found;
}

LogOffset end_of(const RecordView& record) {
  return record.log_offset + static_cast<int64_t>(record.bytes.size());
}

absl::StatusOr<std::vector<std::string>> list_files(Disk& disk, const std::string& directory) {
  PETREL_ASSIGN_OR_RETURN(std::vector<std::string> names, disk.list(directory));
  std::erase_if(names, [](const std::string& name) { return !is_index_file_name(name); });
  return names;
}

}  // namespace

absl::StatusOr<std::unique_ptr<MessageIndex>> MessageIndex::open(Disk& disk, CommitLog& log,
                                                                 const Options& options) {
  std::unique_ptr<MessageIndex> index(new MessageIndex(disk, log, options));
  PETREL_RETURN_IF_ERROR(index->start());
  return index;
}

// ---- start

absl::Status MessageIndex::start() {
  PETREL_RETURN_IF_ERROR(disk_.create_directories(directory_));
  PETREL_ASSIGN_OR_RETURN(mark_file_, IndexMarkFile::open(disk_, directory_ + ".synced"));
  PETREL_ASSIGN_OR_RETURN(const std::optional<IndexMark> mark, mark_file_->read());
  PETREL_ASSIGN_OR_RETURN(std::vector<std::string> names, list_files(disk_, directory_));
  if (!mark.has_value()) {
    PETREL_RETURN_IF_ERROR(
        start_anew(names.empty() ? "" : "there is no sound record of how far it is durable"));
  } else {
    mark_ = *mark;
    PETREL_RETURN_IF_ERROR(load(std::move(names)));
  }
  indexed_ = std::clamp(indexed_, log_.begin(), std::max(log_.begin(), log_.end()));
  return absl::OkStatus();
}

absl::Status MessageIndex::load(std::vector<std::string> names) {
  const auto newer = std::upper_bound(names.begin(), names.end(), mark_.newest);
  const auto known = static_cast<size_t>(newer - names.begin());
  const auto files = static_cast<size_t>(mark_.files);
  if (known < files || (files > 0 && names[known - 1] != mark_.newest)) {
    return start_anew("a file is missing");
  }
  // Newer ones were being made, older ones were being removed.
  PETREL_RETURN_IF_ERROR(remove_files(std::span(names).subspan(known)));
  PETREL_RETURN_IF_ERROR(remove_files(std::span(names).first(known - files)));
  indexed_ = mark_.indexed;
  slots_synced_ = mark_.slots_synced;
  for (size_t i = known - files; i < known; ++i) {
    const absl::Status opened = load_file(names[i], /*newest=*/i + 1 == known);
    if (absl::IsDataLoss(opened)) return drop_from(files_.size(), concat(opened.message()));
    PETREL_RETURN_IF_ERROR(opened);
  }
  const auto behind_log = std::find_if(files_.begin(), files_.end(), [&](const NamedFile& file) {
    return file.file->header().end >= log_.end();
  });
  if (behind_log == files_.end()) return absl::OkStatus();
  return drop_from(static_cast<size_t>(behind_log - files_.begin()), "the log ends before it");
}

absl::Status MessageIndex::load_file(const std::string& name, bool newest) {
  PETREL_ASSIGN_OR_RETURN(std::unique_ptr<IndexFile> file,
                          IndexFile::open(disk_, directory_, name, options_.geometry));
  const IndexHeader& header = file->header();
  const bool in_order = files_.empty() || files_.back().file->header().end < header.begin;
  if (!in_order) return absl::DataLossError(concat(file->path(), " is out of order"));
  if (newest) {
    // The header is written with the slots, so it is the one from then or the one of the mark; any
    // other is of another program, which has changed slots too.
    const bool ours = header == mark_.header ||
                      (header.count == mark_.slots_synced && header.count < mark_.header.count);
    if (!ours) return absl::DataLossError(concat(file->path(), " was changed by others"));
    PETREL_RETURN_IF_ERROR(file->restore(mark_.header, mark_.slots_synced));
  } else if (header.count <= 1) {
    return absl::DataLossError(concat(file->path(), " is empty"));
  }
  files_.push_back({.name = name, .file = std::move(file)});
  return absl::OkStatus();
}

absl::Status MessageIndex::start_anew(std::string_view why) {
  if (!why.empty()) kLog.warn("the index is built again from the log", {{"why", std::string(why)}});
  files_.clear();
  slots_synced_ = 1;
  indexed_ = log_.begin();
  PETREL_RETURN_IF_ERROR(write_mark(current_mark()));
  PETREL_ASSIGN_OR_RETURN(const std::vector<std::string> names, list_files(disk_, directory_));
  return remove_files(names);
}

absl::Status MessageIndex::drop_from(size_t first, std::string_view why) {
  if (first == 0) return start_anew(why);
  kLog.warn("a part of the index is built again from the log",
            {{"behind_file", files_[first - 1].name}, {"why", std::string(why)}});
  files_.resize(first);
  // From its last record on, as the end of that one is not known; add() skips it.
  const IndexHeader& header = files_.back().file->header();
  indexed_ = std::max(header.end, log_.begin());
  slots_synced_ = header.count;
  PETREL_RETURN_IF_ERROR(write_mark(current_mark()));
  PETREL_ASSIGN_OR_RETURN(const std::vector<std::string> names, list_files(disk_, directory_));
  const auto newer = std::upper_bound(names.begin(), names.end(), files_.back().name);
  return remove_files(std::span(names).subspan(static_cast<size_t>(newer - names.begin())));
}

absl::Status MessageIndex::remove_files(std::span<const std::string> names) {
  if (names.empty()) return absl::OkStatus();
  for (const std::string& name : names) {
    PETREL_RETURN_IF_ERROR(disk_.remove(concat(directory_, "/", name)));
  }
  return disk_.sync_directory(directory_);
}

// ---- indexing

absl::Status MessageIndex::follow(LogOffset end, int64_t bytes_max) {
  indexed_ = std::max(indexed_, log_.begin());
  if (indexed_ >= end) return absl::OkStatus();
  int64_t bytes = 0;
  const absl::Status visited = log_.visit(indexed_, end, [&](const RecordView& record) {
    if (bytes >= bytes_max) return absl::CancelledError();
    indexed_ = record.log_offset;
    if (const absl::Status added = add(record); absl::IsDataLoss(added)) {
      PETREL_RETURN_IF_ERROR(drop_from(files_.size() - 1, concat(added.message())));
      return absl::CancelledError();
    } else if (!added.ok()) {
      return added;
    }
    indexed_ = end_of(record);
    bytes += static_cast<int64_t>(record.bytes.size());
    return absl::OkStatus();
  });
  if (absl::IsCancelled(visited)) return absl::OkStatus();
  PETREL_RETURN_IF_ERROR(visited);
  indexed_ = end;
  return absl::OkStatus();
}

absl::Status MessageIndex::add(const RecordView& record) {
  if (!files_.empty() && record.log_offset <= files_.back().file->header().end) {
    return absl::OkStatus();
  }
  hashes_.clear();
  for_each_index_key(
      record, [&](std::string_view key) { hashes_.push_back(index_key_hash(record.topic, key)); });
  if (hashes_.empty()) return absl::OkStatus();
  // Cannot be more than a file has room for, but for files smaller than RocketMQ's.
  const auto most = static_cast<size_t>(options_.geometry.entries - 1);
  if (hashes_.size() > most) hashes_.resize(most);
  if (files_.empty() || static_cast<size_t>(files_.back().file->room()) < hashes_.size()) {
    PETREL_RETURN_IF_ERROR(begin_file(record.store_ms));
  }
  IndexFile& file = *files_.back().file;
  for (const int32_t hash : hashes_) {
    PETREL_RETURN_IF_ERROR(file.put(hash, record.log_offset, record.store_ms));
  }
  if (file.header().count - slots_synced_ < options_.unflushed_entries_max) return absl::OkStatus();
  indexed_ = end_of(record);
  return flush();
}

absl::Status MessageIndex::begin_file(int64_t store_ms) {
  PETREL_RETURN_IF_ERROR(flush());
  std::string name = index_file_name(store_ms);
  if (!files_.empty() && name <= files_.back().name)
    name = index_file_name_after(files_.back().name);
  PETREL_ASSIGN_OR_RETURN(std::unique_ptr<IndexFile> file,
                          IndexFile::make(disk_, directory_, name, options_.geometry));
  files_.push_back({.name = std::move(name), .file = std::move(file)});
  slots_synced_ = 1;
  return absl::OkStatus();
}

// ---- durability

IndexMark MessageIndex::current_mark() const {
  IndexMark mark;
  mark.files = static_cast<int32_t>(files_.size());
  mark.indexed = indexed_;
  if (files_.empty()) return mark;
  mark.newest = files_.back().name;
  mark.header = files_.back().file->header();
  mark.slots_synced = slots_synced_;
  return mark;
}

absl::Status MessageIndex::write_mark(const IndexMark& mark) {
  PETREL_RETURN_IF_ERROR(mark_file_->write(mark));
  PETREL_RETURN_IF_ERROR(mark_file_->sync());
  mark_ = mark;
  return absl::OkStatus();
}

absl::Status MessageIndex::flush() {
  const bool has_entries = !files_.empty() && slots_synced_ < files_.back().file->header().count;
  if (!has_entries && current_mark() == mark_) return absl::OkStatus();
  PETREL_RETURN_IF_ERROR(log_.sync_up_to(indexed_));
  if (!has_entries) return write_mark(current_mark());
  IndexFile& file = *files_.back().file;
  PETREL_RETURN_IF_ERROR(file.sync_entries());
  PETREL_RETURN_IF_ERROR(write_mark(current_mark()));
  PETREL_RETURN_IF_ERROR(file.sync_slots());
  slots_synced_ = file.header().count;
  mark_ = current_mark();
  return mark_file_->write(mark_);  // need not be durable: the former makes some slots be set again
}

absl::Status MessageIndex::remove_before(LogOffset begin) {
  size_t old = 0;
  while (old + 1 < files_.size() && files_[old].file->header().end < begin) ++old;
  if (old == 0) return absl::OkStatus();
  PETREL_RETURN_IF_ERROR(flush());  // so that the mark knows the newest file, which stays
  // First the mark, so that a crash in between is not taken for a loss.
  IndexMark mark = mark_;
  mark.files -= static_cast<int32_t>(old);
  PETREL_RETURN_IF_ERROR(write_mark(mark));
  std::vector<std::string> names;
  for (size_t i = 0; i < old; ++i) names.push_back(std::move(files_[i].name));
  files_.erase(files_.begin(), files_.begin() + static_cast<ptrdiff_t>(old));
  return remove_files(names);
}

// ---- finding

absl::Status MessageIndex::find(std::string_view topic, std::string_view key,
                                const TimeRange& range,
                                absl::FunctionRef<bool(const LogSlice&, const RecordView&)> visit) {
  bool enough = false;
  for (size_t i = files_.size(); i > 0 && !enough; --i) {
    const IndexFile& file = *files_[i - 1].file;
    if (!file.may_have(range)) continue;
    const absl::Status found = find_in(file, topic, key, range, visit, enough);
    if (absl::IsDataLoss(found)) {
      PETREL_RETURN_IF_ERROR(drop_from(i - 1, concat(found.message())));
      return found;
    }
    PETREL_RETURN_IF_ERROR(found);
  }
  return absl::OkStatus();
}

absl::Status MessageIndex::find_in(
    const IndexFile& file, std::string_view topic, std::string_view key, const TimeRange& range,
    absl::FunctionRef<bool(const LogSlice&, const RecordView&)> visit, bool& enough) {
  return file.find(
      index_key_hash(topic, key), range, [&](LogOffset offset) -> absl::StatusOr<bool> {
        const absl::StatusOr<LogSlice> slice = log_.read_record(offset);
        // Before the log's begin, or damaged.
        if (absl::IsOutOfRange(slice.status()) || absl::IsDataLoss(slice.status())) return true;
        PETREL_RETURN_IF_ERROR(slice.status());
        const absl::StatusOr<RecordView> record = decode_record(slice->bytes(), Verify::kStructure);
        if (!record.ok() || record->topic != topic || !has_key(*record, key) ||
            record->store_ms < range.begin_ms || record->store_ms > range.end_ms) {
          return true;
        }
        enough = !visit(*slice, *record);
        return !enough;
      });
}

}  // namespace petrel::store
