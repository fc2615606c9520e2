// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/segments.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"
#include "store/log/file_names.h"

namespace petrel::store {

absl::StatusOr<std::unique_ptr<Segments>> Segments::open(Disk& disk, std::string directory,
                                                         int64_t segment_bytes) {
  PETREL_CHECK_GT(segment_bytes, 0);
  auto segments =
      std::unique_ptr<Segments>(new Segments(disk, std::move(directory), segment_bytes));
  PETREL_RETURN_IF_ERROR(segments->load());
  return segments;
}

absl::Status Segments::load() {
  PETREL_ASSIGN_OR_RETURN(const std::vector<std::string> names, disk_.list(directory_));
  MutexLock lock(mutex_);
  for (const std::string& name : names) {  // sorted, so in log order
    const std::optional<int64_t> start = parse_offset_file_name(name);
    if (!start.has_value()) continue;
    const std::string path = concat(directory_, "/", name);
    if (*start % segment_bytes_ != 0) {
      return absl::FailedPreconditionError(concat(
          path, " does not begin at a multiple of the segment size of ", segment_bytes_, " bytes"));
    }
    if (!segments_.empty()) {
      const Segment& last = *segments_.back();
      if (*start != last.start + segment_bytes_) {
        return absl::DataLossError(
            concat("the log file between ", last.path, " and ", path, " is missing"));
      }
      PETREL_ASSIGN_OR_RETURN(const uint64_t size, last.file->size());
      if (size < static_cast<uint64_t>(segment_bytes_)) {
        return absl::DataLossError(concat(last.path, " has ", size, " bytes instead of ",
                                          segment_bytes_, " and is not the last log file"));
      }
    }
    auto segment = std::make_shared<Segment>();
    segment->start = *start;
    segment->path = path;
    PETREL_ASSIGN_OR_RETURN(segment->file, disk_.open(path, Disk::OpenMode::kReadWrite));
    segments_.push_back(std::move(segment));
  }
  // The process that made the last one may have been killed before its name was durable.
  return disk_.sync_directory(directory_);
}

absl::Status Segments::make(Segment& segment) {
  PETREL_ASSIGN_OR_RETURN(segment.file, disk_.open(segment.path, Disk::OpenMode::kCreate));
  PETREL_RETURN_IF_ERROR(segment.file->allocate(0, static_cast<uint64_t>(segment_bytes_)));
  PETREL_RETURN_IF_ERROR(segment.file->sync());
  return disk_.sync_directory(directory_);
}

bool Segments::may_have_room() const {
  const absl::StatusOr<DiskSpace> space = disk_.space(directory_);
  return !space.ok() || space->available_bytes >= static_cast<uint64_t>(segment_bytes_);
}

absl::Status Segments::add() {
  auto segment = std::make_shared<Segment>();
  segment->start = end();
  segment->path = concat(directory_, "/", offset_file_name(segment->start));
  if (absl::Status made = make(*segment); !made.ok()) {
    segment->file.reset();
    // What cannot be removed is an empty last file, which the next recovery takes as it is.
    disk_.remove(segment->path).IgnoreError();
    return made;
  }
  MutexLock lock(mutex_);
  segments_.push_back(std::move(segment));
  return absl::OkStatus();
}

absl::Status Segments::remove_from(int64_t start) {
  while (true) {
    std::shared_ptr<Segment> last;
    {
      MutexLock lock(mutex_);
      if (segments_.empty() || segments_.back()->start < start) return absl::OkStatus();
      last = std::move(segments_.back());
      segments_.pop_back();
    }
    // One by one, because power loss must not bring back a file without the one before it.
    PETREL_RETURN_IF_ERROR(disk_.remove(last->path));
    PETREL_RETURN_IF_ERROR(disk_.sync_directory(directory_));
  }
}

absl::Status Segments::cut_behind(int64_t end) {
  PETREL_RETURN_IF_ERROR(remove_from(end + 1));
  {
    MutexLock lock(mutex_);
    first_ms_.erase(first_ms_.lower_bound(end), first_ms_.end());
  }
  const std::shared_ptr<Segment> segment = find(end);
  if (segment == nullptr) return absl::OkStatus();  // it is where the last file ends
  PETREL_RETURN_IF_ERROR(segment->file->truncate(static_cast<uint64_t>(end - segment->start)));
  PETREL_RETURN_IF_ERROR(segment->file->allocate(0, static_cast<uint64_t>(segment_bytes_)));
  return segment->file->sync();
}

absl::Status Segments::sync(int64_t from, int64_t to) const {
  for (int64_t at = from; at < to; at = (at / segment_bytes_ + 1) * segment_bytes_) {
    PETREL_RETURN_IF_ERROR(find(at)->file->sync());
  }
  return absl::OkStatus();
}

Segments::MovedOut Segments::move_out_before(int64_t end, const std::string& directory) {
  MovedOut moved{.begin = begin(), .status = disk_.create_directories(directory)};
  while (moved.status.ok() && moved.begin + segment_bytes_ <= end) {
    const std::shared_ptr<Segment> segment = find(moved.begin);
    if (segment == nullptr) break;
    moved.status =
        disk_.rename(segment->path, concat(directory, "/", offset_file_name(segment->start)));
    // Moved before, but perhaps not durably.
    if (absl::IsNotFound(moved.status)) moved.status = absl::OkStatus();
    moved.status.Update(disk_.sync_directory(directory_));
    moved.status.Update(disk_.sync_directory(directory));
    if (moved.status.ok()) moved.begin += segment_bytes_;
  }
  return moved;
}

void Segments::forget_before(int64_t end) {
  std::vector<std::shared_ptr<Segment>> forgotten;  // files are closed without the lock
  MutexLock lock(mutex_);
  const auto stays = std::find_if(segments_.begin(), segments_.end(), [&](const auto& segment) {
    return segment->start + segment_bytes_ > end;
  });
  forgotten.assign(std::make_move_iterator(segments_.begin()), std::make_move_iterator(stays));
  segments_.erase(segments_.begin(), stays);
  first_ms_.erase(first_ms_.begin(),
                  first_ms_.lower_bound(segments_.empty() ? end : segments_.front()->start));
}

std::vector<LogSegment> Segments::list() const {
  MutexLock lock(mutex_);
  std::vector<LogSegment> segments;
  for (const auto& segment : segments_) {
    const auto first_ms = first_ms_.find(segment->start);
    segments.push_back({.start = LogOffset(segment->start),
                        .end = LogOffset(segment->start + segment_bytes_),
                        .first_ms = first_ms == first_ms_.end() ? 0 : first_ms->second});
  }
  return segments;
}

void Segments::set_first_ms(int64_t start, int64_t first_ms) {
  MutexLock lock(mutex_);
  first_ms_[start] = first_ms;
}

size_t Segments::count() const {
  MutexLock lock(mutex_);
  return segments_.size();
}

int64_t Segments::begin() const {
  MutexLock lock(mutex_);
  return segments_.empty() ? 0 : segments_.front()->start;
}

int64_t Segments::end() const {
  MutexLock lock(mutex_);
  return segments_.empty() ? 0 : segments_.back()->start + segment_bytes_;
}

std::shared_ptr<Segment> Segments::find(int64_t offset) const {
  MutexLock lock(mutex_);
  if (segments_.empty() || offset < segments_.front()->start) return nullptr;
  const auto index = static_cast<size_t>((offset - segments_.front()->start) / segment_bytes_);
  return index < segments_.size() ? segments_[index] : nullptr;
}

}  // namespace petrel::store
