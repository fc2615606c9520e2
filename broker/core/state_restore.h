// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "broker/core/state.h"
#include "petrel/state/v1/state.pb.h"

namespace petrel::core {

// Fills an empty BrokerState from the pieces of a snapshot. Everything that the pieces say is
// checked: what they name exists, nothing is there twice, an open delivery is below the group's
// next (I-5), and nothing lacks. Included by .cc files only.
class StateRestore {
 public:
  explicit StateRestore(BrokerState& state) : state_(state) {}

  // All pieces, in any order; parsed, of today's format.
  absl::Status run(const std::vector<state::v1::Snapshot>& pieces);

 private:
  absl::Status restore_head(const std::vector<state::v1::Snapshot>& pieces);
  absl::Status restore(const state::v1::Topic& topic);
  absl::Status restore(const state::v1::Group& group);
  absl::Status restore(const state::v1::Snapshot::Client& client);
  absl::Status restore(const state::v1::Snapshot::Queue& queue);
  absl::Status restore(const state::v1::Snapshot::Chunk& chunk);

  BrokerState& state_;
};

}  // namespace petrel::core
