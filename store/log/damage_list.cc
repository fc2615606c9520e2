// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/damage_list.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"
#include "store/disk/whole_file.h"

namespace petrel::store {
namespace {

constexpr log::Logger kLog("store");

// Beyond, ranges next to each other are told as one: the file and the metrics stay small whatever
// happened to the disk.
constexpr size_t kRangesMax = 4096;

// A number and the space behind it; -1 if there is none.
int64_t take_number(std::string_view& line) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  const auto digits = static_cast<size_t>(end - line.data());
  if (error != std::errc() || number < 0 || digits == line.size() || *end != ' ') return -1;
  line.remove_prefix(digits + 1);
  return number;
}

std::optional<DamagedRange> parse_line(std::string_view line) {
  const int64_t begin = take_number(line);
  const int64_t end = take_number(line);
  const size_t colon = line.find(": ");
  if (begin < 0 || end <= begin || colon == std::string_view::npos) return std::nullopt;
  return DamagedRange{.begin = LogOffset(begin),
                      .end = LogOffset(end),
                      .file = std::string(line.substr(0, colon)),
                      .why = std::string(line.substr(colon + 2)),
                      .record = {}};
}

std::string to_line(const DamagedRange& range) {
  std::string line =
      concat(range.begin.value(), " ", range.end.value(), " ", range.file, ": ", range.why);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line + "\n";
}

// Takes `next` into `range`, which begins at or before it.
void join(DamagedRange& range, const DamagedRange& next) {
  range.end = std::max(range.end, next.end);
  if (next.begin > range.begin) range.record.reset();
}

}  // namespace

absl::StatusOr<std::unique_ptr<DamageList>> DamageList::open(Disk& disk, std::string path) {
  auto list = std::unique_ptr<DamageList>(new DamageList(disk, std::move(path)));
  PETREL_RETURN_IF_ERROR(list->load());
  return list;
}

absl::Status DamageList::load() {
  const absl::StatusOr<std::string> text = read_whole_file(disk_, path_);
  if (absl::IsNotFound(text.status())) return absl::OkStatus();
  PETREL_RETURN_IF_ERROR(text.status());
  MutexLock lock(mutex_);
  std::string_view rest = *text;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    if (std::optional<DamagedRange> range = parse_line(rest.substr(0, end))) {
      const bool in_order = ranges_.empty() || ranges_.back().end < range->begin;
      if (in_order) ranges_.push_back(*std::move(range));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  count_ = static_cast<int64_t>(ranges_.size());
  bytes_ = 0;
  for (const DamagedRange& range : ranges_) bytes_ += range.bytes();
  return absl::OkStatus();
}

void DamageList::add(const DamagedRange& range) {
  MutexLock lock(mutex_);
  auto at = std::partition_point(ranges_.begin(), ranges_.end(),
                                 [&](const auto& known) { return known.end < range.begin; });
  if (at != ranges_.end() && at->begin <= range.begin && range.end <= at->end) {
    if (at->begin == range.begin && at->end == range.end) at->record = range.record;
    return;
  }
  kLog.error("the log is damaged; what lay there is lost, what follows is sound",
             {{"file", range.file},
              {"offset", range.begin.value()},
              {"bytes", range.bytes()},
              {"error", range.why}});
  at = ranges_.insert(
      std::partition_point(at, ranges_.end(),
                           [&](const auto& known) { return known.begin < range.begin; }),
      range);
  if (at != ranges_.begin() && std::prev(at)->end >= at->begin) --at;
  while (std::next(at) != ranges_.end() &&
         (std::next(at)->begin <= at->end || ranges_.size() > kRangesMax)) {
    join(*at, *std::next(at));
    ranges_.erase(std::next(at));
  }
  changed();
}

void DamageList::remove_if(absl::FunctionRef<bool(const DamagedRange&)> gone) {
  MutexLock lock(mutex_);
  if (std::erase_if(ranges_, gone) > 0) changed();
}

void DamageList::forget_from(LogOffset end) {
  MutexLock lock(mutex_);
  auto gone = std::erase_if(ranges_, [&](const auto& range) { return range.begin >= end; });
  if (!ranges_.empty() && ranges_.back().end > end) {
    ranges_.back().end = end;
    ++gone;
  }
  if (gone > 0) changed();
}

std::vector<DamagedRange> DamageList::ranges() const {
  MutexLock lock(mutex_);
  return ranges_;
}

void DamageList::changed() {
  int64_t bytes = 0;
  for (const DamagedRange& range : ranges_) bytes += range.bytes();
  bytes_.store(bytes, std::memory_order_release);
  count_.store(static_cast<int64_t>(ranges_.size()), std::memory_order_release);
  if (const absl::Status written = write(); !written.ok()) {
    kLog.warn("the list of damaged ranges cannot be kept over a restart",
              {{"file", path_}, {"error", concat(written.message())}});
  }
}

absl::Status DamageList::write() const {
  if (ranges_.empty()) {
    PETREL_RETURN_IF_ERROR(disk_.remove(path_));
    return disk_.sync_directory(path_.substr(0, path_.find_last_of('/')));
  }
  std::string text;
  for (const DamagedRange& range : ranges_) text += to_line(range);
  return write_whole_file(disk_, path_, text);
}

}  // namespace petrel::store
