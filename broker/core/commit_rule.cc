// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/commit_rule.h"

#include <algorithm>

#include "common/check.h"

namespace petrel::core {

void CommitRule::own_progress(const store::LogProgress& progress) {
  PETREL_CHECK_LE(progress.synced.value(), progress.written.value());
  // The core may have looked for itself: the word of the log's thread that comes then is older.
  own_.written = std::max(own_.written, progress.written);
  own_.synced = std::max(own_.synced, progress.synced);
  const int64_t held =
      flush_mode_ == store::FlushMode::kSync ? own_.synced.value() : own_.written.value();
  PETREL_CHECK_LE(committed_.value(), held);
  committed_ = store::CommittedOffset(held);
}

}  // namespace petrel::core
