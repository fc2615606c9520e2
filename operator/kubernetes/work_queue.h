// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "common/mutex.h"
#include "operator/kubernetes/resource_type.h"
#include "operator/kubernetes/waitable_clock.h"

namespace petrel::k8s {

// User edits are taken before what is only looked at again to be sure.
enum class Priority { kUser = 0, kResync = 1 };

// Keys of objects that need work, for a pool of workers.
//
//   while (std::optional<ObjectKey> key = queue.take()) {
//     queue.done(*key, reconcile(*key).ok());
//   }
//
// A key waits at most once, however often it is added, with the highest priority that it was given.
// No two workers hold one key: when it is added while it is worked on, it waits again after done().
// Nothing is ever dropped; the queue is as long as there are distinct keys. Safe from any thread.
class WorkQueue {
 public:
  struct Options {
    // A key that fails is taken again after first * 2^failures, until it succeeds.
    int64_t backoff_first_ms = 5;
    int64_t backoff_max_ms = 1'000'000;
    // All keys that fail share this rate of retries, so that a thousand of them cannot hammer a
    // server that is down.
    double retries_per_second = 10;
    int retry_burst = 100;
  };

  WorkQueue(const WaitableClock& clock, Options options);
  explicit WorkQueue(const WaitableClock& clock) : WorkQueue(clock, Options()) {}

  void add(const ObjectKey& key, Priority priority = Priority::kUser);

  // Adds the key when the delay is over. Of several delays of one key the first to end counts.
  void add_after(const ObjectKey& key, int64_t delay_ms, Priority priority = Priority::kResync);

  // The next key, which the caller now holds until done(). Blocks; nothing after stop().
  std::optional<ObjectKey> take();

  // The key's holder gives it back. A success forgets earlier failures; a failure is retried after
  // its backoff.
  void done(const ObjectKey& key, bool ok);

  // take() returns nothing from here on. What is held is still given back with done().
  void stop();

  struct Stats {
    size_t waiting = 0;  // may be taken now
    size_t delayed = 0;
    size_t held = 0;
    int64_t adds = 0;     // since the start, duplicates included
    int64_t retries = 0;  // since the start
    int64_t oldest_waiting_ms = 0;
    int64_t longest_held_ms = 0;  // a worker that is stuck shows here
  };
  Stats stats() const;

 private:
  struct Entry {
    bool waiting = false;
    bool held = false;
    bool again = false;  // added while held
    Priority priority = Priority::kResync;
    int64_t waiting_since_us = 0;
    int64_t held_since_us = 0;
    int failures = 0;
    std::optional<int64_t> due_us;  // in delayed_
    Priority due_priority = Priority::kResync;

    bool idle() const { return !waiting && !held && failures == 0 && !due_us.has_value(); }
  };

  void add_locked(const ObjectKey& key, Entry& entry, Priority priority)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void delay_locked(const ObjectKey& key, Entry& entry, int64_t due_us, Priority priority)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void promote_due_locked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<ObjectKey> pop_locked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int64_t retry_delay_us_locked(Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const WaitableClock& clock_;
  const Options options_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::map<ObjectKey, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  // By priority, in the order of adding. A key whose priority was raised stays behind in the lower
  // one too, and is passed over there.
  std::array<std::deque<ObjectKey>, 2> waiting_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<int64_t, ObjectKey>> delayed_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_count_ ABSL_GUARDED_BY(mutex_) = 0;
  double retry_tokens_ ABSL_GUARDED_BY(mutex_);
  int64_t retry_tokens_at_us_ ABSL_GUARDED_BY(mutex_);
  int64_t adds_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t retries_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace petrel::k8s
