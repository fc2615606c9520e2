// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "broker/core/changes.h"
#include "broker/core/options.h"
#include "broker/core/state_applier.h"
#include "broker/core/turn_time.h"
#include "broker/core/types.h"
#include "store/message_store.h"

namespace petrel::core {

// All that the leader appends to the log: messages, and records of what it decided. Keeps their
// order: in the log stands first what was decided first, wherever it matters. Core thread only.
class LogWriter {
 public:
  struct Parts {
    const CoreOptions& options;
    store::MessageStore& store;
    StateApplier& applier;
    Changes& changes;
    const TurnTime& time;
  };
  explicit LogWriter(const Parts& parts) : parts_(parts) {}

  // Appends an encoded record at the end of a queue of its topic. Errors are those of
  // CommitLog::append, of this record or of what had to precede it; then it is not stored.
  absl::StatusOr<store::MessageStore::Placed> append_message(std::string_view record,
                                                             int32_t queue_id);
  // Appends what was decided since the last time, as one record. An error is final, see failure().
  absl::Status append_changes();
  // What was decided and applied could not be appended, so the log and the state differ: nothing is
  // appended any more, and nothing may be decided.
  const absl::Status& failure() const { return failure_; }
  // The same, if it is enough for a record: to be called wherever much may be decided in one go, as
  // the log takes no record beyond a certain size.
  void append_if_full() {
    if (parts_.changes.full()) {
      (void)append_changes();
    }
  }

  // Bytes that wait to be written.
  int64_t unwritten_bytes() const {
    const store::CommitLog& log = parts_.store.log();
    return log.end().value() - log.progress().written.value();
  }
  // The log can hardly take more, for what is told: too much waits to be written, or the disk has
  // no room for another file. Nothing may be decided then that can wait, so that what cannot, as
  // what makes room, still fits.
  std::optional<Outcome> why_scarce() const;
  bool scarce() const {
    return !failure_.ok() || unwritten_bytes() > far_behind_bytes(parts_.options) ||
           parts_.store.log().reserve_runs_out();
  }

 private:
  const Parts parts_;
  absl::Status failure_;
};

}  // namespace petrel::core
