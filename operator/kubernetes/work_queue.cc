// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/work_queue.h"

#include <algorithm>
#include <cmath>

#include "common/check.h"

namespace petrel::k8s {

WorkQueue::WorkQueue(const WaitableClock& clock, Options options)
    : clock_(clock),
      options_(options),
      retry_tokens_(options.retry_burst),
      retry_tokens_at_us_(clock.mono_us()) {
  PETREL_CHECK_GT(options.backoff_first_ms, 0);
  PETREL_CHECK(options.retries_per_second > 0);
}

void WorkQueue::add(const ObjectKey& key, Priority priority) {
  MutexLock lock(mutex_);
  ++adds_;
  if (!stopped_) {
    add_locked(key, entries_[key], priority);
  }
}

void WorkQueue::add_locked(const ObjectKey& key, Entry& entry, Priority priority) {
  if (entry.held) {
    entry.priority = entry.again ? std::min(entry.priority, priority) : priority;
    entry.again = true;
    return;
  }
  if (entry.waiting && entry.priority <= priority) {
    return;
  }
  if (!entry.waiting) {
    entry.waiting = true;
    entry.waiting_since_us = clock_.mono_us();
    ++waiting_count_;
  }
  entry.priority = priority;
  waiting_[static_cast<size_t>(priority)].push_back(key);
  changed_.notify_one();
}

void WorkQueue::add_after(const ObjectKey& key, int64_t delay_ms, Priority priority) {
  MutexLock lock(mutex_);
  ++adds_;
  if (!stopped_) {
    const int64_t due_us = clock_.mono_us() + std::max<int64_t>(delay_ms, 0) * 1000;
    delay_locked(key, entries_[key], due_us, priority);
  }
}

void WorkQueue::delay_locked(const ObjectKey& key, Entry& entry, int64_t due_us,
                             Priority priority) {
  if (entry.due_us) {
    if (*entry.due_us <= due_us) {
      return;
    }
    delayed_.erase({*entry.due_us, key});
  }
  entry.due_us = due_us;
  entry.due_priority = priority;
  delayed_.insert({due_us, key});
  changed_.notify_one();  // somebody waits for a later time
}

void WorkQueue::promote_due_locked() {
  const int64_t now_us = clock_.mono_us();
  while (!delayed_.empty() && delayed_.begin()->first <= now_us) {
    const ObjectKey key = delayed_.begin()->second;
    delayed_.erase(delayed_.begin());
    Entry& entry = entries_.at(key);
    entry.due_us.reset();
    add_locked(key, entry, entry.due_priority);
  }
}

std::optional<ObjectKey> WorkQueue::pop_locked() {
  for (size_t priority = 0; priority < waiting_.size(); ++priority) {
    std::deque<ObjectKey>& keys = waiting_[priority];
    while (!keys.empty()) {
      ObjectKey key = std::move(keys.front());
      keys.pop_front();
      const auto entry = entries_.find(key);
      const bool is_current = entry != entries_.end() && entry->second.waiting &&
                              entry->second.priority == static_cast<Priority>(priority);
      if (is_current) {
        entry->second.waiting = false;
        entry->second.held = true;
        entry->second.held_since_us = clock_.mono_us();
        --waiting_count_;
        return key;
      }
    }
  }
  return std::nullopt;
}

std::optional<ObjectKey> WorkQueue::take() {
  MutexLock lock(mutex_);
  while (!stopped_) {
    promote_due_locked();
    if (std::optional<ObjectKey> key = pop_locked()) {
      return key;
    }
    if (delayed_.empty()) {
      changed_.wait(mutex_);
    } else {
      clock_.wait_until(mutex_, changed_, delayed_.begin()->first);
    }
  }
  return std::nullopt;
}

int64_t WorkQueue::retry_delay_us_locked(Entry& entry) {
  // The bucket may go below zero: then the next retry waits until it is filled again.
  const int64_t now_us = clock_.mono_us();
  const double gained =
      static_cast<double>(now_us - retry_tokens_at_us_) / 1e6 * options_.retries_per_second;
  retry_tokens_ = std::min(retry_tokens_ + gained, static_cast<double>(options_.retry_burst)) - 1;
  retry_tokens_at_us_ = now_us;
  const double bucket_us = std::max(0.0, -retry_tokens_ / options_.retries_per_second * 1e6);
  const double backoff_us = std::min(std::ldexp(static_cast<double>(options_.backoff_first_ms),
                                                std::min(entry.failures, 62)),
                                     static_cast<double>(options_.backoff_max_ms)) *
                            1000;
  ++entry.failures;
  return static_cast<int64_t>(std::max(bucket_us, backoff_us));
}

void WorkQueue::done(const ObjectKey& key, bool ok) {
  MutexLock lock(mutex_);
  const auto found = entries_.find(key);
  PETREL_CHECK(found != entries_.end() && found->second.held) << key.str() << " is not held";
  Entry& entry = found->second;
  entry.held = false;
  if (ok) {
    entry.failures = 0;
  }
  if (stopped_) {
    entry.again = false;
  } else {
    if (!ok) {
      ++retries_;
      delay_locked(key, entry, clock_.mono_us() + retry_delay_us_locked(entry), Priority::kUser);
    }
    if (entry.again) {
      entry.again = false;
      add_locked(key, entry, entry.priority);
    }
  }
  if (entry.idle()) {
    entries_.erase(found);
  }
}

void WorkQueue::stop() {
  MutexLock lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

WorkQueue::Stats WorkQueue::stats() const {
  MutexLock lock(mutex_);
  Stats stats{
      .waiting = waiting_count_, .delayed = delayed_.size(), .adds = adds_, .retries = retries_};
  const int64_t now_us = clock_.mono_us();
  for (const auto& [key, entry] : entries_) {
    if (entry.held) {
      ++stats.held;
      stats.longest_held_ms =
          std::max(stats.longest_held_ms, (now_us - entry.held_since_us) / 1000);
    } else if (entry.waiting) {
      stats.oldest_waiting_ms =
          std::max(stats.oldest_waiting_ms, (now_us - entry.waiting_since_us) / 1000);
    }
  }
  return stats;
}

}  // namespace petrel::k8s
