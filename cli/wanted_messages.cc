// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/wanted_messages.h"

#include <algorithm>

#include "common/check.h"

namespace petrel::cli {

size_t WantedMessages::take(size_t broker) {
  MutexLock lock(mutex_);
  line_.push_back(broker);
  while (!ended_ && free_ + asked_ > 0 && (free_ == 0 || line_.front() != broker)) {
    changed_.wait(mutex_);
  }
  std::erase(line_, broker);
  changed_.notify_all();
  if (ended_ || free_ == 0) {
    return 0;
  }
  const size_t share = std::clamp(free_ / brokers_, size_t{1}, kBatchMax);
  free_ -= share;
  asked_ += share;
  return share;
}

void WantedMessages::settle(size_t asked, size_t come) {
  MutexLock lock(mutex_);
  PETREL_CHECK_LE(asked, asked_);
  asked_ -= asked;
  free_ += asked - std::min(asked, come);
  changed_.notify_all();
}

bool WantedMessages::is_contended() const {
  MutexLock lock(mutex_);
  return free_ == 0 && !line_.empty();
}

void WantedMessages::end() {
  MutexLock lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

}  // namespace petrel::cli
