// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "broker/core/request.h"
#include "store/types.h"

namespace petrel::core {

// Holds requests until what they promise is true. Core thread only.
// Within a turn, requests that changed something are added with after_commit; the turn's end gives
// them the log offset that must be committed before they are answered.
class Outbox {
 public:
  void now(std::unique_ptr<Request> request) { finished_.push_back(std::move(request)); }
  void after_commit(std::unique_ptr<Request> request) { turn_.push_back(std::move(request)); }

  // Ends a turn: all of its records lie below `end`.
  void seal_turn(store::LogOffset end, store::LogOffset committed);
  // Everything below `committed` keeps what the flush mode promises.
  void commit(store::LogOffset committed);
  // Answers all that still waits with this outcome instead.
  void fail_all(OutcomeCode code, const std::string& text);

  size_t waiting() const { return waiting_.size() + turn_.size(); }
  std::vector<std::unique_ptr<Request>> take_finished() { return std::exchange(finished_, {}); }

 private:
  struct Waiting {
    store::LogOffset end;
    std::unique_ptr<Request> request;
  };
  std::vector<std::unique_ptr<Request>> turn_;
  std::deque<Waiting> waiting_;  // ascending by end
  std::vector<std::unique_ptr<Request>> finished_;
};

}  // namespace petrel::core
