// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/retention/expired_queue_files.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/concat.h"
#include "common/log.h"
#include "store/queue/consume_queue.h"
#include "store/queue/queue_files.h"

namespace petrel::store {
namespace {

constexpr log::Logger kLog("store");

}  // namespace

void ExpiredQueueFiles::list_all(const QueueTable& queues, LogOffset log_end, LogOffset snapshot) {
  for (const auto& [topic, by_id] : queues.topics()) {
    for (const auto& [queue_id, queue] : by_id) {
      if (queue->min() < QueueOffset(kQueueFileEntries)) continue;
      const LogOffset front =
          queue->listed_front().value_or(queue->min() == queue->max() ? log_end : LogOffset(0));
      add({.topic = topic, .queue_id = queue_id, .expired = front, .snapshot = snapshot - 1});
    }
  }
}

std::vector<ExpiredQueueFiles::Files> ExpiredQueueFiles::take_removable(LogOffset oldest_snapshot) {
  const auto removable = std::partition(files_.begin(), files_.end(), [&](const Files& files) {
    return files.snapshot >= oldest_snapshot;
  });
  std::vector<Files> taken(std::make_move_iterator(removable),
                           std::make_move_iterator(files_.end()));
  files_.erase(removable, files_.end());
  return taken;
}

void ExpiredQueueFiles::remove(Disk& disk, const StorePaths& paths,
                               const std::vector<Files>& removable) {
  for (const Files& files : removable) {
    const absl::Status removed =
        remove_queue_files_below(disk, paths.queue(files.topic, files.queue_id), files.expired);
    if (removed.ok()) continue;
    kLog.warn(
        "cannot remove a consume queue's file",
        {{"topic", files.topic}, {"queue", files.queue_id}, {"error", concat(removed.message())}});
  }
}

}  // namespace petrel::store
