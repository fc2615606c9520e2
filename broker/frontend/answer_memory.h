// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "common/clock.h"
#include "common/mutex.h"

namespace petrel::frontend {

// The memory that answers with messages may take, for all connections together: what they hold of
// records that were read, and what is made of them to be sent. Any thread.
//
// Who asks gets its share at once while there is room, else when others gave back theirs, in the
// order of asking. If nobody has a share, one is given, however large. An answer that makes no
// progress gives its share back by being ended; who waits as long gets none.
class AnswerMemory {
 public:
  struct Limits {
    int64_t bytes_max = 128 << 20;
    int64_t wait_ms = 15'000;
  };
  AnswerMemory(const Clock& clock, const Limits& limits) : clock_(clock), limits_(limits) {}
  explicit AnswerMemory(const Clock& clock) : AnswerMemory(clock, Limits()) {}
  // Those who wait are dropped.
  ~AnswerMemory() = default;
  AnswerMemory(const AnswerMemory&) = delete;
  AnswerMemory& operator=(const AnswerMemory&) = delete;

  // Bytes that are set aside until it is destroyed. The memory outlives it.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept
        : memory_(std::exchange(other.memory_, nullptr)), bytes_(other.bytes_) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(memory_, other.memory_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Share() {
      if (memory_ != nullptr) {
        memory_->give_back(bytes_);
      }
    }
    explicit operator bool() const { return memory_ != nullptr; }

   private:
    friend class AnswerMemory;
    Share(AnswerMemory* memory, int64_t bytes) : memory_(memory), bytes_(bytes) {}
    AnswerMemory* memory_ = nullptr;
    int64_t bytes_ = 0;
  };

  // Empty when there is no room now, or others wait.
  Share try_take(int64_t bytes);
  // `granted` gets the share, here or later on the thread that made room, or an empty one when
  // wait_ms are over. It must not take long, nor give a share back.
  using Granted = absl::AnyInvocable<void(Share) &&>;
  void wait(int64_t bytes, Granted granted);
  // Gives up on those who waited too long; called about every second.
  void expire();

  int64_t held_bytes() const;
  size_t waiting() const;

 private:
  struct Waiting {
    int64_t bytes = 0;
    int64_t deadline_us = 0;
    Granted granted;
  };
  bool has_room(int64_t bytes) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void give_back(int64_t bytes);
  void grant();

  const Clock& clock_;
  const Limits limits_;
  mutable Mutex mutex_;
  int64_t held_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<Waiting> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace petrel::frontend
