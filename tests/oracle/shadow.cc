// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/shadow.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::oracle {

using store::CommittedOffset;
using store::LogOffset;
using store::QueueOffset;

Shadow::Shadow(int64_t segment_bytes, ManualClock& clock, Between between)
    : clock_(clock), between_(std::move(between)) {
  options_.directory = "shadow";
  options_.index.enabled = false;
  options_.log.segment_bytes = segment_bytes;
  options_.log.segment_size_mode = store::SegmentSizeMode::kExactly;
  options_.log.record_bytes_max = segment_bytes / 2;
  options_.log.block_bytes = 16 << 10;
  options_.log.hot_bytes = 64 << 10;
  options_.log.prepare_bytes = 0;
  PETREL_CHECK_OK(open());
}

Shadow::~Shadow() { drop(); }

void Shadow::drop() {
  executor_.drop_all();
  store_.reset();
  owner_.reset();
  core_.reset();
}

absl::Status Shadow::open() {
  registry_ = std::make_unique<core::Registry>();
  core_ = std::make_unique<core::BrokerCore>(core::CoreOptions(), log_time_, clients_, port_,
                                             *registry_);
  if (between_) {
    owner_ = between_(core_->owner(), clock_);
  }
  store::MessageStore::Owner& owner = owner_ == nullptr ? core_->owner() : *owner_;
  PETREL_ASSIGN_OR_RETURN(store_,
                          store::MessageStore::open(disk_, clock_, executor_, options_, owner));
  return core_->start(*store_, port_);
}

absl::Status Shadow::follow(const store::CommitLog& leader, LogOffset committed,
                            int64_t bytes_max) {
  while (end() < committed) {
    PETREL_ASSIGN_OR_RETURN(const store::LogRange range,
                            leader.read_range(end(), bytes_max, committed));
    if (range.to == range.from) {
      return absl::InternalError(concat("nothing committed stands at ", range.from.value()));
    }
    PETREL_RETURN_IF_ERROR(store_->log().append_raw(range.from, range.bytes()));
    store_->log().submit();
    PETREL_RETURN_IF_ERROR(store_->log().write_group(/*sync=*/true, 0).status());
    PETREL_RETURN_IF_ERROR(store_->apply_to(end()).status());
    store_->commit(CommittedOffset(end().value()), [](std::string_view) {});
  }
  return absl::OkStatus();
}

absl::Status Shadow::rewind(LogOffset to) {
  if (to < end()) {
    PETREL_RETURN_IF_ERROR(store_->log().truncate(to));
  }
  drop();
  return open();
}

// --- the comparison ------------------------------------------------------------------------------

namespace {

std::string all_of(const core::BrokerState& state) {
  std::string bytes;
  for (const std::string& piece : state.capture_all()) {
    bytes += piece;
  }
  return bytes;
}

// Nothing where a queue never had a message: a look at it makes one.
std::string bounds_of(store::MessageStore& store, const std::string& topic, int32_t id) {
  const store::ConsumeQueue* const queue = store.find_queue(topic, id);
  if (queue == nullptr || queue->next() == QueueOffset(0)) {
    return "";
  }
  const store::QueueTotals totals = queue->totals();
  return concat("min ", queue->min().value(), ", max ", queue->max().value(), ", next ",
                queue->next().value(), ", bytes ", totals.bytes, ", oldest ", totals.oldest_ms,
                ", newest ", totals.newest_ms);
}

absl::Status compare_entries(const store::ConsumeQueue& live, const store::ConsumeQueue& shadow,
                             int64_t& bytes) {
  constexpr int64_t kStep = 64;
  std::array<store::QueueEntry, kStep> there;
  std::array<store::QueueEntry, kStep> here;
  for (QueueOffset at = live.min(); at < live.max();) {
    const auto count =
        static_cast<int64_t>(live.read(at, {here.data(), static_cast<size_t>(kStep)}));
    if (count == 0) {
      at += 1;
      continue;
    }
    const auto span = static_cast<size_t>(count);
    const size_t in_shadow = shadow.read(at, {there.data(), span});
    if (in_shadow != span || !std::equal(here.begin(), here.begin() + count, there.begin())) {
      return absl::InternalError(concat("queue ", live.topic(), "/", live.queue_id(),
                                        " has other entries from ", at.value(), " on"));
    }
    bytes += count * store::kQueueEntryBytes;
    at += count;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status compare(Side live, Side shadow, const std::vector<std::string>& topics,
                     int64_t& bytes) {
  const std::string state = all_of(live.state);
  bytes += static_cast<int64_t>(state.size());
  if (state != all_of(shadow.state)) {
    return absl::InternalError("the shadow's state is another one");
  }
  if (live.store.begin() != shadow.store.begin()) {
    return absl::InternalError(concat("the log begins at ", live.store.begin().value(),
                                      ", the shadow's at ", shadow.store.begin().value()));
  }
  for (const std::string& topic : topics) {
    const int32_t end = std::max(live.store.queue_id_end(topic), shadow.store.queue_id_end(topic));
    for (int32_t id = 0; id < end; ++id) {
      const std::string bounds = bounds_of(live.store, topic, id);
      const std::string others = bounds_of(shadow.store, topic, id);
      if (bounds != others) {
        return absl::InternalError(
            concat("queue ", topic, "/", id, ": ", bounds, "; the shadow's: ", others));
      }
      bytes += static_cast<int64_t>(bounds.size());
      if (!bounds.empty()) {
        PETREL_RETURN_IF_ERROR(compare_entries(*live.store.find_queue(topic, id),
                                               *shadow.store.find_queue(topic, id), bytes));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace petrel::oracle
