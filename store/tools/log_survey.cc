// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/log_survey.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/concat.h"
#include "common/status.h"
#include "store/log/big_endian.h"
#include "store/log/log_scan.h"
#include "store/log/record_layout.h"

namespace petrel::store {
namespace {

constexpr size_t kWindowBytes = 1 << 20;
constexpr size_t kOverlapBytes = 3;  // a magic is never cut in two
constexpr std::string_view kMagicPrefix = "\xDA\xA3\x20";

// One file under a reading eye.
class FileSurvey {
 public:
  FileSurvey(Segment segment, int64_t end) : segment_(std::move(segment)), end_(end) {}

  int64_t end() const { return end_; }
  const std::string& path() const { return segment_.path; }

  absl::StatusOr<bool> is_filler(int64_t at) {
    PETREL_ASSIGN_OR_RETURN(const std::string_view header,
                            records_.at(segment_, at, kBlankHeaderBytes));
    return header.size() == kBlankHeaderBytes &&
           load_big_endian<int32_t>(header.data()) == end_ - at &&
           load_big_endian<int32_t>(header.data() + 4) == kMagicBlank;
  }

  // DataLoss says what is there instead of a record.
  absl::StatusOr<RecordView> record_at(int64_t at) { return record_at(records_, at); }

  // The next sound record of the file behind what stands at `at`: where that says it ends, else the
  // first at whatever byte. In this order, as a message's body may hold what looks like a record.
  absl::StatusOr<std::optional<int64_t>> find_record_behind(int64_t at) {
    PETREL_ASSIGN_OR_RETURN(const std::string_view size,
                            records_.at(segment_, at, sizeof(int32_t)));
    if (size.size() == sizeof(int32_t)) {
      const int64_t next = at + load_big_endian<int32_t>(size.data());
      if (next > at && next < end_) {
        const absl::StatusOr<RecordView> record = record_at(candidates_, next);
        if (record.ok()) return next;
        if (!absl::IsDataLoss(record.status())) return record.status();
      }
    }
    return find_record(at + 1);
  }

  absl::StatusOr<bool> has_bytes(int64_t from) {
    bool found = false;
    PETREL_RETURN_IF_ERROR(
        read_data(from, [&](int64_t, std::string_view bytes) -> absl::StatusOr<bool> {
          found = bytes.find_first_not_of('\0') != std::string_view::npos;
          return found;
        }));
    return found;
  }

 private:
  // The first sound record in [from, end).
  absl::StatusOr<std::optional<int64_t>> find_record(int64_t from) {
    std::optional<int64_t> found;
    const auto look = [&](int64_t at, std::string_view bytes) -> absl::StatusOr<bool> {
      for (size_t hit = bytes.find(kMagicPrefix); hit != std::string_view::npos;
           hit = bytes.find(kMagicPrefix, hit + 1)) {
        const int64_t candidate = at + static_cast<int64_t>(hit - layout::kMagic);
        if (candidate < from) continue;
        const absl::StatusOr<RecordView> record = record_at(candidates_, candidate);
        if (!record.ok() && !absl::IsDataLoss(record.status())) return record.status();
        if (!record.ok()) continue;
        found = candidate;
        return true;
      }
      return false;
    };
    PETREL_RETURN_IF_ERROR(read_data(from, look));
    return found;
  }

  absl::StatusOr<RecordView> record_at(ReadWindow& window, int64_t at) {
    PETREL_ASSIGN_OR_RETURN(const std::string_view header,
                            window.at(segment_, at, kBlankHeaderBytes));
    if (header.size() < kBlankHeaderBytes) return absl::DataLossError("the file ends");
    const auto total = load_big_endian<int32_t>(header.data() + layout::kTotalSize);
    const auto magic = load_big_endian<int32_t>(header.data() + layout::kMagic);
    if (total == 0 && magic == 0) return absl::DataLossError("zeros");
    if (magic != kMagicV1 && magic != kMagicV2) return absl::DataLossError("no record begins here");
    if (total < static_cast<int32_t>(layout::kRecordBytesMin) || at + total > end_) {
      return absl::DataLossError(concat("a record of the impossible size ", total));
    }
    PETREL_ASSIGN_OR_RETURN(const std::string_view bytes,
                            window.at(segment_, at, static_cast<size_t>(total)));
    absl::StatusOr<RecordView> record = decode_record(bytes, Verify::kChecksums);
    if (!record.ok()) return absl::DataLossError(concat(record.status().message()));
    if (record->log_offset.value() != at) {
      return absl::DataLossError(
          concat("a record that belongs to log offset ", record->log_offset.value()));
    }
    return record;
  }

