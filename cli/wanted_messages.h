// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>

#include "common/mutex.h"

namespace petrel::cli {

// How many messages are still wanted, shared out among the brokers that are asked for them: what is
// asked for and what has come never exceed what was wanted. Any thread.
class WantedMessages {
 public:
  // The most that one request asks for.
  static constexpr size_t kBatchMax = 32;

  WantedMessages(size_t wanted, size_t brokers) : brokers_(brokers), free_(wanted) {}

  // Waits for the broker's turn; turns go round. How many it is to be asked for, at least 1; 0 when
  // all have come, or after end(). To be followed by settle().
  size_t take(size_t broker);

  // Of `asked` messages `come` have come; the others are wanted again.
  void settle(size_t asked, size_t come);

  // Brokers wait for their turn, and there is nothing left to ask them for.
  bool is_contended() const;

  // Ends all waits.
  void end();

 private:
  const size_t brokers_;
  mutable Mutex mutex_;
  CondVar changed_;
  size_t free_ ABSL_GUARDED_BY(mutex_);       // wanted, and asked for from nobody
  size_t asked_ ABSL_GUARDED_BY(mutex_) = 0;  // asked for, and not settled
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<size_t> line_ ABSL_GUARDED_BY(mutex_);  // brokers that wait, the next one first
};

}  // namespace petrel::cli
