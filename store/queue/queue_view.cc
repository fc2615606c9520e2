// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/queue/queue_view.h"

#include <algorithm>

#include "common/check.h"
#include "store/queue/queue_capture.h"

namespace petrel::store {
namespace {

int64_t page_of(int64_t offset) { return offset / kQueuePageEntries; }

}  // namespace

QueueView::QueueView(std::string topic, int32_t queue_id, uint64_t generation, QueueOffset min,
                     QueueOffset max, QueueViews& dirty, QueueCapture& capture)
    : topic_(std::move(topic)),
      queue_id_(queue_id),
      generation_(generation),
      captured_(capture.number()),
      min_(min),
      max_(max),
      next_(max),
      durable_(max),
      tail_first_(max),
      dirty_(dirty),
      capture_(capture) {
  PETREL_CHECK_LE(min, max);
}

void QueueView::before_change() {
  if (captured_ != capture_.number()) capture_.before_change(*this);
}

void QueueView::set_totals(const QueueTotals& totals) {
  before_change();
  totals_ = totals;
}

LogOffset QueueView::front() const {
  return min_ == max_ ? LogOffset(0) : listed_front_.value_or(LogOffset(0));
}

void QueueView::begin_at(QueueOffset min) {
  PETREL_CHECK_EQ(min_, next_);
  PETREL_CHECK_LE(next_, min);
  before_change();
  min_ = max_ = next_ = durable_ = tail_first_ = min;
}

void QueueView::move_min(const MinMove& move) {
  PETREL_CHECK_LE(move.min, max_);
  if (move.min < min_) return;
  before_change();
  if (move.min > min_) {
    min_ = move.min;
    totals_.bytes = std::max<int64_t>(totals_.bytes - move.bytes, 0);
    forget_below_min();
  }
  totals_.oldest_ms = std::max(totals_.oldest_ms, move.oldest_ms);
  if (min_ == max_) totals_ = {};
}

void QueueView::forget_below_min() {
  pages_.erase(pages_.begin(), pages_.lower_bound(page_of(min_.value())));
  if (repairs_ == nullptr) return;
  auto& [corrections, distrusted] = *repairs_;
  corrections.erase(corrections.begin(), corrections.lower_bound(min_));
  distrusted.erase(distrusted.begin(), distrusted.lower_bound(min_));
}

void QueueView::list_dirty() {
  if (listed_dirty_) return;
  dirty_.emplace(generation_, this);
  listed_dirty_ = true;
}

void QueueView::show(const QueueEntry& entry, int64_t store_ms) {
  PETREL_CHECK_LT(max_, next_);
  append(entry);
  if (entry.is_hole()) return;
  totals_.bytes += entry.size;
  if (totals_.oldest_ms == 0) totals_.oldest_ms = store_ms;
  totals_.newest_ms = store_ms;
}

void QueueView::append(const QueueEntry& entry) {
  before_change();
  list_dirty();
  chunk_with_room().push_back(entry);
  ++max_;
}

// Growing in place would pull the entries away from under a thread that reads them.
std::vector<QueueEntry>& QueueView::chunk_with_room() {
  constexpr size_t kFirstEntries = 4;
  if (tail_.empty() || max_.value() % kQueuePageEntries == 0) {
    tail_.push_back(std::make_shared<std::vector<QueueEntry>>());
  }
  Chunk& chunk = tail_.back();
  if (chunk->size() == chunk->capacity()) {
    auto with_room = std::make_shared<std::vector<QueueEntry>>();
    with_room->reserve(std::max(kFirstEntries, 2 * chunk->size()));
    with_room->assign(chunk->begin(), chunk->end());
    chunk = std::move(with_room);
  }
  return *chunk;
}

void QueueView::rebuild(std::span<const QueueEntry> entries) {
  before_change();
  std::vector<QueueEntry> all(entries.begin(), entries.end());
  PETREL_CHECK_EQ(tail_first_, durable_);
  PETREL_CHECK_LE(entries.size(), static_cast<size_t>(durable_ - min_));
  for (const Chunk& chunk : tail_) all.insert(all.end(), chunk->begin(), chunk->end());
  const QueueOffset old_min = min_;
  min_ = durable_ = tail_first_ = max_ = max_ - static_cast<int64_t>(all.size());
  PETREL_CHECK_LE(old_min, min_);
  tail_.clear();
  pages_.clear();
  repairs_.reset();
  for (const QueueEntry& entry : all) append(entry);
  if (min_ == max_) totals_ = {};
  if (min_ == old_min) return;
  totals_.bytes = 0;
  for (const QueueEntry& entry : all) totals_.bytes += entry.is_hole() ? 0 : entry.size;
}

size_t QueueView::read(QueueOffset from, std::span<QueueEntry> into) const {
  if (from < min_) return 0;
  size_t copied = 0;
  while (copied < into.size()) {
    const int64_t offset = from.value() + static_cast<int64_t>(copied);
    size_t count = 0;
    const QueueEntry* entries = offset >= tail_first_.value() ? find_in_tail(offset, &count)
                                                              : find_in_pages(offset, &count);
    if (entries == nullptr) break;
    count = std::min(count, into.size() - copied);
    std::copy_n(entries, count, into.begin() + static_cast<ptrdiff_t>(copied));
    copied += count;
  }
  return copied;
}

const QueueEntry* QueueView::find_in_tail(int64_t offset, size_t* count) const {
  if (offset >= max_.value()) return nullptr;
  const int64_t page = page_of(offset);
  const std::vector<QueueEntry>& chunk =
      *tail_[static_cast<size_t>(page - page_of(tail_first_.value()))];
  const int64_t chunk_first = std::max(page * kQueuePageEntries, tail_first_.value());
  const auto index = static_cast<size_t>(offset - chunk_first);
  *count = chunk.size() - index;
  return chunk.data() + index;
}

const QueueEntry* QueueView::find_in_pages(int64_t offset, size_t* count) const {
  const auto found = pages_.find(page_of(offset));
  if (found == pages_.end()) return nullptr;
  const QueuePage& page = *found->second;
  const int64_t end = page.first.value() + static_cast<int64_t>(page.entries.size());
  if (offset < page.first.value() || offset >= end) return nullptr;
  const auto index = static_cast<size_t>(offset - page.first.value());
  *count = page.entries.size() - index;
  return page.entries.data() + index;
}

QueueView::Unwritten QueueView::unwritten() const {
  Unwritten result{.first = durable_, .pieces = {}, .end = max_, .min = min_, .corrected = {}};
  for (const CorrectedEntry& corrected : corrections(min_, std::max(min_, durable_))) {
    if (!corrected.entry.is_hole()) result.corrected.push_back(corrected);
  }
  for (int64_t offset = durable_.value(); offset < max_.value();) {
    const int64_t page = page_of(offset);
    const Chunk& chunk = tail_[static_cast<size_t>(page - page_of(tail_first_.value()))];
    const int64_t chunk_first = std::max(page * kQueuePageEntries, tail_first_.value());
    const auto index = static_cast<size_t>(offset - chunk_first);
    const int64_t chunk_end = chunk_first + static_cast<int64_t>(chunk->size());
    result.pieces.push_back({.owner = chunk, .entries = std::span(*chunk).subspan(index)});
    offset = chunk_end;
  }
  return result;
}

void QueueView::set_durable(const Unwritten& written, int64_t keep) {
  PETREL_CHECK_LE(durable_, written.end);
  PETREL_CHECK_LE(written.end, max_);
  durable_ = written.end;
  forget_written(written.corrected);
  trim(keep);
}

void QueueView::trim(int64_t keep) {
  const QueueOffset first = std::clamp(durable_ - keep, tail_first_, durable_);
  if (first == tail_first_) return;
  const auto whole_chunks = static_cast<ptrdiff_t>(std::min<int64_t>(
      page_of(first.value()) - page_of(tail_first_.value()), static_cast<int64_t>(tail_.size())));
  tail_.erase(tail_.begin(), tail_.begin() + whole_chunks);
  if (first == max_) {
    tail_.clear();
  } else if (first.value() % kQueuePageEntries != 0) {
    const Chunk& chunk = tail_.front();
    const int64_t old_first =
        std::max(page_of(first.value()) * kQueuePageEntries, tail_first_.value());
    // A new vector: the old one may still be being written to disk, and gives its memory back.
    tail_.front() = std::make_shared<std::vector<QueueEntry>>(
        chunk->begin() + static_cast<ptrdiff_t>(first.value() - old_first), chunk->end());
  }
  tail_.shrink_to_fit();
  tail_first_ = first;
}

void QueueView::put_page(std::shared_ptr<const QueuePage> page) {
  const int64_t number = page_of(page->first.value());
  if (repairs_ != nullptr) {
    const QueueOffset end = page->first + static_cast<int64_t>(page->entries.size());
    auto& distrusted = repairs_->distrusted;
    distrusted.erase(distrusted.lower_bound(page->first), distrusted.lower_bound(end));
  }
  pages_[number] = std::move(page);
}

// ---- entries that are wrong on disk

void QueueView::distrust(QueueOffset offset) {
  before_change();
  PETREL_CHECK(offset >= min_ && offset < durable_)
      << offset.value() << " is not on disk in " << topic_ << "/" << queue_id_;
  if (repairs_ == nullptr) repairs_ = std::make_unique<Repairs>();
  repairs_->distrusted.insert(offset);
  repairs_->corrections.erase(offset);
  pages_.erase(page_of(offset.value()));
  if (offset >= tail_first_) trim(/*keep=*/0);
}

std::vector<QueueOffset> QueueView::distrusted(QueueOffset from, QueueOffset to) const {
  if (repairs_ == nullptr) return {};
  const auto& distrusted = repairs_->distrusted;
  return {distrusted.lower_bound(from), distrusted.lower_bound(to)};
}

void QueueView::correct(std::span<const CorrectedEntry> corrected) {
  if (corrected.empty()) return;
  before_change();
  if (repairs_ == nullptr) repairs_ = std::make_unique<Repairs>();
  for (const CorrectedEntry& correction : corrected) {
    if (correction.offset < min_ || correction.offset >= durable_) continue;
    repairs_->corrections[correction.offset] = correction.entry;
    if (!correction.entry.is_hole()) list_dirty();
    // A page that was loaded before; this one comes with the next load.
    const auto page = pages_.find(page_of(correction.offset.value()));
    if (page == pages_.end()) continue;
    const auto index = static_cast<size_t>(correction.offset - page->second->first);
    const std::vector<QueueEntry>& entries = page->second->entries;
    if (index >= entries.size() || entries[index] != correction.entry) pages_.erase(page);
  }
}

std::vector<CorrectedEntry> QueueView::corrections(QueueOffset from, QueueOffset to) const {
  std::vector<CorrectedEntry> found;
  if (repairs_ == nullptr) return found;
  const auto& corrections = repairs_->corrections;
  for (auto it = corrections.lower_bound(from); it != corrections.end() && it->first < to; ++it) {
    found.push_back({it->first, it->second});
  }
  return found;
}

bool QueueView::has_unwritten_corrections() const {
  return repairs_ != nullptr &&
         std::any_of(repairs_->corrections.begin(), repairs_->corrections.end(),
                     [](const auto& correction) { return !correction.second.is_hole(); });
}

void QueueView::forget_written(std::span<const CorrectedEntry> corrected) {
  if (repairs_ == nullptr) return;
  for (const CorrectedEntry& written : corrected) {
    const auto found = repairs_->corrections.find(written.offset);
    if (found != repairs_->corrections.end() && found->second == written.entry) {
      repairs_->corrections.erase(found);
    }
  }
  if (repairs_->corrections.empty() && repairs_->distrusted.empty()) repairs_.reset();
}

}  // namespace petrel::store
