// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "broker/core/core_port.h"
#include "broker/core/service.h"
#include "broker/core/state.h"
#include "broker/core/turn_time.h"
#include "store/message_store.h"

namespace petrel::core {

// Snapshots of state and queues at one log offset, in slices, so that no turn is long. Core thread
// only. In this order:
//   1. at a turn's end, where all of the log is applied: the state's capture begins; its offset is
//      the log's end
//   2. when exactly that much is committed (commit_first()): the queues' capture begins
//   3. both go on by a slice a turn, and copy what changes before it changes
//   4. both complete: the store writes them in the background
// A snapshot that cannot be written costs time only: the next one has all of it.
class SnapshotService final : public Service {
 public:
  struct Parts {
    store::MessageStore& store;
    BrokerState& state;  // captures only
    const TurnTime& time;
    CorePort& self;
  };
  struct Counts {
    int64_t written = 0;
    int64_t failed = 0;
  };
  explicit SnapshotService(const Parts& parts) : parts_(parts) {}

  // While a capture of the queues waits for its offset: that must be committed by itself before
  // anything behind it.
  std::optional<store::LogOffset> commit_first() const;
  void written(absl::StatusOr<std::shared_ptr<store::MessageStore::SnapshotResult>> result);
  const Counts& counts() const { return counts_; }

  // --- Service ---
  void appended(store::LogOffset end) override;
  void committed(store::CommittedOffset committed) override;
  std::optional<int64_t> next_deadline_us() const override;
  // Gives up what is being captured.
  void end_work(const Outcome& outcome) override;

 private:
  enum class Step {
    kIdle,
    kCapturing,  // the state; the queues, too, once their offset is committed
    kWriting,
  };
  void capture_slice();

  const Parts parts_;
  Step step_ = Step::kIdle;
  store::LogOffset offset_{0};
  bool state_captured_ = false;
  bool queues_begun_ = false;
  bool queues_captured_ = false;
  Counts counts_;
};

}  // namespace petrel::core
