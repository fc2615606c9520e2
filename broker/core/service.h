// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "broker/core/types.h"
#include "store/types.h"

namespace petrel::core {

// One concern of the core: sends, receives, topics and groups, retention, snapshots... The core
// thread drives a list of them, in this order in each turn:
//   begin_turn()     what requests of the turn must find decided
//   requests run     (each calls into its service)
//   finish_turn()    what time, or this turn's requests, made due; may change state and append
//   appended(end)    all of the turn is in the log, below `end`
//   next_deadline_us()
// Services decide only while the core leads; what they keep is not state and ends with the engine.
class Service {
 public:
  virtual ~Service() = default;

  // The core begins to decide: all of the log is applied and committed.
  virtual void lead() {}
  virtual void begin_turn() {}
  virtual void finish_turn() {}
  virtual void appended(store::LogOffset /*end*/) {}
  // Records below `committed` are shown now.
  virtual void committed(store::CommittedOffset /*committed*/) {}
  // When finish_turn has work again at the latest even if nothing comes in, in Clock::mono_us.
  virtual std::optional<int64_t> next_deadline_us() const { return std::nullopt; }
  // Nothing is decided any more: answer what waits with this.
  virtual void end_work(const Outcome& /*outcome*/) {}
};

// The earlier of two deadlines.
inline std::optional<int64_t> earlier(std::optional<int64_t> a, std::optional<int64_t> b) {
  if (!a) {
    return b;
  }
  return b && *b < *a ? b : a;
}

}  // namespace petrel::core