  // Hands over what may not be zero from `from` on, until `read` says that it is enough.
  absl::Status read_data(int64_t from,
                         absl::FunctionRef<absl::StatusOr<bool>(int64_t, std::string_view)> read) {
    PETREL_ASSIGN_OR_RETURN(
        const std::vector<FileRange> ranges,
        segment_.file->data_ranges(static_cast<uint64_t>(from - segment_.start)));
    for (const FileRange& range : ranges) {
      const int64_t end = segment_.start + static_cast<int64_t>(range.end);
      for (int64_t at = segment_.start + static_cast<int64_t>(range.begin); at < end;
           at += static_cast<int64_t>(kWindowBytes)) {
        const auto size = static_cast<size_t>(
            std::min(end - at, static_cast<int64_t>(kWindowBytes + kOverlapBytes)));
        PETREL_ASSIGN_OR_RETURN(const std::string_view bytes, records_.at(segment_, at, size));
        PETREL_ASSIGN_OR_RETURN(const bool enough, read(at, bytes));
        if (enough) return absl::OkStatus();
      }
    }
    return absl::OkStatus();
  }

  const Segment segment_;
  const int64_t end_;
  ReadWindow records_{kWindowBytes};
  ReadWindow candidates_{kBlankHeaderBytes};
};

class Survey {
 public:
  Survey(Disk& disk, const LogFiles& files, LogVisitor& visitor)
      : disk_(disk), files_(files), visitor_(visitor) {}

  absl::StatusOr<LogEnd> run(int64_t from) {
    at_ = std::max(from, files_.begin());
    for (const LogFile& file : files_.files) {
      const int64_t file_end = file.start + files_.segment_bytes;
      if (file_end <= at_) continue;
      if (file.start > at_ && !lost_) {
        begin_gap("the file is missing", files_.path_of(at_), /*file_missing=*/true);
      }
      at_ = std::max(at_, file.start);
      PETREL_RETURN_IF_ERROR(survey_file(file, file_end));
    }
    return end();
  }

 private:
  absl::Status survey_file(const LogFile& file, int64_t file_end) {
    visitor_.file(file);
    Segment segment{.start = file.start, .path = file.path, .file = nullptr};
    PETREL_ASSIGN_OR_RETURN(segment.file, disk_.open(file.path, Disk::OpenMode::kRead));
    FileSurvey survey(std::move(segment), file_end);
    while (at_ < file_end) {
      PETREL_ASSIGN_OR_RETURN(const bool filler, survey.is_filler(at_));
      if (filler) {
        at_ = file_end;
        break;
      }
      const absl::StatusOr<RecordView> record = survey.record_at(at_);
      if (record.ok()) {
        PETREL_RETURN_IF_ERROR(end_gap());
        PETREL_RETURN_IF_ERROR(visitor_.record(*record));
        at_ += static_cast<int64_t>(record->bytes.size());
        continue;
      }
      if (!absl::IsDataLoss(record.status())) return record.status();
      if (!lost_) begin_gap(concat(record.status().message()), file.path, /*file_missing=*/false);
      PETREL_ASSIGN_OR_RETURN(const std::optional<int64_t> next, survey.find_record_behind(at_));
      if (!next.has_value()) {
        PETREL_ASSIGN_OR_RETURN(const bool bytes, survey.has_bytes(at_));
        bytes_behind_ |= bytes;
        at_ = file_end;
        break;
      }
      at_ = *next;
    }
    return absl::OkStatus();
  }

  void begin_gap(std::string why, std::string path, bool file_missing) {
    lost_ = LogGap{.begin = at_,
                   .end = at_,
                   .path = std::move(path),
                   .why = std::move(why),
                   .file_missing = file_missing};
    bytes_behind_ = false;
  }

  absl::Status end_gap() {
    if (!lost_) return absl::OkStatus();
    LogGap gap = *std::exchange(lost_, std::nullopt);
    gap.end = at_;
    return visitor_.gap(gap);
  }

  LogEnd end() {
    if (!lost_) {
      return {.offset = at_, .path = "", .why = "the last file is full", .bytes_behind = false};
    }
    return {.offset = lost_->begin,
            .path = lost_->path,
            .why = lost_->why,
            .bytes_behind = bytes_behind_};
  }

  Disk& disk_;
  const LogFiles& files_;
  LogVisitor& visitor_;
  int64_t at_ = 0;
  std::optional<LogGap> lost_;  // begun, its end not found yet
  bool bytes_behind_ = false;   // something else than zeros was met in it
};

}  // namespace

absl::StatusOr<LogEnd> survey_log(Disk& disk, const LogFiles& files, int64_t from,
                                  LogVisitor& visitor) {
  return Survey(disk, files, visitor).run(from);
}

}  // namespace petrel::store
