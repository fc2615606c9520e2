// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "broker/core/changes.h"
#include "broker/core/client_liveness.h"
#include "broker/core/log_writer.h"
#include "broker/core/service.h"
#include "broker/core/state.h"
#include "broker/core/turn_time.h"

namespace petrel::core {

// Marks in the log which deliveries of push consumers were sent: only those are renewed, as a
// client that never saw its answer would otherwise keep a message from everybody for as long as it
// is connected. Core thread only.
//
// Front ends note which answers they have written to a connection; the core takes that kTickUs
// apart, waits for one more tick, and marks what is open then (an Extension that keeps renewing,
// and moves no end). So a message that is acknowledged within half a second costs the log nothing,
// and a core that dies leaves at most the last second unmarked: that comes again when its invisible
// time is over. A core that ends marks all at once.
class SentMarks final : public Service {
 public:
  static constexpr int64_t kTickUs = 500'000;

  struct Parts {
    const BrokerState& state;
    Changes& changes;
    LogWriter& writer;
    ClientLiveness& liveness;
    const TurnTime& time;
  };
  explicit SentMarks(const Parts& parts) : parts_(parts) {}

  // --- Service ---
  // What is due is marked. Before the requests of a turn, as a pause of the process may be behind
  // it, and what was sent before the pause must not be given to somebody else; and at its end, as
  // that may be the core's.
  void begin_turn() override { mark_due(); }
  void finish_turn() override { mark_due(); }
  std::optional<int64_t> next_deadline_us() const override;
  void end_work(const Outcome& /*outcome*/) override { ending_ = true; }

 private:
  void mark_due();
  // True if all that was due is marked.
  bool mark_some(size_t answers_max);
  void mark(const SentAnswer& answer);
  void mark(const Changes::Queue& where, const GroupQueue& queue, const SentAnswer::Run& run);
  void append_to_due(std::vector<SentAnswer> answers);
  // There may be answers that are to be sent.
  bool has_to_look() const;

  const Parts parts_;
  std::vector<SentAnswer> young_;  // taken at the last tick
  std::vector<SentAnswer> due_;    // to be marked: a tick older
  size_t marked_ = 0;              // of due_
  int64_t next_tick_us_ = 0;
  bool ending_ = false;
  std::vector<GroupQueue::Extension> scratch_;
};

}  // namespace petrel::core
