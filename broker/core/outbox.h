// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/commit_rule.h"
#include "broker/core/request.h"
#include "store/types.h"

namespace petrel::core {

// Holds requests until what their reply promises is true. Core thread only.
//
// A request that changed something is added with when(promise); the turn's end gives it the log
// offset below which all of the turn lies, and a time by which it is answered in any case: what is
// not committed by then is told as such (kFlushDiskTimeout), though it may still become so.
class Outbox {
 public:
  // What an OK says.
  enum class Promise {
    kAppended,   // in this broker's memory: a crash of the process takes it
    kCommitted,  // what the commit rule says of all that the turn changed
  };

  // `rule` outlives this. timeout_us: from the turn that changed something to its answer at the
  // latest.
  Outbox(const CommitRule& rule, int64_t timeout_us) : rule_(rule), timeout_us_(timeout_us) {}

  void now(std::unique_ptr<Request> request) { finished_.push_back(std::move(request)); }
  void when(Promise promise, std::unique_ptr<Request> request);
  void after_commit(std::unique_ptr<Request> request) {
    when(Promise::kCommitted, std::move(request));
  }
  void refuse(Outcome outcome, std::unique_ptr<Request> request) {
    request->outcome = std::move(outcome);
    now(std::move(request));
  }

  // Ends a turn: all of its records lie below `end`.
  void seal_turn(store::LogOffset end, int64_t now_us);
  // The rule covers more now.
  void commit();
  // Answers those whose time is over.
  void expire(int64_t now_us);
  std::optional<int64_t> next_deadline_us() const;
  // Answers all that still waits with this outcome instead.
  void fail_all(const Outcome& outcome);

  size_t waiting() const { return waiting_.size() + turn_.size(); }
  std::vector<std::unique_ptr<Request>> take_finished() { return std::exchange(finished_, {}); }

 private:
  struct Waiting {
    store::LogOffset end;
    int64_t deadline_us;
    std::unique_ptr<Request> request;
  };
  const CommitRule& rule_;
  const int64_t timeout_us_;
  std::vector<std::unique_ptr<Request>> turn_;
  std::deque<Waiting> waiting_;  // ascending by end, and so by deadline
  std::vector<std::unique_ptr<Request>> finished_;
};

}  // namespace petrel::core
