// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "broker/core/changes.h"
#include "broker/core/options.h"
#include "broker/core/state_applier.h"
#include "broker/core/turn_time.h"
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
  // `failed`: what was decided and applied could not be appended, so the log and the state differ:
  // nothing may be decided any more.
  LogWriter(const Parts& parts, std::function<void(const absl::Status&)> failed)
      : parts_(parts), failed_(std::move(failed)) {}

  // Appends an encoded record at the end of a queue of its topic. Errors are those of
  // CommitLog::append, and those of append_changes if that comes first; then it is not stored.
  absl::StatusOr<store::MessageStore::Placed> append_message(std::string_view record,
                                                             int32_t queue_id);
  // Appends what was decided since the last time, as one record. `failed` has heard of the error.
  absl::Status append_changes();
  // The same, if it is enough for a record.
  void append_if_full() {
    if (parts_.changes.full()) {
      append_changes().IgnoreError();
    }
  }

 private:
  const Parts parts_;
  const std::function<void(const absl::Status&)> failed_;
};

}  // namespace petrel::core
