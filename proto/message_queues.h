// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "apache/rocketmq/v2/definition.pb.h"

namespace petrel {

// A topic's queues on one broker, as it is declared there.
struct QueueCounts {
  int32_t read = 0;
  int32_t write = 0;
  bool readable = false;
  bool writable = false;
};

// Adds one MessageQueue per queue to a route, each a copy of `queue` (topic, broker, types) with
// its id and permission. Clients count the queues of a broker from 0: first those that can only be
// read, then those that can only be written, then the others. A topic without any permission shows
// at least one queue, with NONE.
void add_message_queues(
    const QueueCounts& counts, const apache::rocketmq::v2::MessageQueue& queue,
    google::protobuf::RepeatedPtrField<apache::rocketmq::v2::MessageQueue>* route);

}  // namespace petrel
