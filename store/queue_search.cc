// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/queue_search.h"

#include <algorithm>
#include <optional>

#include "common/check.h"
#include "common/status.h"
#include "store/store_paths.h"

namespace petrel::store {
QueueSearch::QueueSearch(const JobParts& parts, const QueueView& queue, LogOffset durable_end,
                         const QueuePoint& point, const std::atomic<bool>& stopping)
    : parts_(parts),
      extent_{.topic = queue.topic(),
              .queue_id = queue.queue_id(),
              .min = queue.min(),
              .durable = std::max(queue.min(), queue.durable()),
              .front = queue.front(),
              .end = durable_end},
      tail_(queue.unwritten()),
      corrections_(queue.corrections(extent_.min, extent_.durable)),
      distrusted_(queue.distrusted(extent_.min, extent_.durable)),
      segments_(parts.log.segments()),
      point_(point),
      directory_(parts.paths.queue(extent_.topic, extent_.queue_id)),
      ages_(parts.disk, parts.log, segments_, {extent_.topic, extent_.queue_id, directory_},
            point.stored_ms.value_or(0)),
      stopping_(stopping) {}

absl::StatusOr<QueueOffset> QueueSearch::run() {
  QueueOffset low = extent_.min;
  QueueOffset high = std::max(extent_.min, tail_.end);
  while (low < high) {
    if (stopping_.load(std::memory_order_relaxed)) return absl::CancelledError("the store stops");
    const QueueOffset middle = low + (high - low) / 2;
    PETREL_ASSIGN_OR_RETURN(const bool reached_there, reached(middle));
    if (reached_there) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

absl::StatusOr<bool> QueueSearch::reached(QueueOffset at) {
  const QueueOffset end = std::min(tail_.end, at + QueueExpiry::kEntriesWithoutTimeMax);
  for (; at < end; ++at) {
    PETREL_ASSIGN_OR_RETURN(const QueueEntry entry, entry_at(at));
    if (entry.log_offset >= point_.log_offset) return true;
    if (!point_.stored_ms.has_value()) return false;
    PETREL_ASSIGN_OR_RETURN(const std::optional<QueueExpiry::Age> age, ages_.age_of(at, entry));
    if (age.has_value()) return !age->expired;
  }
  return false;
}

absl::StatusOr<QueueEntry> QueueSearch::entry_at(QueueOffset at) {
  if (at < extent_.durable) {
    PETREL_RETURN_IF_ERROR(load_page(at));
    return page_.entries[static_cast<size_t>(at - page_.first)];
  }
  auto index = static_cast<size_t>(at - tail_.first);
  for (const QueueView::Piece& piece : tail_.pieces) {
    if (index < piece.entries.size()) return piece.entries[index];
    index -= piece.entries.size();
  }
  PETREL_CHECK(false) << "queue offset " << at.value() << " is behind what was shown";
  return absl::InternalError("");
}

absl::Status QueueSearch::load_page(QueueOffset at) {
  const auto behind = [&] { return page_.first + static_cast<int64_t>(page_.entries.size()); };
  if (page_.first <= at && at < behind()) return absl::OkStatus();
  const int64_t first = at.value() / kQueuePageEntries * kQueuePageEntries;
  page_.first = std::max(QueueOffset(first), extent_.min);
  const QueueOffset end = std::min(QueueOffset(first + kQueuePageEntries), extent_.durable);
  page_.entries.assign(static_cast<size_t>(end - page_.first), {});
  std::vector<CorrectedEntry> known;
  std::copy_if(corrections_.begin(), corrections_.end(), std::back_inserter(known),
               [&](const auto& it) { return it.offset >= page_.first && it.offset < end; });
  std::vector<QueueOffset> distrusted;
  std::copy_if(distrusted_.begin(), distrusted_.end(), std::back_inserter(distrusted),
               [&](QueueOffset it) { return it >= page_.first && it < end; });
  QueueRepair repair(parts_.disk, parts_.log, directory_, extent_, stopping_);
  return repair.read(page_, known, distrusted);
}

}  // namespace petrel::store
