// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/queue/consume_queue.h"
#include "store/types.h"

// What a snapshot says about queues, besides that their entries are in the queue files.
namespace petrel::store {

struct QueueBounds {
  int32_t queue_id = 0;
  QueueOffset min{0};
  QueueOffset max{0};
  LogOffset front{0};  // the record of the first entry is there or behind
  QueueTotals totals;  // zeros where a snapshot of an older version does not know
  friend bool operator==(const QueueBounds&, const QueueBounds&) = default;
};

struct TopicBounds {
  std::string topic;
  std::vector<QueueBounds> queues;
  friend bool operator==(const TopicBounds&, const TopicBounds&) = default;
};

}  // namespace petrel::store
