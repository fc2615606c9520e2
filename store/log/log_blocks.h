// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/mutex.h"
#include "store/log/log_range.h"

namespace petrel::store {

// A piece of the log in memory: bytes [start, end), contiguous. `end` only grows, by the core
// thread; bytes below it never change.
struct LogBlock {
  int64_t start = 0;
  std::atomic<int64_t> end{0};
  size_t capacity = 0;
  std::unique_ptr<char[]> bytes;
};

// The newest part of the log in memory, as a list of blocks in log order. A record lies within one
// block, a block within one segment. Blocks that nobody reads any more are used again, so that
// appending allocates nothing once the list is full.
//
// A slice keeps its whole block, however small it is. What slices keep of blocks that left the list
// is counted, and bounds what is lent: see may_lend.
//
// Threads: reserve and publish on the core thread, collect on the log thread, find on any thread.
// The lock is held for a search or one list operation, never while bytes are copied.
class LogBlocks {
 public:
  LogBlocks(int64_t block_bytes, int64_t hot_bytes, int64_t pinned_bytes_max);

  // Room for `size` bytes at log offset `at`, which is not before the last published end. Blocks
  // whose bytes are all below `written` leave the list while it holds more than hot_bytes.
  char* reserve(int64_t at, size_t size, int64_t written);
  // Makes the bytes up to `end` of the last reservation visible.
  void publish(int64_t end);
  // The next reservation begins a block: it is in another segment.
  void seal() { sealed_ = true; }

  std::optional<LogSlice> find(int64_t at, size_t size) const;
  // Whether a slice may be kept beyond the call that asked for it. False while blocks that left the
  // list hold more than pinned_bytes_max: as at most the list's blocks are lent when it becomes
  // false, they never hold more than that and hot_bytes, but for the block that goes over.
  bool may_lend() const { return pinned_bytes() <= pinned_bytes_max_; }
  int64_t pinned_bytes() const;
  // All that is there from `at` on in the block that holds it, which ends with a record or a
  // filler.
  std::optional<LogSlice> find_from(int64_t at) const;

  // Core thread, when all before `end` is written: blocks with bytes behind leave the list. Slices
  // of them stay what they are, so the next reservation begins a block.
  void cut_behind(int64_t end);

  struct Part {
    int64_t start = 0;
    const char* bytes = nullptr;
    size_t size = 0;
  };
  // Appends the bytes of [from, to) in log order; valid while they are not written. There are gaps
  // where a segment ended.
  void collect(int64_t from, int64_t to, std::vector<Part>& parts) const;

 private:
  class Pool;

  std::shared_ptr<LogBlock> block_of(int64_t at) const;
  void add_block(int64_t at, size_t size, int64_t written);

  const int64_t hot_bytes_;
  const int64_t pinned_bytes_max_;
  const std::shared_ptr<Pool> pool_;
  LogBlock* current_ = nullptr;  // core thread: the last block of the list
  bool sealed_ = false;          // core thread: nothing more goes into it
  mutable Mutex mutex_;
  std::deque<std::shared_ptr<LogBlock>> blocks_ ABSL_GUARDED_BY(mutex_);
  std::atomic<int64_t> listed_bytes_{0};  // changed by the core thread
};

}  // namespace petrel::store
