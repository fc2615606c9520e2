// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/queue/queue_repair.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "common/status.h"
#include "store/log/record.h"
#include "store/queue/queue_dispatch.h"
#include "store/queue/queue_files.h"

namespace petrel::store {
namespace {

constexpr int kOffsetBits = 63;

bool is_of(const RecordView& record, const QueueExtent& queue) {
  return record.topic == queue.topic && record.queue_id == queue.queue_id && has_place(record);
}

}  // namespace

absl::Status QueueRepair::read(QueuePage& page, std::span<const CorrectedEntry> known,
                               std::span<const QueueOffset> distrusted) {
  PETREL_RETURN_IF_ERROR(read_raw_queue_entries(disk_, directory_, page.first, page.entries));
  for (const CorrectedEntry& correction : known) {
    page.entries[static_cast<size_t>(correction.offset - page.first)] = correction.entry;
  }
  wrong_.assign(page.entries.size(), false);
  for (const size_t index : doubtful(page, known, distrusted)) {
    const QueueOffset offset = page.first + static_cast<int64_t>(index);
    const QueueEntry& entry = page.entries[index];
    std::optional<QueueEntry> should;
    if (is_queue_entry(entry)) {
      PETREL_ASSIGN_OR_RETURN(should, proven(offset, entry.log_offset));
    }
    if (!should.has_value()) {
      wrong_[index] = true;
    } else if (*should != entry) {
      correct(offset, *should, page);
    }
  }
  for (size_t index = 0; index < wrong_.size(); ++index) {
    // One repair may settle many.
    if (wrong_[index]) {
      PETREL_RETURN_IF_ERROR(repair(page.first + static_cast<int64_t>(index), page));
    }
  }
  std::sort(corrected_.begin(), corrected_.end(),
            [](const auto& a, const auto& b) { return a.offset < b.offset; });
  return absl::OkStatus();
}

// Indexes, ascending.
std::vector<size_t> QueueRepair::doubtful(const QueuePage& page,
                                          std::span<const CorrectedEntry> known,
                                          std::span<const QueueOffset> distrusted) const {
  std::vector<bool> doubted(page.entries.size());
  std::optional<size_t> last;  // the entry before whose place in the log may be right
  for (size_t i = 0; i < page.entries.size(); ++i) {
    const QueueEntry& entry = page.entries[i];
    if (entry.is_hole()) continue;
    if (!is_queue_entry(entry) || entry.log_offset < extent_.front ||
        entry.log_offset > extent_.end || entry.end() > extent_.end) {
      doubted[i] = true;
      continue;
    }
    // One of the two is wrong.
    if (last.has_value() && page.entries[*last].end() > entry.log_offset) {
      doubted[i] = doubted[*last] = true;
    }
    last = i;
  }
  for (const QueueOffset offset : distrusted) {
    doubted[static_cast<size_t>(offset - page.first)] = true;
  }
  for (const CorrectedEntry& correction : known) {
    doubted[static_cast<size_t>(correction.offset - page.first)] = false;
  }
  std::vector<size_t> indexes;
  for (size_t i = 0; i < doubted.size(); ++i) {
    if (doubted[i]) indexes.push_back(i);
  }
  return indexes;
}

absl::StatusOr<std::optional<QueueEntry>> QueueRepair::proven(QueueOffset offset,
                                                              LogOffset at) const {
  const absl::StatusOr<LogSlice> slice = log_.read_record(at);
  if (absl::IsDataLoss(slice.status()) || absl::IsOutOfRange(slice.status())) return std::nullopt;
  PETREL_RETURN_IF_ERROR(slice.status());
  const absl::StatusOr<RecordView> record = decode_record(slice->bytes(), Verify::kStructure);
  if (!record.ok() || !is_of(*record, extent_) || record->queue_offset != offset) {
    return std::nullopt;
  }
  return queue_entry_of(*record);
}

absl::StatusOr<std::optional<QueueRepair::Neighbour>> QueueRepair::proven_neighbour(
    QueueOffset offset) const {
  QueueEntry entry;
  if (offset >= raw_first_ && offset < raw_end()) {
    entry = raw(offset);
  } else {
    PETREL_RETURN_IF_ERROR(read_raw_queue_entries(disk_, directory_, offset, std::span(&entry, 1)));
  }
  if (!is_queue_entry(entry) || entry.is_hole()) return std::nullopt;
  PETREL_ASSIGN_OR_RETURN(const std::optional<QueueEntry> should, proven(offset, entry.log_offset));
  if (!should.has_value()) return std::nullopt;
  return Neighbour{.offset = offset, .entry = *should};
}

absl::Status QueueRepair::repair(QueueOffset offset, QueuePage& page) {
  PETREL_RETURN_IF_ERROR(load_file(offset));
  PETREL_ASSIGN_OR_RETURN(const Run run, run_around(offset));
  PETREL_ASSIGN_OR_RETURN(const bool repaired, repair_flipped_bit(offset, run, page));
  if (repaired) return absl::OkStatus();
  PETREL_ASSIGN_OR_RETURN(const std::vector<QueueEntry> found, search(run));
  take_over(run, found, page);
  return absl::OkStatus();
}

absl::Status QueueRepair::load_file(QueueOffset offset) {
  if (offset >= raw_first_ && offset < raw_end()) return absl::OkStatus();
  const QueueOffset begin = queue_file_begin(offset);
  raw_first_ = std::max(begin, extent_.min);
  const QueueOffset end = std::min(begin + kQueueFileEntries, extent_.durable);
  raw_.resize(static_cast<size_t>(end - raw_first_));
  return read_raw_queue_entries(disk_, directory_, raw_first_, raw_);
}

// Farther and farther away, so that a lost file costs few reads; the search covers what is between.
absl::StatusOr<QueueRepair::Run> QueueRepair::run_around(QueueOffset offset) const {
  Run run{.first = raw_first_, .end = raw_end(), .below = std::nullopt, .above = std::nullopt};
  for (int64_t step = 1; !run.below.has_value() && offset - step >= raw_first_; step *= 2) {
    PETREL_ASSIGN_OR_RETURN(run.below, proven_neighbour(offset - step));
  }
  if (!run.below.has_value() && raw_first_ > extent_.min) {
    PETREL_ASSIGN_OR_RETURN(run.below, proven_neighbour(raw_first_ - 1));
  }
  for (int64_t step = 1; !run.above.has_value() && offset + step < raw_end(); step *= 2) {
    PETREL_ASSIGN_OR_RETURN(run.above, proven_neighbour(offset + step));
  }
  if (!run.above.has_value() && raw_end() < extent_.durable) {
    PETREL_ASSIGN_OR_RETURN(run.above, proven_neighbour(raw_end()));
  }
  if (run.below.has_value()) run.first = run.below->offset + 1;
  if (run.above.has_value()) run.end = run.above->offset;
  return run;
}

// Where a record begins, or a file of the log.
LogOffset QueueRepair::search_begin(const Run& run) const {
  if (run.below.has_value()) return run.below->entry.end();
  const LogOffset begin = log_.begin();
  if (extent_.front <= begin || log_.read_record(extent_.front).ok()) {
    return std::max(extent_.front, begin);
  }
  LogOffset file_begin = begin;
  for (const LogSegment& segment : log_.segments()) {
    if (segment.start <= extent_.front) file_begin = std::max(file_begin, segment.start);
  }
  return file_begin;
}

LogOffset QueueRepair::search_end(const Run& run) const {
  return run.above.has_value() ? run.above->entry.log_offset : extent_.end;
}

// Costs a few reads, whatever lies between the neighbours.
absl::StatusOr<bool> QueueRepair::repair_flipped_bit(QueueOffset offset, const Run& run,
                                                     QueuePage& page) {
  const LogOffset begin = std::max(search_begin(run), extent_.front);
  const LogOffset end = search_end(run);
  for (int bit = 0; bit < kOffsetBits; ++bit) {
    const LogOffset at(raw(offset).log_offset.value() ^ (int64_t{1} << bit));
    if (at < begin || at >= end) continue;
    PETREL_ASSIGN_OR_RETURN(const std::optional<QueueEntry> should, proven(offset, at));
    if (!should.has_value()) continue;
    correct(offset, *should, page);
    return true;
  }
  return false;
}

absl::StatusOr<std::vector<QueueEntry>> QueueRepair::search(const Run& run) const {
  std::vector<QueueEntry> found(static_cast<size_t>(run.end - run.first));
  const LogOffset begin = search_begin(run);
  const LogOffset end = search_end(run);
  if (begin >= end) return found;
  const bool only_this_queue = run.below.has_value() || extent_.front > LogOffset(0);
  QueueOffset last(-1);
  bool complete = false;
  const absl::Status visited = log_.visit(begin, end, [&](const RecordView& record) {
    if (stopping_.load(std::memory_order_relaxed)) return absl::CancelledError("the store closes");
    if (!is_of(record, extent_) || record.log_offset < extent_.front) return absl::OkStatus();
    const QueueOffset offset = record.queue_offset;
    // A topic of that name was deleted and made again.
    if (offset <= last) std::fill(found.begin(), found.end(), QueueEntry{});
    last = offset;
    if (offset >= run.first && offset < run.end) {
      found[static_cast<size_t>(offset - run.first)] = queue_entry_of(record);
    }
    complete = only_this_queue && offset + 1 >= run.end;
    return complete ? absl::CancelledError("all is found") : absl::OkStatus();
  });
  if (!complete) PETREL_RETURN_IF_ERROR(visited);
  return found;
}

void QueueRepair::take_over(const Run& run, std::span<const QueueEntry> found, QueuePage& page) {
  LogOffset last = search_begin(run);
  for (size_t i = 0; i < found.size(); ++i) {
    const QueueOffset offset = run.first + static_cast<int64_t>(i);
    QueueEntry should = found[i];
    if (should.size == 0) {
      // What is not known to be wrong may be doubted when it is read.
      if (is_queue_entry(raw(offset)) && !is_wrong(offset, page)) continue;
      should = QueueEntry::hole(last);
    }
    last = should.log_offset;
    if (should != raw(offset)) correct(offset, should, page);
  }
}

void QueueRepair::correct(QueueOffset offset, const QueueEntry& entry, QueuePage& page) {
  corrected_.push_back({offset, entry});
  const int64_t index = offset - page.first;
  if (index >= 0 && index < static_cast<int64_t>(page.entries.size())) {
    page.entries[static_cast<size_t>(index)] = entry;
    wrong_[static_cast<size_t>(index)] = false;
  }
}

bool QueueRepair::is_wrong(QueueOffset offset, const QueuePage& page) const {
  const int64_t index = offset - page.first;
  return index >= 0 && index < static_cast<int64_t>(wrong_.size()) &&
         wrong_[static_cast<size_t>(index)];
}

}  // namespace petrel::store
