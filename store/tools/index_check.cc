// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/index_check.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "common/concat.h"
#include "common/status.h"
#include "store/index/message_index.h"
#include "store/log/big_endian.h"

namespace petrel::store {
namespace {

constexpr int32_t kEntriesRead = 3000;
constexpr size_t kSlotsRead = 16'384;

constexpr char kRebuilt[] =
    "A query may miss messages until then: petrelctl store repair moves the file aside, and the "
    "next start builds the index again from the log.";

}  // namespace

// One file, from its first entry to its last.
class IndexCheck::Walk {
 public:
  static absl::StatusOr<std::unique_ptr<Walk>> open(Disk& disk, const IndexFileOnDisk& file,
                                                    const IndexGeometry& geometry) {
    PETREL_ASSIGN_OR_RETURN(std::unique_ptr<File> opened,
                            disk.open(file.path, Disk::OpenMode::kRead));
    std::unique_ptr<Walk> walk(new Walk(file, std::move(opened), geometry));
    PETREL_RETURN_IF_ERROR(walk->load());
    return walk;
  }

  const IndexFileOnDisk& file() const { return file_; }
  bool at_end() const { return number_ >= file_.header.count; }
  const IndexEntry& entry() const { return entry_; }
  bool is_first() const { return number_ == 1; }
  absl::Status next() {
    ++number_;
    return load();
  }
  void wrong(std::string why) {
    if (wrong_++ == 0) why_ = std::move(why);
  }
  void wrong_entry(std::string_view why) { wrong(concat("entry ", number_, " ", why)); }
  // After the last entry: the slots, and the header's counts.
  absl::Status judge_end();

  int64_t wrong_places() const { return wrong_; }
  const std::string& why() const { return why_; }

 private:
  Walk(const IndexFileOnDisk& file, std::unique_ptr<File> opened, const IndexGeometry& geometry)
      : file_(file),
        opened_(std::move(opened)),
        geometry_(geometry),
        newest_(static_cast<size_t>(geometry.slots), 0) {}

  absl::Status load();
  absl::Status load_entry();
  void judge_chain();

