// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "broker/core/group_queue.h"
#include "broker/core/state.h"
#include "broker/core/types.h"
#include "petrel/state/v1/state.pb.h"

// Between the core's types and petrel.state.v1. Included by .cc files only.
namespace petrel::core {

TopicConfig from_proto(const state::v1::Topic& topic);
void to_proto(const TopicConfig& topic, state::v1::Topic& into);

GroupConfig from_proto(const state::v1::Group& group);
void to_proto(const GroupConfig& group, state::v1::Group& into);

// What all messages of one Delivered event have in common.
GroupQueue::InFlight in_flight_of(const state::v1::Delivered& delivered);

// False when a message is twice in flight.
bool from_proto(const state::v1::Snapshot::QueuePosition& position, GroupQueue& into);
void to_proto(const GroupQueue& queue, state::v1::Snapshot::QueuePosition& into);

// False when the lists differ in length or are too long.
bool from_proto(const state::v1::Snapshot::Totals& totals, TopicTotals& into);
void to_proto(std::string_view topic, const TopicTotals& totals, state::v1::Snapshot::Totals& into);

}  // namespace petrel::core
