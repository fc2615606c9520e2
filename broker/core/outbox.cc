// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/outbox.h"

#include "common/check.h"

namespace petrel::core {

void Outbox::seal_turn(store::LogOffset end, store::LogOffset committed) {
  if (!waiting_.empty()) PETREL_CHECK(waiting_.back().end <= end);
  for (auto& request : turn_) {
    if (end <= committed) {
      finished_.push_back(std::move(request));
    } else {
      waiting_.push_back({end, std::move(request)});
    }
  }
  turn_.clear();
}

void Outbox::commit(store::LogOffset committed) {
  while (!waiting_.empty() && waiting_.front().end <= committed) {
    finished_.push_back(std::move(waiting_.front().request));
    waiting_.pop_front();
  }
}

void Outbox::fail_all(OutcomeCode code, const std::string& text) {
  const auto fail = [&](std::unique_ptr<Request> request) {
    request->outcome = {code, text};
    finished_.push_back(std::move(request));
  };
  for (auto& waiting : waiting_) fail(std::move(waiting.request));
  for (auto& request : turn_) fail(std::move(request));
  waiting_.clear();
  turn_.clear();
}

}  // namespace petrel::core