  const IndexFileOnDisk& file_;
  const std::unique_ptr<File> opened_;
  const IndexGeometry geometry_;
  int32_t number_ = 1;
  IndexEntry entry_;
  std::string buffer_;
  int32_t buffer_first_ = 0;
  std::vector<int32_t> newest_;                 // entry of each slot so far
  std::optional<std::vector<int32_t>> synced_;  // the same of the entries that all slots know of
  int32_t used_slots_ = 0;
  LogOffset last_{0};
  int64_t wrong_ = 0;
  std::string why_;
};

// One that leads out of the file's range would keep the rest from meeting its records.
absl::Status IndexCheck::Walk::load() {
  while (true) {
    PETREL_RETURN_IF_ERROR(load_entry());
    const bool in_range = entry_.offset >= file_.header.begin && entry_.offset <= file_.header.end;
    if (at_end() || in_range) return absl::OkStatus();
    wrong_entry("leads to a log offset that its header excludes");
    ++number_;
  }
}

absl::Status IndexCheck::Walk::load_entry() {
  if (number_ == file_.slots_synced && !at_end()) synced_ = newest_;
  if (at_end()) return absl::OkStatus();
  const size_t buffered = buffer_.size() / kIndexEntryBytes;
  if (buffer_.empty() || number_ >= buffer_first_ + static_cast<int32_t>(buffered)) {
    buffer_first_ = number_;
    const int32_t count = std::min(kEntriesRead, file_.header.count - number_);
    buffer_.resize(static_cast<size_t>(count) * kIndexEntryBytes);
    PETREL_RETURN_IF_ERROR(opened_->read(index_entry_position(geometry_, number_), buffer_));
  }
  const char* const from =
      buffer_.data() + static_cast<size_t>(number_ - buffer_first_) * kIndexEntryBytes;
  entry_ = decode_index_entry(from);
  judge_chain();
  return absl::OkStatus();
}

void IndexCheck::Walk::judge_chain() {
  if (entry_.key_hash < 0) return wrong_entry("has no key's hash");
  int32_t& newest = newest_[static_cast<size_t>(entry_.key_hash % geometry_.slots)];
  if (entry_.before != newest) {
    wrong_entry(concat("leads on to entry ", entry_.before, " instead of ", newest));
  }
  if (newest == 0) ++used_slots_;
  newest = number_;
  if (entry_.offset < last_) wrong_entry("is out of the log's order");
  last_ = std::max(last_, entry_.offset);
  if (number_ == 1 && entry_.offset != file_.header.begin) {
    wrong("the header has another first log offset than entry 1");
  }
  if (number_ == file_.header.count - 1 && entry_.offset != file_.header.end) {
    wrong("the header has another last log offset than the last entry");
  }
}

absl::Status IndexCheck::Walk::judge_end() {
  if (used_slots_ != file_.header.used_slots) {
    wrong(concat("the header counts ", file_.header.used_slots, " used slots instead of ",
                 used_slots_));
  }
  std::string bytes;
  for (size_t first = 0; first < newest_.size(); first += kSlotsRead) {
    const size_t count = std::min(kSlotsRead, newest_.size() - first);
    bytes.resize(count * kIndexSlotBytes);
    PETREL_RETURN_IF_ERROR(opened_->read(kIndexHeaderBytes + first * kIndexSlotBytes, bytes));
    for (size_t i = 0; i < count; ++i) {
      const auto found = load_big_endian<int32_t>(bytes.data() + i * kIndexSlotBytes);
      const int32_t newest = newest_[first + i];
      // After a crash a slot may lag behind; the next start sets it.
      const int32_t oldest = synced_.has_value() ? (*synced_)[first + i] : newest;
      if (found >= oldest && found <= newest) continue;
      wrong(concat("slot ", first + i, " leads to entry ", found, " instead of ", newest));
    }
  }
  return absl::OkStatus();
}

IndexCheck::IndexCheck(Disk& disk, IndexList list, const IndexGeometry& geometry,
                       const std::vector<LogGap>& gaps)
    : disk_(disk), list_(std::move(list)), geometry_(geometry), gaps_(gaps) {}

IndexCheck::~IndexCheck() = default;

// ---- entries in log order

absl::Status IndexCheck::find_next() {
  while (walk_ == nullptr || walk_->at_end()) {
    if (walk_ != nullptr) PETREL_RETURN_IF_ERROR(end_file());
    while (next_file_ < list_.files.size() &&
           (list_.files[next_file_].left_over || !list_.files[next_file_].damage.empty())) {
      ++next_file_;
    }
    if (next_file_ == list_.files.size()) return absl::OkStatus();
    PETREL_ASSIGN_OR_RETURN(walk_, Walk::open(disk_, list_.files[next_file_++], geometry_));
  }
  return absl::OkStatus();
}

absl::Status IndexCheck::next() {
  PETREL_RETURN_IF_ERROR(walk_->next());
  return find_next();
}

absl::Status IndexCheck::end_file() {
  PETREL_RETURN_IF_ERROR(walk_->judge_end());
  const std::unique_ptr<Walk> ended = std::move(walk_);
  if (ended->wrong_places() == 0) return absl::OkStatus();
  wrong_files_.push_back(ended->file().path);
  findings_.push_back(
      {.severity = Severity::kRepair,
       .path = ended->file().path,
       .what = concat(ended->wrong_places(), " places are wrong, the first: ", ended->why()),
       .effect = kRebuilt});
  return absl::OkStatus();
}

bool IndexCheck::in_gap(LogOffset offset) const {
  return std::any_of(gaps_.begin(), gaps_.end(), [&](const LogGap& gap) {
    return gap.begin <= offset.value() && offset.value() < gap.end;
  });
}

// The entry leads to no record that the survey has met.
void IndexCheck::judge_unmatched(bool log_ended) {
  const LogOffset offset = walk_->entry().offset;
  const bool deleted = offset < first_record_ || (log_ended && first_record_ < LogOffset(0));
  if (deleted || in_gap(offset)) return;
  walk_->wrong_entry(concat("leads to log offset ", offset.value(), ", where no record begins"));
}

absl::Status IndexCheck::record(const RecordView& record) {
  if (first_record_ < LogOffset(0)) first_record_ = record.log_offset;
  PETREL_RETURN_IF_ERROR(find_next());
  while (walk_ != nullptr && walk_->entry().offset < record.log_offset) {
    judge_unmatched(/*log_ended=*/false);
    PETREL_RETURN_IF_ERROR(next());
  }
  if (walk_ == nullptr) return absl::OkStatus();
  hashes_.clear();
  for_each_index_key(
      record, [&](std::string_view key) { hashes_.push_back(index_key_hash(record.topic, key)); });
  hashes_.resize(std::min(hashes_.size(), static_cast<size_t>(geometry_.entries - 1)));
  // Between two entries of one file: whatever has a key there has an entry.
  if (walk_->entry().offset > record.log_offset) {
    if (!hashes_.empty() && !walk_->is_first()) {
      walk_->wrong(concat("the record at log offset ", record.log_offset.value(), " is missing"));
    }
    return absl::OkStatus();
  }
  return match(record);
}

// The entries of one record: one for each key, in order.
absl::Status IndexCheck::match(const RecordView& record) {
  for (size_t i = 0; i < hashes_.size(); ++i, ++compared_) {
    if (walk_ == nullptr || walk_->entry().offset != record.log_offset) {
      // Between files it is the end of the file before that lacks it.
      if (walk_ != nullptr && !walk_->is_first()) {
        walk_->wrong(
            concat("a key of the record at log offset ", record.log_offset.value(), " is missing"));
      }
      return absl::OkStatus();
    }
    if (walk_->entry().key_hash != hashes_[i]) {
      walk_->wrong_entry("leads to a record that has no such key");
    } else if (walk_->entry().seconds !=
               index_seconds(walk_->file().header.begin_ms, record.store_ms)) {
      walk_->wrong_entry("has another time than its record");
    }
    PETREL_RETURN_IF_ERROR(next());
  }
  while (walk_ != nullptr && walk_->entry().offset == record.log_offset) {
    walk_->wrong_entry("leads to a record that has no such key");
    PETREL_RETURN_IF_ERROR(next());
  }
  return absl::OkStatus();
}

absl::Status IndexCheck::finish(LogOffset log_begin, std::vector<Finding>& findings,
                                std::vector<std::string>& wrong_files) {
  PETREL_RETURN_IF_ERROR(find_next());
  while (walk_ != nullptr) {
    judge_unmatched(/*log_ended=*/true);
    PETREL_RETURN_IF_ERROR(next());
  }
  judge_list(log_begin);
  std::move(findings_.begin(), findings_.end(), std::back_inserter(findings));
  std::move(wrong_files_.begin(), wrong_files_.end(), std::back_inserter(wrong_files));
  return absl::OkStatus();
}

void IndexCheck::judge_list(LogOffset log_begin) {
  if (!list_.files.empty() && !list_.mark.has_value()) {
    findings_.push_back({.path = list_.files.front().path,
                         .what = "and the other files of the index: index.synced is missing or "
                                 "damaged, so it is not known how far they are durable",
                         .effect = "The next start builds the index again from the log."});
  }
  if (list_.missing > 0) {
    findings_.push_back({.severity = Severity::kRepair,
                         .path = list_.directory,
                         .what = concat(list_.missing, " of ", list_.mark->files,
                                        " files that index.synced counts are missing"),
                         .effect = "The next start builds the index again from the log."});
  }
  for (const IndexFileOnDisk& file : list_.files) {
    const bool newest = &file == &list_.files.back();
    if (file.left_over) {
      findings_.push_back({.path = file.path,
                           .what = "was being made or removed when the process ended",
                           .effect = "The next start removes it."});
    } else if (!file.damage.empty()) {
      wrong_files_.push_back(file.path);
      findings_.push_back({.severity = Severity::kRepair,
                           .path = file.path,
                           .what = file.damage,
                           .effect = kRebuilt});
    } else if (!newest && file.header.end < log_begin) {
      findings_.push_back({.path = file.path,
                           .what = concat("leads only to records before log offset ",
                                          log_begin.value(), ", which are deleted"),
                           .effect = "A broker removes it."});
    }
  }
}

}  // namespace petrel::store
