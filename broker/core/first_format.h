// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace petrel::state::v1 {
class Event;
class Snapshot;
}  // namespace petrel::state::v1

// The state's first format, which named topics, groups and clients by their names, is read by
// translating it into today's. Pure functions, deterministic.
//
// Ids come about like this: a topic's is its incarnation; a group's is its version at its first
// event or in the snapshot; a client gets the next one at the first delivery that names it, and in
// a snapshot in the order in which it is named. No version was used twice, so the ids differ.
namespace petrel::core {

class BrokerState;

// Appends to `into` what an event of the first format (kinds 1 to 8) means in this state: events to
// be applied in this order; none if it changes nothing. DataLoss if it names what does not exist.
absl::Status translate_first_format(const state::v1::Event& event, const BrokerState& state,
                                    std::vector<state::v1::Event>& into);

// A snapshot of the first format (format is 0) as a single piece of today's. Totals of queues are
// left out: the store has them now. DataLoss names what does not fit.
absl::StatusOr<state::v1::Snapshot> translate_first_format(const state::v1::Snapshot& snapshot);

// The totals of queues in a snapshot of the first format, for the store; none if the bytes are of
// today's or no snapshot at all, and none of a topic whose lists do not fit together.
struct FirstFormatTotals {
  std::string topic;
  int32_t queue_id = 0;
  int64_t bytes = 0;
  int64_t oldest_ms = 0;
  int64_t newest_ms = 0;
};
absl::StatusOr<std::vector<FirstFormatTotals>> first_format_totals(std::string_view piece);

}  // namespace petrel::core
