// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/outbox.h"

#include "common/check.h"

namespace petrel::core {

void Outbox::when(Promise promise, std::unique_ptr<Request> request) {
  PETREL_CHECK(request != nullptr) << "a request is answered once, by whoever owns it";
  if (promise == Promise::kAppended) {
    now(std::move(request));
  } else {
    turn_.push_back(std::move(request));
  }
}

void Outbox::seal_turn(store::LogOffset end, int64_t now_us) {
  if (!waiting_.empty()) {
    PETREL_CHECK_LE(waiting_.back().end.value(), end.value());
    PETREL_CHECK_LE(waiting_.back().deadline_us, now_us + timeout_us_) << "time goes back";
  }
  for (auto& request : turn_) {
    if (rule_.covers(end)) {
      finished_.push_back(std::move(request));
    } else {
      waiting_.push_back({end, now_us + timeout_us_, std::move(request)});
    }
  }
  turn_.clear();
}

void Outbox::commit() {
  while (!waiting_.empty() && rule_.covers(waiting_.front().end)) {
    finished_.push_back(std::move(waiting_.front().request));
    waiting_.pop_front();
  }
}

void Outbox::expire(int64_t now_us) {
  while (!waiting_.empty() && waiting_.front().deadline_us <= now_us) {
    PETREL_CHECK(rule_.shortfall(waiting_.front().end) == Shortfall::kOwnDisk);
    refuse(
        {OutcomeCode::kFlushDiskTimeout, "the disk did not confirm it in time; it may be stored"},
        std::move(waiting_.front().request));
    waiting_.pop_front();
  }
}

std::optional<int64_t> Outbox::next_deadline_us() const {
  return waiting_.empty() ? std::nullopt : std::optional(waiting_.front().deadline_us);
}

void Outbox::fail_all(const Outcome& outcome) {
  for (auto& waiting : waiting_) {
    refuse(outcome, std::move(waiting.request));
  }
  for (auto& request : turn_) {
    refuse(outcome, std::move(request));
  }
  waiting_.clear();
  turn_.clear();
}

}  // namespace petrel::core
