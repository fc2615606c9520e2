// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/log_reader.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"
#include "store/log/big_endian.h"
#include "store/log/log_walk.h"
#include "store/log/record_layout.h"
#include "store/log/zeros.h"

namespace petrel::store {

std::optional<LogSlice> LogReader::read_hot(LogOffset offset, int32_t size) const {
  if (size <= 0 || !blocks_.may_lend()) return std::nullopt;
  return blocks_.find(offset.value(), static_cast<size_t>(size));
}

std::optional<LogSlice> LogReader::read_hot_from(LogOffset offset) const {
  if (!blocks_.may_lend()) return std::nullopt;
  return blocks_.find_from(offset.value());
}

LogSlice LogReader::lend_or_copy(LogSlice slice) const {
  if (blocks_.may_lend()) return slice;
  const std::string_view bytes = slice.bytes();
  const std::shared_ptr<char[]> owner(new char[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), owner.get());
  return {owner, std::string_view(owner.get(), bytes.size())};
}

absl::StatusOr<LogSlice> LogReader::read(LogOffset offset, int32_t size) const {
  std::optional<LogSlice> slice;
  if (size > 0) slice = blocks_.find(offset.value(), static_cast<size_t>(size));
  // What is in memory was encoded here; what comes from a disk may have changed there.
  const Verify verify = slice.has_value() ? Verify::kStructure : Verify::kChecksums;
  if (slice.has_value()) {
    slice = lend_or_copy(*std::move(slice));
  } else {
    PETREL_ASSIGN_OR_RETURN(slice, read_file(offset, size));
  }
  const absl::StatusOr<RecordView> record = decode_record(slice->bytes(), verify);
  if (!record.ok()) return unsound(offset, slice->bytes(), concat(record.status().message()));
  if (record->bytes.size() != slice->bytes().size() || record->log_offset != offset) {
    return unsound(offset, slice->bytes(), "another record");
  }
  return *std::move(slice);
}

// Whoever asks may be wrong about the place, unless what is there says that it belongs there.
absl::Status LogReader::unsound(LogOffset offset, std::string_view bytes, std::string why) const {
  const std::shared_ptr<Segment> segment = segments_.find(offset.value());
  const std::string file = segment == nullptr ? "the log" : segment->path;
  const absl::StatusOr<RecordView> claim = decode_record(bytes, Verify::kStructure);
  if (claim.ok() && claim->bytes.size() == bytes.size() && claim->log_offset == offset) {
    damage_.add({.begin = offset,
                 .end = offset + static_cast<int64_t>(bytes.size()),
                 .file = file,
                 .why = why,
                 .record = {}});
  }
  return absl::DataLossError(concat(file, ": at offset ", offset.value(), " is no sound record of ",
                                    bytes.size(), " bytes: ", why));
}

absl::StatusOr<LogSlice> LogReader::read_file(LogOffset offset, int32_t size) const {
  const int64_t written = positions_.written.load(std::memory_order_acquire);
  if (size < static_cast<int32_t>(layout::kRecordBytesMin) || size > shape_.record_bytes_max ||
      offset.value() > written - size) {
    return absl::DataLossError(
        concat("no record of ", size, " bytes at log offset ", offset.value()));
  }
  const std::shared_ptr<Segment> segment = segments_.find(offset.value());
  if (segment == nullptr) {
    return absl::OutOfRangeError(
        concat("log offset ", offset.value(), " is before the log's begin"));
  }
  if (offset.value() + size > shape_.segment_end(offset.value())) {
    return absl::DataLossError(concat(segment->path, ": no record of ", size, " bytes at offset ",
                                      offset.value(), ", it ends before"));
  }
  return read_bytes(*segment, offset.value(), size);
}

absl::StatusOr<LogSlice> LogReader::read_bytes(const Segment& segment, int64_t at,
                                               int64_t size) const {
  PETREL_CHECK_LE(at + size, shape_.segment_end(segment.start));
  const auto bytes = static_cast<size_t>(size);
  const std::shared_ptr<char[]> owner(new char[bytes]);
  PETREL_RETURN_IF_ERROR(
      segment.file->read(static_cast<uint64_t>(at - segment.start), std::span(owner.get(), bytes)));
  return LogSlice(owner, std::string_view(owner.get(), bytes));
}

absl::StatusOr<LogSlice> LogReader::read_record(LogOffset offset) const {
  const auto header_bytes = static_cast<int32_t>(kBlankHeaderBytes);
  if (offset < LogOffset(0) ||
      offset.value() > positions_.written.load(std::memory_order_acquire) - header_bytes) {
    return absl::OutOfRangeError(
        concat("log offset ", offset.value(), " is not written: there is no record"));
  }
  if (const auto header = blocks_.find(offset.value(), kBlankHeaderBytes)) {
    return read(offset, load_big_endian<int32_t>(header->bytes().data()));
  }
  const std::shared_ptr<Segment> segment = segments_.find(offset.value());
  if (segment == nullptr) {
    return absl::OutOfRangeError(
        concat("log offset ", offset.value(), " is before the log's begin"));
  }
  char header[kBlankHeaderBytes];
  const auto left = static_cast<size_t>(shape_.segment_end(offset.value()) - offset.value());
  if (left < sizeof(header)) {
    return absl::DataLossError(concat(segment->path, ": no record at offset ", offset.value()));
  }
  PETREL_RETURN_IF_ERROR(
      segment->file->read(static_cast<uint64_t>(offset.value() - segment->start), header));
  return read(offset, load_big_endian<int32_t>(header));
}

absl::Status LogReader::visit(LogOffset from, LogOffset to,
                              absl::FunctionRef<absl::Status(const RecordView&)> visit,
                              Verify verify) const {
  PETREL_CHECK_LE(to.value(), positions_.written.load(std::memory_order_acquire));
  LogWalk walk(segments_, shape_.record_bytes_max, damage_);
  const int64_t start = std::max(from.value(), segments_.begin());
  PETREL_ASSIGN_OR_RETURN(const LogScan::End end,
                          walk.visit(start, to.value(), /*promised=*/to.value(), visit, verify));
  if (end.offset < segments_.begin()) {
    return absl::OutOfRangeError(concat("log offset ", end.offset, " is before the log's begin"));
  }
  return end.offset < to.value() ? walk.note(end.offset, to.value(), end.why) : absl::OkStatus();
}

// ---- ranges

absl::StatusOr<LogRange> LogReader::read_range(LogOffset from, int64_t bytes_max,
                                               LogOffset upto) const {
  const int64_t limit = std::min(upto.value(), positions_.end.load(std::memory_order_acquire));
  if (from.value() < 0 || from.value() > limit) {
    return absl::OutOfRangeError(
        concat("log offset ", from.value(), " is behind ", limit, ", where what may be read ends"));
  }
  if (from.value() == limit) return LogRange{.from = from, .to = from, .slices = {}};
  PETREL_ASSIGN_OR_RETURN(LogRange range, hot_range(from, bytes_max, limit));
  if (!range.empty()) return range;
  return cold_range(from, bytes_max, limit);
}

// Empty when `from` is not in memory.
absl::StatusOr<LogRange> LogReader::hot_range(LogOffset from, int64_t bytes_max,
                                              int64_t limit) const {
  LogRange range{.from = from, .to = from, .slices = {}};
  int64_t at = from.value();
  bool full = false;
  while (at < limit && !full) {
    const std::optional<LogSlice> block = blocks_.find_from(at);
    if (!block.has_value()) break;
    const std::string_view bytes = block->bytes();
    size_t used = 0;
    int64_t zeros_bytes = 0;  // of a filler: a block has only what is not zero
    while (used < bytes.size() && zeros_bytes == 0) {
      const std::string_view rest = bytes.substr(used);
      const absl::StatusOr<int64_t> size = item_bytes(shape_, at, rest);
      if (!size.ok()) return no_range_at(LogOffset(at), size.status());
      full = at + *size > limit || (at > from.value() && at + *size - from.value() > bytes_max);
      if (full) break;
      zeros_bytes = std::max<int64_t>(0, *size - static_cast<int64_t>(rest.size()));
      const absl::StatusOr<LogItem> item = read_item(shape_, at, rest, Verify::kStructure);
      if (zeros_bytes == 0 && !item.ok()) return no_range_at(LogOffset(at), item.status());
      used += static_cast<size_t>(*size - zeros_bytes);
      at += *size;
    }
    if (used > 0) range.slices.push_back(block->part(0, used));
    while (zeros_bytes > 0) {
      const std::string_view some = zeros().substr(0, static_cast<size_t>(zeros_bytes));
      range.slices.emplace_back(nullptr, some);
      zeros_bytes -= static_cast<int64_t>(some.size());
    }
  }
  range.to = LogOffset(at);
  return range;
}

// Of one segment, with one read unless the first record needs a longer one.
absl::StatusOr<LogRange> LogReader::cold_range(LogOffset from, int64_t bytes_max,
                                               int64_t limit) const {
  constexpr int64_t kReadBytesMin = 4096;
  const int64_t begin = from.value();
  const std::shared_ptr<Segment> segment = segments_.find(begin);
  if (segment == nullptr) {
    return absl::OutOfRangeError(concat("log offset ", begin, " is before the log's begin"));
  }
  const int64_t left = std::min({limit, positions_.written.load(std::memory_order_acquire),
                                 shape_.segment_end(begin)}) -
                       begin;
  if (left <= 0) return absl::OutOfRangeError(concat("log offset ", begin, " is not written"));
  const int64_t size = std::min(left, std::max(bytes_max, kReadBytesMin));
  PETREL_ASSIGN_OR_RETURN(LogSlice slice, read_bytes(*segment, begin, size));
  const absl::StatusOr<int64_t> first_bytes = item_bytes(shape_, begin, slice.bytes());
  const bool ends_behind =
      first_bytes.ok() ? *first_bytes > left : absl::IsOutOfRange(first_bytes.status());
  if (ends_behind) return LogRange{.from = from, .to = from, .slices = {}};
  if (!first_bytes.ok()) return no_range_at(from, first_bytes.status());
  if (*first_bytes > size) {
    PETREL_ASSIGN_OR_RETURN(slice, read_bytes(*segment, begin, *first_bytes));
  }
  int64_t at = begin;
  while (at < begin + static_cast<int64_t>(slice.bytes().size())) {
    const std::string_view rest = slice.bytes().substr(static_cast<size_t>(at - begin));
    const absl::StatusOr<LogItem> item = read_item(shape_, at, rest, Verify::kChecksums);
    if (!item.ok() && at == begin) return no_range_at(from, item.status());
    if (!item.ok() || (at > begin && at + item->bytes - begin > bytes_max)) break;
    at += item->bytes;
  }
  return LogRange{.from = from,
                  .to = LogOffset(at),
                  .slices = {slice.part(0, static_cast<size_t>(at - begin))}};
}

// Damage there is remembered on the way.
absl::Status LogReader::no_range_at(LogOffset from, const absl::Status& why) const {
  PETREL_RETURN_IF_ERROR(read_record(from).status());
  return absl::DataLossError(concat("no range of the log begins there: ", why.message()));
}

absl::Status LogReader::check_boundary(LogOffset offset) const {
  const int64_t at = offset.value();
  if (at == positions_.end.load(std::memory_order_acquire)) return absl::OkStatus();
  if (read_range(offset, 1, LogOffset(positions_.end.load(std::memory_order_acquire))).ok()) {
    return absl::OkStatus();
  }
  // What stands there may be damaged; then what is before tells.
  for (const DamagedRange& range : damage_.ranges()) {
    if (range.begin == offset) return absl::OkStatus();
  }
  const auto visit_nothing = [](const RecordView&) { return absl::OkStatus(); };
  const int64_t start = shape_.segment_end(at) - shape_.segment_bytes;
  LogWalk walk(segments_, shape_.record_bytes_max, damage_);
  PETREL_ASSIGN_OR_RETURN(const LogScan::End end,
                          walk.scan().visit_records(start, at, visit_nothing, Verify::kStructure));
  if (end.offset == at) return absl::OkStatus();
  return absl::InvalidArgumentError(concat("no record ends or begins at log offset ", at));
}

}  // namespace petrel::store
