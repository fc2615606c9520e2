// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "broker/core/group_queue.h"
#include "broker/core/state.h"
#include "broker/core/types.h"
#include "petrel/state/v1/state.pb.h"

// Between the core's types and petrel.state.v1. Included by .cc files only.
namespace petrel::core {

// Of the pieces of a snapshot; 0 is the first format.
inline constexpr int32_t kSnapshotFormat = 2;

TopicConfig from_proto(const state::v1::Topic& topic);
void to_proto(const TopicConfig& topic, state::v1::Topic& into);

GroupConfig from_proto(const state::v1::Group& group);
void to_proto(const GroupConfig& group, state::v1::Group& into);

// What all messages of one Delivery have in common.
InFlight in_flight_of(const state::v1::Delivery& delivery);
GroupQueue::Extension from_proto(const state::v1::Extension& extension);

// Everything but the ids of group, topic and queue. Nothing if the lists do not fit the bitmap, or
// the base is none.
std::optional<OpenChunk> from_proto(const state::v1::Snapshot::Chunk& chunk);
void to_proto(const OpenChunk& chunk, state::v1::Snapshot::Chunk& into);

}  // namespace petrel::core
