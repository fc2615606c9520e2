// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "store/disk/disk.h"
#include "store/queue/consume_queue.h"

namespace petrel::store {

// The files of one consume queue, below `directory`: entry n is at byte 20 n of their sequence,
// each file has 300,000 entries and is named by the byte offset of its first. Files have their full
// size from the start (sparse), as RocketMQ expects; what is not written is zero, but for entries
// before the first of a queue that begins within a file: they are holes, as RocketMQ fills them. A
// crash may leave a shorter file, or entries that no snapshot knows of; both are written again.
// Other damage is found, and mended from the log, when entries are read (queue_repair.h).
//
// Blocking; for executor threads and recovery.

// What was written and is not durable yet, of one queue or of many.
class UnsyncedFiles {
 public:
  // More than so many files are synced together if the disk can do that: a sync of each costs
  // milliseconds, and with it a snapshot of 100,000 queues half an hour.
  static constexpr size_t kOneByOneMax = 16;

  void wrote(std::string path, std::unique_ptr<File> file);
  void made_name_in(std::string directory) { directories_.insert(std::move(directory)); }

  // Makes all of it durable. `directory` tells the file system that it is in.
  absl::Status sync(Disk& disk, const std::string& directory) const;

 private:
  absl::Status sync_one_by_one(Disk& disk) const;

  struct Written {
    std::string path;
    std::unique_ptr<File> file;  // of the first ones: others would be too many to be open at once
  };
  std::vector<Written> files_;
  absl::btree_set<std::string> directories_;
};

// Writes entries, first to last. They are durable when `unsynced` is. An error leaves what it has
// written undefined, so that all of it must be written again.
class QueueFileWriter {
 public:
  // The queue's entries [min, durable) are on disk, as far as a snapshot knows.
  QueueFileWriter(Disk& disk, std::string directory, QueueOffset min, QueueOffset durable,
                  UnsyncedFiles& unsynced)
      : disk_(disk),
        directory_(std::move(directory)),
        min_(min),
        durable_(durable),
        unsynced_(unsynced) {}

  absl::Status write(QueueOffset first, std::span<const QueueEntry> entries);
  // After the last entry.
  void finish();

 private:
  // To the file that holds `first`.
  absl::Status switch_to(QueueOffset first);
  // RocketMQ takes zeros at the beginning of a file for the queue's end. Entries of the queue are
  // not made holes: where their file is lost they are to be found again.
  absl::Status fill_before_min();

  Disk& disk_;
  const std::string directory_;
  const QueueOffset min_;
  const QueueOffset durable_;
  UnsyncedFiles& unsynced_;
  std::unique_ptr<File> file_;
  int64_t file_start_ = -1;
  std::vector<char> buffer_;
};

// Fills `into` with the entries from `first` on. DataLoss when a file is missing, too short, or an
// entry is none.
absl::Status read_queue_entries(Disk& disk, const std::string& directory, QueueOffset first,
                                std::span<QueueEntry> into);

// The same whatever is there: what no file has is zeros.
absl::Status read_raw_queue_entries(Disk& disk, const std::string& directory, QueueOffset first,
                                    std::span<QueueEntry> into);
// Whether the bytes may be an entry at all; zeros are none.
bool is_queue_entry(const QueueEntry& entry);
// Of the file that holds `offset`: the first queue offset, and where it lies.
QueueOffset queue_file_begin(QueueOffset offset);
std::string queue_file_path(const std::string& directory, QueueOffset offset);

// The first of the entries [min, end), which are on disk, whose record is at or behind `begin`. The
// files of the first ones may have been removed already. DataLoss as above, when a missing file may
// have held it, and when the entries there are not in the order of the log. `begin` is where a
// record begins.
struct QueueFront {
  QueueOffset offset{0};                // `end` if there is none
  std::optional<LogOffset> log_offset;  // of its record
};
absl::StatusOr<QueueFront> find_queue_front(Disk& disk, const std::string& directory,
                                            QueueOffset min, QueueOffset end, LogOffset begin);

// What the records of the entries [from, to) come to.
absl::StatusOr<int64_t> sum_queue_record_bytes(Disk& disk, const std::string& directory,
                                               QueueOffset from, QueueOffset to);

// Removes the files whose records are all below `front`, oldest first, but never the last file, so
// that the newest entry can still be checked. A crash may bring some of them back, which does no
// harm.
absl::Status remove_queue_files_below(Disk& disk, const std::string& directory, LogOffset front);

}  // namespace petrel::store
