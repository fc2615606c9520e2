// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/index/index_slots.h"
#include "store/types.h"

namespace petrel::store {

// How many slots and entries an index file has. RocketMQ's defaults.
struct IndexGeometry {
  int32_t slots = 5'000'000;
  int32_t entries = 20'000'000;  // the unused entry 0 included
};

struct IndexHeader {
  int64_t begin_ms = 0;  // store time of the first record here ...
  int64_t end_ms = 0;    // ... and of the last
  LogOffset begin{0};    // where the first record is ...
  LogOffset end{0};      // ... and the last
  int32_t used_slots = 0;
  int32_t count = 1;  // of entries, the unused one included: the number of the next entry
  friend bool operator==(const IndexHeader&, const IndexHeader&) = default;
};
inline constexpr size_t kIndexHeaderBytes = 40;
// One key of one record.
struct IndexEntry {
  int32_t key_hash = 0;
  LogOffset offset{0};
  int32_t seconds = 0;  // index_seconds
  int32_t before = 0;   // number of the entry before in its slot; 0: none
};
inline constexpr int64_t kIndexSlotBytes = 4;
inline constexpr int64_t kIndexEntryBytes = 20;

void encode_index_header(const IndexHeader& header, char* to);
IndexHeader decode_index_header(const char* from);
void encode_index_entry(const IndexEntry& entry, std::string& to);
IndexEntry decode_index_entry(const char* from);

// Of a record in a file whose first one was stored at `begin_ms`; 0 if the clock went back.
int32_t index_seconds(int64_t begin_ms, int64_t store_ms);
// Of a whole file, and where in it an entry lies.
uint64_t index_file_bytes(const IndexGeometry& geometry);
uint64_t index_entry_position(const IndexGeometry& geometry, int32_t number);

// What is hashed for a key: Java's hashCode of "topic#key", without its sign.
int32_t index_key_hash(std::string_view topic, std::string_view key);

// Both ends belong to it.
struct TimeRange {
  int64_t begin_ms = 0;
  int64_t end_ms = 0;
};

// One index file: key hash -> log offsets. In RocketMQ's layout
// (org.apache.rocketmq.store.index.IndexFile), big-endian, of full size from the start, sparse:
//   0 begin time ms i64 | 8 end time ms i64 | 16 begin log offset i64 | 24 end log offset i64
//   32 used slots i32 | 36 count i32
//   40 slots, i32 each: number of the newest entry of the slot (hash modulo slots), 0 if none
//   behind them entries of 20 bytes: key hash i32 | log offset i64 | seconds since begin time i32
//      | number of the entry before in its slot i32, 0 if none; entry 0 is not used
//
// One thread at a time; calls block. Nothing is durable before a sync. The caller syncs in this
// order, and remembers in between, durably, header().count (E) and how far the slots were synced
// before (S):
//   sync_entries, remember (E, S), sync_slots, remember (E, E).
// A crash then leaves: entries below E sound; slots that know of all entries below S and of none
// from E on. So restore(E's header, S) sets the slots of entries [S, E) again and is done: entries
// are the log of the slots.
class IndexFile {
 public:
  // Makes the file. When this returns, file and name are durable.
  static absl::StatusOr<std::unique_ptr<IndexFile>> make(Disk& disk, const std::string& directory,
                                                         std::string_view name,
                                                         const IndexGeometry& geometry);
  // NotFound; DataLoss when it has another size or an impossible header.
  static absl::StatusOr<std::unique_ptr<IndexFile>> open(Disk& disk, const std::string& directory,
                                                         std::string_view name,
                                                         const IndexGeometry& geometry);

  const std::string& path() const { return path_; }
  const IndexHeader& header() const { return header_; }
  // Whether records that were stored in the range may be here.
  bool may_have(const TimeRange& range) const;
  int32_t room() const { return geometry_.entries - header_.count; }  // entries that fit

  // Adds an entry; there is room, and `offset` is not before the last one's.
  absl::Status put(int32_t key_hash, LogOffset offset, int64_t store_ms);

  // Visits the log offsets of entries with this hash whose time may be in the range, the newest
  // first, until `visit` returns false. Times are kept in seconds, so up to a second too much is
  // visited. DataLoss when a chain leads nowhere.
  absl::Status find(int32_t key_hash, const TimeRange& range,
                    absl::FunctionRef<absl::StatusOr<bool>(LogOffset)> visit) const;

  absl::Status sync_entries();
  // Slots and header. Frees the memory that they took.
  absl::Status sync_slots();

  // After a crash, see above. What was written behind `durable` is cut off. DataLoss when a file
  // cannot have such a header, or an entry is none.
  absl::Status restore(const IndexHeader& durable, int32_t slots_synced);

 private:
  IndexFile(std::string path, std::unique_ptr<File> file, const IndexGeometry& geometry);

  absl::Status read_header();
  absl::Status check_header(const IndexHeader& header) const;
  absl::Status write_header();
  absl::Status write_entries();
  int32_t written_count() const {
    return header_.count - static_cast<int32_t>(unwritten_.size() / kIndexEntryBytes);
  }
  class EntryReader;
  absl::Status damaged(int32_t entry, std::string_view what) const;

  const std::string path_;
  const std::unique_ptr<File> file_;
  const IndexGeometry geometry_;
  IndexHeader header_;
  IndexSlots slots_;
  std::string unwritten_;  // the last entries, not yet in the file
};

// The name of a file whose first record was stored then: yyyyMMddHHmmssSSS, in UTC.
std::string index_file_name(int64_t store_ms);
// The name that follows in order: a millisecond later.
std::string index_file_name_after(std::string_view name);

}  // namespace petrel::store
