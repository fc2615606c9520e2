// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/log/commit_log.h"
#include "store/queue/consume_queue.h"
#include "store/queue/queue_view.h"
#include "store/types.h"

namespace petrel::store {

// What holds for the entries of one queue that are on disk, when reading them begins.
struct QueueExtent {
  std::string topic;
  int32_t queue_id = 0;
  QueueOffset min{0};
  QueueOffset durable{0};
  // The record of the first entry is there or behind; 0: that is not known, and before may be
  // records of a topic of the same name that was deleted.
  LogOffset front{0};
  LogOffset end{0};  // all their records end there or before
};

// Reads entries from a queue's files and corrects what cannot be right from the log, which is the
// truth. RocketMQ's layout has no checksums, so an entry is doubted when it is none, leads outside
// of the queue's part of the log, is not in the order of its neighbours, or did not lead to its
// message before (`distrusted`). A doubted entry is held against its record. If that is another
// one, the record is searched where one flipped bit would have led away from, then between the
// records of the nearest neighbours that hold: as much of the log is read as lies between them. The
// other entries there are held against the log in the same go, so a lost sector, or file, is one
// search.
//
// An entry whose record the log has no more becomes a hole: in memory only, so that a log file that
// is restored has it again after a restart.
//
// Blocking; for an executor thread. One object for one read.
class QueueRepair {
 public:
  // The read fails with Cancelled when `stopping` gets true during a search.
  QueueRepair(Disk& disk, const CommitLog& log, std::string directory, QueueExtent extent,
              const std::atomic<bool>& stopping)
      : disk_(disk),
        log_(log),
        directory_(std::move(directory)),
        extent_(std::move(extent)),
        stopping_(stopping) {}

  // Fills `page.entries`, which has its size, from page.first on. `known` are corrections that are
  // not on disk yet.
  absl::Status read(QueuePage& page, std::span<const CorrectedEntry> known,
                    std::span<const QueueOffset> distrusted);

  // What differs from the files, not only in the page, by queue offset; not what was known.
  const std::vector<CorrectedEntry>& corrected() const { return corrected_; }

 private:
  // An entry that leads to its record.
  struct Neighbour {
    QueueOffset offset{0};
    QueueEntry entry;
  };
  // Doubtful entries [first, end) between two neighbours; none: there is none within the file.
  struct Run {
    QueueOffset first{0};
    QueueOffset end{0};
    std::optional<Neighbour> below;
    std::optional<Neighbour> above;
  };

  std::vector<size_t> doubtful(const QueuePage& page, std::span<const CorrectedEntry> known,
                               std::span<const QueueOffset> distrusted) const;
  // The entry as it should be if it leads to its record at least.
  absl::StatusOr<std::optional<QueueEntry>> proven(QueueOffset offset, LogOffset at) const;
  absl::StatusOr<std::optional<Neighbour>> proven_neighbour(QueueOffset offset) const;

  absl::Status repair(QueueOffset offset, QueuePage& page);
  absl::Status load_file(QueueOffset offset);
  absl::StatusOr<Run> run_around(QueueOffset offset) const;
  LogOffset search_begin(const Run& run) const;
  LogOffset search_end(const Run& run) const;
  absl::StatusOr<bool> repair_flipped_bit(QueueOffset offset, const Run& run, QueuePage& page);
  // By queue offset from run.first on; size 0: the log has none.
  absl::StatusOr<std::vector<QueueEntry>> search(const Run& run) const;
  void take_over(const Run& run, std::span<const QueueEntry> found, QueuePage& page);
  void correct(QueueOffset offset, const QueueEntry& entry, QueuePage& page);
  bool is_wrong(QueueOffset offset, const QueuePage& page) const;

  const QueueEntry& raw(QueueOffset offset) const {
    return raw_[static_cast<size_t>(offset - raw_first_)];
  }
  QueueOffset raw_end() const { return raw_first_ + static_cast<int64_t>(raw_.size()); }

  Disk& disk_;
  const CommitLog& log_;
  const std::string directory_;
  const QueueExtent extent_;
  const std::atomic<bool>& stopping_;
  // The entries of the file that is repaired, as they are on disk.
  QueueOffset raw_first_{0};
  std::vector<QueueEntry> raw_;
  std::vector<bool> wrong_;  // entries of the page that do not lead to their records, by index
  std::vector<CorrectedEntry> corrected_;
};

}  // namespace petrel::store
