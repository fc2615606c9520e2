// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/mutex.h"

namespace petrel {

// Values from any number of threads to one consumer thread, in the order in which they were pushed.
//
// Bounded: when capacity values wait, or values that hold bytes_max, try_push refuses and the
// producer answers "busy" to whoever asked. An empty mailbox takes one value, however much it
// holds: what is too large for good is not for the mailbox to say. The consumer takes everything at
// once by swapping two vectors, so that a busy mailbox costs one lock a batch and no allocation. A
// producer makes a system call only when the consumer sleeps.
template <typename T>
class BoundedMailbox {
 public:
  static constexpr int64_t kWaitForever = -1;

  explicit BoundedMailbox(size_t capacity, size_t bytes_max = SIZE_MAX)
      : capacity_(capacity), bytes_max_(bytes_max) {
    PETREL_CHECK_GT(capacity, 0U);
  }
  BoundedMailbox(const BoundedMailbox&) = delete;
  BoundedMailbox& operator=(const BoundedMailbox&) = delete;

  // Any thread. False when the mailbox is full or closed; value is then untouched. `bytes`: what it
  // holds.
  [[nodiscard]] bool try_push(T&& value, size_t bytes = 0) { return push(value, capacity_, bytes); }

  // Any thread. For the few values that the consumer itself waits for: taken however full the
  // mailbox is. False when closed.
  bool push_unbounded(T value) { return push(value, SIZE_MAX, 0); }

  // Consumer only. Replaces the contents of *out by all values that wait. When there are none,
  // waits for one or for close() up to wait_us (0: not at all; kWaitForever); *out may then stay
  // empty. False when closed and drained: nothing will come any more.
  bool drain(std::vector<T>* out, int64_t wait_us) {
    out->clear();
    MutexLock lock(mutex_);
    if (values_.empty() && !closed_ && wait_us != 0) {
      sleep_until_arrival(wait_us);
    }
    out->swap(values_);
    bytes_ = 0;
    return !out->empty() || !closed_;
  }

  // Any thread. Refuses further values; those inside can still be drained. Wakes the consumer.
  void close() {
    {
      MutexLock lock(mutex_);
      closed_ = true;
      consumer_sleeps_ = false;
    }
    arrived_.notify_one();
  }

  // Any thread; for metrics.
  size_t size() const {
    MutexLock lock(mutex_);
    return values_.size();
  }
  // What they hold, but those of push_unbounded.
  size_t bytes() const {
    MutexLock lock(mutex_);
    return bytes_;
  }

 private:
  bool push(T& value, size_t capacity, size_t bytes) {
    bool wake = false;
    {
      MutexLock lock(mutex_);
      const bool has_room = bytes == 0 || values_.empty() || bytes_ + bytes <= bytes_max_;
      if (closed_ || values_.size() >= capacity || !has_room) {
        return false;
      }
      bytes_ += bytes;
      values_.push_back(std::move(value));
      wake = std::exchange(consumer_sleeps_, false);
    }
    if (wake) {
      arrived_.notify_one();
    }
    return true;
  }

  void sleep_until_arrival(int64_t wait_us) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    using std::chrono::steady_clock;
    const auto deadline = steady_clock::now() + std::chrono::microseconds(wait_us);
    consumer_sleeps_ = true;
    // Whoever ends the wait clears the flag; what is left are the deadline and wake-ups without a
    // reason.
    while (consumer_sleeps_ && (wait_us < 0 || steady_clock::now() < deadline)) {
      if (wait_us < 0) {
        arrived_.wait(mutex_);
      } else {
        arrived_.wait_until(mutex_, deadline);
      }
    }
    consumer_sleeps_ = false;
  }

  const size_t capacity_;
  const size_t bytes_max_;
  mutable Mutex mutex_;
  CondVar arrived_;
  std::vector<T> values_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool consumer_sleeps_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace petrel
