// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/log_scan.h"

#include <algorithm>
#include <cstring>

#include "common/concat.h"
#include "common/status.h"
#include "store/log/big_endian.h"
#include "store/log/record_layout.h"

namespace petrel::store {
namespace {

constexpr size_t kWindowBytes = 1 << 20;
// Windows share this much, so that a magic is never cut in two.
constexpr size_t kOverlapBytes = 3;
constexpr std::string_view kMagicPrefix = "\xDA\xA3\x20";  // of both magics

// Each byte equals the one before, and the first is zero: as fast as memory goes, which counts
// where a file system takes much of a reserved file for data.
bool all_zero(std::string_view bytes) {
  return bytes.empty() ||
         (bytes[0] == '\0' && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

absl::Status no_record(std::string_view what) { return absl::DataLossError(concat(what)); }

}  // namespace

absl::StatusOr<std::string_view> ReadWindow::at(const Segment& segment, int64_t at, size_t size) {
  if (segment_ != &segment) {
    PETREL_ASSIGN_OR_RETURN(file_bytes_, segment.file->size());
    segment_ = &segment;
    filled_ = 0;
  }
  const bool inside = filled_ > 0 && at >= start_ &&
                      at + static_cast<int64_t>(size) <= start_ + static_cast<int64_t>(filled_);
  if (!inside) {
    const auto position = static_cast<uint64_t>(at - segment.start);
    const uint64_t left = file_bytes_ - std::min(position, file_bytes_);
    if (buffer_.size() < size) buffer_.resize(size);
    start_ = at;
    filled_ = static_cast<size_t>(std::min<uint64_t>(left, buffer_.size()));
    if (absl::Status read = segment.file->read(position, std::span(buffer_).first(filled_));
        !read.ok()) {
      filled_ = 0;
      return read;
    }
  }
  const auto skip = static_cast<size_t>(at - start_);
  return std::string_view(buffer_.data() + skip, std::min(size, filled_ - skip));
}

LogScan::LogScan(const Segments& segments, int64_t record_bytes_max)
    : segments_(segments),
      record_bytes_max_(record_bytes_max),
      records_(kWindowBytes),
      candidates_(kBlankHeaderBytes) {}

absl::StatusOr<RecordView> LogScan::record_at(ReadWindow& window, const Segment& segment,
                                              int64_t at, Verify verify) {
  PETREL_ASSIGN_OR_RETURN(const std::string_view header, window.at(segment, at, kBlankHeaderBytes));
  if (header.size() < kBlankHeaderBytes) return no_record("the file ends");
  const auto total = load_big_endian<int32_t>(header.data() + layout::kTotalSize);
  const auto magic = load_big_endian<int32_t>(header.data() + layout::kMagic);
  if (total == 0 && magic == 0) return no_record("zeros");
  if (magic != kMagicV1 && magic != kMagicV2) return no_record("wrong magic");
  const int64_t end_max = end_of(segment) - static_cast<int64_t>(kBlankHeaderBytes);
  if (total < static_cast<int32_t>(layout::kRecordBytesMin) || total > record_bytes_max_ ||
      at + total > end_max) {
    return no_record(concat("impossible size ", total));
  }
  PETREL_ASSIGN_OR_RETURN(const std::string_view bytes,
                          window.at(segment, at, static_cast<size_t>(total)));
  absl::StatusOr<RecordView> record = decode_record(bytes, verify);
  if (!record.ok()) return no_record(concat(record.status().message()));
  if (record->log_offset.value() != at) {
    return no_record(concat("a record of offset ", record->log_offset.value()));
  }
  return record;
}

absl::StatusOr<bool> LogScan::is_blank_to_end(const Segment& segment, int64_t at) {
  PETREL_ASSIGN_OR_RETURN(const std::string_view header,
                          records_.at(segment, at, kBlankHeaderBytes));
  return header.size() == kBlankHeaderBytes &&
         load_big_endian<int32_t>(header.data()) == end_of(segment) - at &&
         load_big_endian<int32_t>(header.data() + 4) == kMagicBlank;
}

absl::StatusOr<LogScan::End> LogScan::visit_records(
    int64_t from, int64_t to, absl::FunctionRef<absl::Status(const RecordView&)> visit,
    Verify verify) {
  int64_t at = from;
  while (at < to) {
    const std::shared_ptr<Segment> segment = segments_.find(at);
    if (segment == nullptr) break;
    PETREL_ASSIGN_OR_RETURN(const bool blank, is_blank_to_end(*segment, at));
    if (blank) {
      at = end_of(*segment);
      continue;
    }
    const absl::StatusOr<RecordView> record = record_at(records_, *segment, at, verify);
    if (!record.ok()) {
      if (!absl::IsDataLoss(record.status())) return record.status();
      return End{.offset = at, .why = record.status()};
    }
    PETREL_RETURN_IF_ERROR(visit(*record));
    at += static_cast<int64_t>(record->bytes.size());
  }
  return End{.offset = at, .why = absl::OkStatus()};
}

absl::StatusOr<std::optional<int64_t>> LogScan::record_named_by(int64_t at) {
  const std::shared_ptr<Segment> segment = segments_.find(at);
  if (segment == nullptr) return std::nullopt;
  PETREL_ASSIGN_OR_RETURN(const std::string_view header,
                          candidates_.at(*segment, at, kBlankHeaderBytes));
  if (header.size() < kBlankHeaderBytes) return std::nullopt;
  const auto total = load_big_endian<int32_t>(header.data() + layout::kTotalSize);
  if (total < static_cast<int32_t>(layout::kRecordBytesMin) || total > record_bytes_max_ ||
      at + total >= end_of(*segment)) {
    return std::nullopt;
  }
  const int64_t next = at + total;
  const absl::StatusOr<RecordView> record = record_at(candidates_, *segment, next);
  if (record.ok()) return next;
  if (!absl::IsDataLoss(record.status())) return record.status();
  PETREL_ASSIGN_OR_RETURN(const bool blank, is_blank_to_end(*segment, next));
  const std::shared_ptr<Segment> behind = blank ? segments_.find(end_of(*segment)) : nullptr;
  if (behind == nullptr) return std::nullopt;
  const absl::StatusOr<RecordView> first = record_at(candidates_, *behind, behind->start);
  if (first.ok()) return behind->start;
  if (!absl::IsDataLoss(first.status())) return first.status();
  return std::nullopt;
}

absl::StatusOr<std::optional<RecordView>> LogScan::unverified_record_at(int64_t begin,
                                                                        int64_t end) {
  const std::shared_ptr<Segment> segment = segments_.find(begin);
  if (segment == nullptr || end > end_of(*segment) || end - begin > record_bytes_max_) {
    return std::nullopt;
  }
  const auto size = static_cast<size_t>(end - begin);
  PETREL_ASSIGN_OR_RETURN(const std::string_view bytes, records_.at(*segment, begin, size));
  const absl::StatusOr<RecordView> record = decode_record(bytes, Verify::kStructure);
  if (!record.ok() || record->bytes.size() != size) return std::nullopt;
  return *record;
}

absl::StatusOr<std::optional<int64_t>> LogScan::find_record_behind(int64_t at) {
  PETREL_ASSIGN_OR_RETURN(const std::optional<int64_t> named, record_named_by(at));
  if (named.has_value()) return named;
  int64_t from = at + 1;
  while (const std::shared_ptr<Segment> segment = segments_.find(from)) {
    PETREL_ASSIGN_OR_RETURN(const std::optional<int64_t> found, find_record_in(*segment, from));
    if (found.has_value()) return found;
    from = end_of(*segment);
  }
  return std::nullopt;
}

absl::Status LogScan::read_data_behind(
    const Segment& segment, int64_t from,
    absl::FunctionRef<absl::StatusOr<bool>(int64_t, std::string_view)> read) {
  PETREL_ASSIGN_OR_RETURN(const std::vector<FileRange> ranges,
                          segment.file->data_ranges(static_cast<uint64_t>(from - segment.start)));
  for (const FileRange& range : ranges) {
    const int64_t end = segment.start + static_cast<int64_t>(range.end);
    int64_t at = segment.start + static_cast<int64_t>(range.begin);
    while (at < end) {
      const auto size = static_cast<size_t>(
          std::min(end - at, static_cast<int64_t>(kWindowBytes + kOverlapBytes)));
      PETREL_ASSIGN_OR_RETURN(const std::string_view bytes, records_.at(segment, at, size));
      PETREL_ASSIGN_OR_RETURN(const bool enough, read(at, bytes));
      if (enough) return absl::OkStatus();
      at += static_cast<int64_t>(kWindowBytes);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<int64_t>> LogScan::find_record_in(const Segment& segment,
                                                               int64_t from) {
  std::optional<int64_t> found;
  const auto look = [&](int64_t at, std::string_view bytes) -> absl::StatusOr<bool> {
    for (size_t hit = bytes.find(kMagicPrefix); hit != std::string_view::npos;
         hit = bytes.find(kMagicPrefix, hit + 1)) {
      const int64_t candidate =
          at + static_cast<int64_t>(hit) - static_cast<int64_t>(layout::kMagic);
      if (candidate < from) continue;
      const absl::StatusOr<RecordView> record = record_at(candidates_, segment, candidate);
      if (!record.ok() && !absl::IsDataLoss(record.status())) return record.status();
      if (!record.ok()) continue;
      found = candidate;
      return true;
    }
    return false;
  };
  PETREL_RETURN_IF_ERROR(read_data_behind(segment, from, look));
  return found;
}

absl::StatusOr<bool> LogScan::has_bytes_in(const Segment& segment, int64_t from) {
  bool found = false;
  const auto look = [&](int64_t, std::string_view bytes) -> absl::StatusOr<bool> {
    found = !all_zero(bytes);
    return found;
  };
  PETREL_RETURN_IF_ERROR(read_data_behind(segment, from, look));
  return found;
}

absl::StatusOr<bool> LogScan::has_bytes_behind(int64_t at) {
  while (const std::shared_ptr<Segment> segment = segments_.find(at)) {
    PETREL_ASSIGN_OR_RETURN(const bool has_bytes, has_bytes_in(*segment, at));
    if (has_bytes) return true;
    at = end_of(*segment);
  }
  return false;
}

}  // namespace petrel::store
