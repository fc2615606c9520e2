// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/log_blocks.h"

#include <algorithm>

#include "common/check.h"

namespace petrel::store {

// Blocks that are free to be used again. Outlives the list: a reader may hold the last reference.
class LogBlocks::Pool : public std::enable_shared_from_this<LogBlocks::Pool> {
 public:
  explicit Pool(size_t block_bytes) : block_bytes_(block_bytes) {}

  // A block with room for `size` bytes, larger than usual if need be.
  std::shared_ptr<LogBlock> take(size_t size) {
    std::unique_ptr<LogBlock> block = size <= block_bytes_ ? take_spare() : nullptr;
    if (block == nullptr) {
      block = std::make_unique<LogBlock>();
      block->capacity = std::max(size, block_bytes_);
      block->bytes = std::make_unique_for_overwrite<char[]>(block->capacity);
    }
    used_bytes_.fetch_add(static_cast<int64_t>(block->capacity), std::memory_order_relaxed);
    return {block.release(),
            [pool = shared_from_this()](LogBlock* used) { pool->give_back(used); }};
  }

  // Of blocks that were taken and are not back.
  int64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kSpareBlocksMax = 16;

  std::unique_ptr<LogBlock> take_spare() {
    MutexLock lock(mutex_);
    if (spare_.empty()) return nullptr;
    std::unique_ptr<LogBlock> block = std::move(spare_.back());
    spare_.pop_back();
    return block;
  }

  void give_back(LogBlock* used) {
    std::unique_ptr<LogBlock> block(used);
    used_bytes_.fetch_sub(static_cast<int64_t>(block->capacity), std::memory_order_relaxed);
    if (block->capacity != block_bytes_) return;
    MutexLock lock(mutex_);
    if (spare_.size() < kSpareBlocksMax) spare_.push_back(std::move(block));
  }

  const size_t block_bytes_;
  std::atomic<int64_t> used_bytes_{0};
  Mutex mutex_;
  std::vector<std::unique_ptr<LogBlock>> spare_ ABSL_GUARDED_BY(mutex_);
};

LogBlocks::LogBlocks(int64_t block_bytes, int64_t hot_bytes, int64_t pinned_bytes_max)
    : hot_bytes_(hot_bytes),
      pinned_bytes_max_(pinned_bytes_max),
      pool_(std::make_shared<Pool>(static_cast<size_t>(block_bytes))) {
  PETREL_CHECK_GT(block_bytes, 0);
}

int64_t LogBlocks::pinned_bytes() const {
  // The two do not move as one: for an instant a block may count here that is in the list.
  const int64_t listed = listed_bytes_.load(std::memory_order_relaxed);
  return std::max<int64_t>(pool_->used_bytes() - listed, 0);
}

char* LogBlocks::reserve(int64_t at, size_t size, int64_t written) {
  const bool fits = current_ != nullptr && !sealed_ &&
                    current_->end.load(std::memory_order_relaxed) == at &&
                    static_cast<size_t>(at - current_->start) + size <= current_->capacity;
  if (!fits) add_block(at, size, written);
  return current_->bytes.get() + (at - current_->start);
}

void LogBlocks::publish(int64_t end) {
  PETREL_CHECK_LE(end - current_->start, current_->capacity);
  current_->end.store(end, std::memory_order_release);
}

void LogBlocks::add_block(int64_t at, size_t size, int64_t written) {
  PETREL_CHECK(current_ == nullptr || current_->end.load(std::memory_order_relaxed) <= at);
  std::vector<std::shared_ptr<LogBlock>> dropped;  // freed behind the lock
  std::shared_ptr<LogBlock> block = pool_->take(size);
  block->start = at;
  block->end.store(at, std::memory_order_relaxed);
  current_ = block.get();
  sealed_ = false;

  MutexLock lock(mutex_);
  listed_bytes_ += static_cast<int64_t>(block->capacity);
  blocks_.push_back(std::move(block));
  while (listed_bytes_ > hot_bytes_ && blocks_.size() > 1 &&
         blocks_.front()->end.load(std::memory_order_relaxed) <= written) {
    listed_bytes_ -= static_cast<int64_t>(blocks_.front()->capacity);
    dropped.push_back(std::move(blocks_.front()));
    blocks_.pop_front();
  }
}

void LogBlocks::cut_behind(int64_t end) {
  std::vector<std::shared_ptr<LogBlock>> dropped;  // freed behind the lock
  MutexLock lock(mutex_);
  while (!blocks_.empty() && blocks_.back()->end.load(std::memory_order_relaxed) > end) {
    listed_bytes_ -= static_cast<int64_t>(blocks_.back()->capacity);
    dropped.push_back(std::move(blocks_.back()));
    blocks_.pop_back();
  }
  current_ = blocks_.empty() ? nullptr : blocks_.back().get();
  sealed_ = true;
}

// The last that begins at or before `at`, whether it reaches that or not; null if there is none.
std::shared_ptr<LogBlock> LogBlocks::block_of(int64_t at) const {
  MutexLock lock(mutex_);
  const auto behind =
      std::upper_bound(blocks_.begin(), blocks_.end(), at,
                       [](int64_t offset, const auto& b) { return offset < b->start; });
  return behind == blocks_.begin() ? nullptr : *std::prev(behind);
}

std::optional<LogSlice> LogBlocks::find_from(int64_t at) const {
  std::shared_ptr<LogBlock> block = block_of(at);
  if (block == nullptr) return std::nullopt;
  const int64_t end = block->end.load(std::memory_order_acquire);
  if (at >= end) return std::nullopt;
  const std::string_view bytes(block->bytes.get() + (at - block->start),
                               static_cast<size_t>(end - at));
  return LogSlice(std::move(block), bytes);
}

std::optional<LogSlice> LogBlocks::find(int64_t at, size_t size) const {
  const std::optional<LogSlice> all = find_from(at);
  if (!all.has_value() || size > all->bytes().size()) return std::nullopt;
  return all->part(0, size);
}

void LogBlocks::collect(int64_t from, int64_t to, std::vector<Part>& parts) const {
  MutexLock lock(mutex_);
  auto block = std::upper_bound(blocks_.begin(), blocks_.end(), from,
                                [](int64_t offset, const auto& b) { return offset < b->start; });
  if (block != blocks_.begin()) --block;
  for (; block != blocks_.end() && (*block)->start < to; ++block) {
    const int64_t start = std::max(from, (*block)->start);
    const int64_t end = std::min(to, (*block)->end.load(std::memory_order_acquire));
    if (start >= end) continue;
    parts.push_back({.start = start,
                     .bytes = (*block)->bytes.get() + (start - (*block)->start),
                     .size = static_cast<size_t>(end - start)});
  }
}

}  // namespace petrel::store
