// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/index/index_file.h"
#include "store/index/index_mark.h"
#include "store/log/commit_log.h"
#include "store/types.h"

namespace petrel::store {

// Calls f(key) for each key under which a record is found, as RocketMQ's IndexService does: the
// unique key (UNIQ_KEY) first, then each word of KEYS. None for a transaction that was rolled back.
template <typename F>
void for_each_index_key(const RecordView& record, F&& f);

// The index of a store: topic and key -> records, in files index/<yyyyMMddHHmmssSSS> of RocketMQ's
// layout (index_file.h), and index.synced beside them (index_mark.h).
//
// A view of the log: the same log from the same begin gives the same files byte for byte. A record
// is never split between files, and a file is named after the store time of its first record. What
// is missing or damaged is built again from the log, from the damaged file on; so is what another
// program has changed. A damaged entry may hide its record until then, but never shows a wrong one,
// as the record itself is looked at.
//
// One thread at a time; all calls block. After an error, which is one of the disk, open it again:
// that is the same as after a crash.
class MessageIndex {
 public:
  struct Options {
    std::string directory;  // of the store
    IndexGeometry geometry;
    // flush() happens by itself after so many entries: what a crash makes necessary to do again.
    int32_t unflushed_entries_max = 2'000'000;
  };
  // `log` is recovered and outlives the index.
  static absl::StatusOr<std::unique_ptr<MessageIndex>> open(Disk& disk, CommitLog& log,
                                                            const Options& options);

  // The records below are in the index, those behind are not.
  LogOffset indexed() const { return indexed_; }
  // The newest store time in the files, as far as it is durable; 0 if there is none.
  int64_t durable_ms() const { return mark_.header.end_ms; }
  // The same of those files that are full. RocketMQ's checkpoint has it: after a crash it builds
  // what is newer again.
  int64_t full_files_ms() const {
    return files_.size() < 2 ? 0 : files_[files_.size() - 2].file->header().end_ms;
  }
  size_t file_count() const { return files_.size(); }

  // Indexes records up to `end` (a record boundary that is written), or about `bytes_max` of log.
  // DataLoss when the log is damaged at indexed().
  absl::Status follow(LogOffset end, int64_t bytes_max);

  // Visits the records under a key that were stored in the range, newest first, until `visit`
  // returns false. DataLoss when the index turned out to be damaged: a part of it is gone now, and
  // follow() builds it again.
  absl::Status find(std::string_view topic, std::string_view key, const TimeRange& range,
                    absl::FunctionRef<bool(const LogSlice&, const RecordView&)> visit);

  // Makes everything durable, and frees memory. Syncs the log up to indexed() first: the index must
  // not know of records that a crash takes away.
  absl::Status flush();

  // Removes files all of whose records are before `begin`; the newest one stays.
  absl::Status remove_before(LogOffset begin);

 private:
  MessageIndex(Disk& disk, CommitLog& log, const Options& options)
      : disk_(disk), log_(log), options_(options), directory_(options.directory + "/index") {}

  struct NamedFile {
    std::string name;
    std::unique_ptr<IndexFile> file;
  };

  absl::Status start();
  absl::Status load(std::vector<std::string> names);
  absl::Status load_file(const std::string& name, bool newest);
  absl::Status start_anew(std::string_view why);
  absl::Status drop_from(size_t first, std::string_view why);
  absl::Status remove_files(std::span<const std::string> names);

  absl::Status add(const RecordView& record);
  absl::Status begin_file(int64_t store_ms);
  absl::Status find_in(const IndexFile& file, std::string_view topic, std::string_view key,
                       const TimeRange& range,
                       absl::FunctionRef<bool(const LogSlice&, const RecordView&)> visit,
                       bool& enough);
  IndexMark current_mark() const;
  absl::Status write_mark(const IndexMark& mark);

  Disk& disk_;
  CommitLog& log_;
  const Options options_;
  const std::string directory_;
  std::unique_ptr<IndexMarkFile> mark_file_;
  IndexMark mark_;                // as last made durable
  std::vector<NamedFile> files_;  // oldest first; the last one grows
  int32_t slots_synced_ = 1;      // of the last file
  LogOffset indexed_{0};
  std::vector<int32_t> hashes_;  // of one record, kept for its memory
};

template <typename F>
void for_each_index_key(const RecordView& record, F&& f) {
  constexpr int32_t kTransactionBits = 0xC;
  if ((record.sys_flag & kTransactionBits) == kTransactionBits) return;  // rolled back
  std::string_view unique;
  std::string_view words;
  for_each_property(record.properties, [&](std::string_view name, std::string_view value) {
    if (name == "UNIQ_KEY") unique = value;
    if (name == "KEYS") words = value;
  });
  if (!unique.empty()) f(unique);
  while (!words.empty()) {
    const size_t end = words.find(' ');
    if (end != 0) f(words.substr(0, end));
    if (end == std::string_view::npos) return;
    words.remove_prefix(end + 1);
  }
}

}  // namespace petrel::store
