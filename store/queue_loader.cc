// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/queue_loader.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/executor.h"
#include "common/log.h"
#include "store/queue/queue_files.h"
#include "store/queue/queue_repair.h"

namespace petrel::store {

// Entries that were read for one queue, on their way to the core thread.
struct MessageStore::LoadedPage {
  std::string topic;
  int32_t queue_id = 0;
  uint64_t generation = 0;
  std::shared_ptr<const QueuePage> page;
  std::vector<CorrectedEntry> corrected;
};

namespace {

constexpr log::Logger kLog("store");

}  // namespace

void QueueLoader::load(const QueueView& queue, QueueOffset from, LogOffset durable_end,
                       Loaded loaded) {
  const int64_t page_first = from.value() / kQueuePageEntries * kQueuePageEntries;
  const QueueOffset first = std::max(QueueOffset(page_first), queue.min());
  const QueueOffset end =
      std::max(first, std::min(QueueOffset(page_first + kQueuePageEntries), queue.durable()));
  auto result = std::make_shared<MessageStore::LoadedPage>();
  result->topic = queue.topic();
  result->queue_id = queue.queue_id();
  result->generation = queue.generation();
  auto page = std::make_shared<QueuePage>();
  page->first = first;
  page->entries.resize(static_cast<size_t>(end - first));
  result->page = page;
  QueueExtent extent{.topic = queue.topic(),
                     .queue_id = queue.queue_id(),
                     .min = queue.min(),
                     .durable = queue.durable(),
                     .front = queue.front(),
                     .end = durable_end};
  parts_.executor.post([this, page = std::move(page), result = std::move(result),
                        extent = std::move(extent), known = queue.corrections(first, end),
                        distrusted = queue.distrusted(first, end), done = std::move(loaded),
                        running = JobCount::Job(parts_.jobs)]() mutable {
    const std::string directory = parts_.paths.queue(extent.topic, extent.queue_id);
    QueueRepair repair(parts_.disk, parts_.log, directory, std::move(extent), stopping_);
    absl::Status read = repair.read(*page, known, distrusted);
    result->corrected = repair.corrected();
    { const JobCount::Job ended = std::move(running); }  // `done` may end the store
    if (read.ok()) {
      std::move(done)(std::move(result));
    } else {
      std::move(done)(std::move(read));
    }
  });
}

void QueueLoader::finish(const ConsumeQueue* queue, const MessageStore::LoadedPage& page) {
  QueueView* const view = queues_.find(page.topic, page.queue_id);
  if (view == nullptr || view != queue || view->generation() != page.generation) return;
  if (page.page->entries.empty()) return;
  take_over(*view, page.corrected);
  queues_.put_page(view, page.page);
}

void QueueLoader::take_over(QueueView& queue, std::span<const CorrectedEntry> corrected) {
  if (corrected.empty()) return;
  const int64_t gone = std::count_if(corrected.begin(), corrected.end(),
                                     [](const auto& entry) { return entry.entry.is_hole(); });
  const int64_t found = static_cast<int64_t>(corrected.size()) - gone;
  kLog.warn("a consume queue's file is damaged; its entries are made again from the log",
            {{"file", queue_file_path(parts_.paths.queue(queue.topic(), queue.queue_id()),
                                      corrected.front().offset)},
             {"queue_offset", corrected.front().offset.value()},
             {"last_queue_offset", corrected.back().offset.value()},
             {"entries", found},
             {"without_a_record", gone}});
  repaired_entries_.fetch_add(found, std::memory_order_relaxed);
  for (int64_t i = 0; i < gone; ++i) parts_.log.damage().read_refused();
  queue.correct(corrected);
}

MessageStore::Distrusted QueueLoader::distrust(QueueView& queue, QueueOffset offset,
                                               LogOffset led_to) {
  using Distrusted = MessageStore::Distrusted;
  if (offset < queue.min()) return Distrusted::kGone;
  QueueEntry entry;
  const bool loaded = queue.read(offset, std::span(&entry, 1)) == 1;
  if (loaded && (entry.is_hole() || entry.log_offset != led_to)) return Distrusted::kReadAgain;
  if (offset >= queue.durable()) {  // as it was appended
    parts_.log.damage().read_refused();
    return Distrusted::kGone;
  }
  queue.distrust(offset);
  return Distrusted::kReadAgain;
}

}  // namespace petrel::store
