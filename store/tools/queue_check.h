// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/string_map.h"
#include "store/disk/disk.h"
#include "store/log/record.h"
#include "store/queue/consume_queue.h"
#include "store/snapshot/snapshot_file.h"
#include "store/tools/finding.h"

namespace petrel::store {

// Queue offsets that no sound record has, though later ones have.
struct LostMessages {
  std::string topic;
  int32_t queue_id = 0;
  QueueOffset begin{0};
  QueueOffset end{0};
  // Their records were between these log offsets: of the record before, and of the one behind.
  LogOffset after{0};
  LogOffset before{0};
  bool in_snapshot = false;  // the newest sound snapshot knows of all of them
};

// Compares the log with the queues, record by record in log order: whether the queue offsets are
// dense, and whether the files of queues hold what the newest snapshot says they do.
class QueueCheck {
 public:
  // `snapshot` may be null: then files are not compared, for nothing says how far they should go.
  QueueCheck(Disk& disk, std::string store_directory, const Snapshot* snapshot);

  absl::Status record(const RecordView& record);
  // After the last record. Findings come by topic and queue.
  absl::Status finish(std::vector<Finding>& findings, std::vector<std::string>& wrong_queues);

  size_t topics() const { return topics_.size(); }
  size_t queues() const { return queue_count_; }
  int64_t entries_compared() const { return compared_; }
  const std::vector<LostMessages>& lost() const { return lost_; }

 private:
  struct Queue {
    bool seen = false;
    QueueOffset next{0};
    LogOffset last{0};             // log offset of the last record
    QueueOffset durable_begin{0};  // its files hold [durable_begin, durable_end)
    QueueOffset durable_end{0};
    std::vector<QueueEntry> expected;  // of neighbouring queue offsets, not compared yet
    QueueOffset expected_first{0};
    int64_t wrong = 0;
    std::string why;
  };
  using Queues = std::map<int32_t, Queue>;

  Queue& queue(std::string_view topic, int32_t queue_id);
  void begin_again(Queue& queue);
  absl::Status compare(std::string_view topic, int32_t queue_id, Queue& queue);
  absl::Status compare_all();
  std::string directory(std::string_view topic, int32_t queue_id) const;

  Disk& disk_;
  const std::string store_directory_;
  const LogOffset durable_log_end_;
  OrderedStringMap<Queues> topics_;
  size_t queue_count_ = 0;
  int64_t waiting_ = 0;  // entries expected and not compared, of all queues
  int64_t compared_ = 0;
  std::vector<LostMessages> lost_;
};

}  // namespace petrel::store
