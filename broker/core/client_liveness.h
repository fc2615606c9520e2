// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/types.h"
#include "store/types.h"

namespace petrel::core {

// Deliveries of one receive with auto_renew whose answer was written to the client's connection.
struct SentAnswer {
  // Neighbours of one queue.
  struct Run {
    int32_t queue_id = 0;
    int64_t delivery_id = 0;
    store::QueueOffset first{0};
    store::QueueOffset end{0};
  };
  std::string group;
  std::string topic;
  std::vector<Run> runs;

  void add(const ReceiptHandle& handle);
};

// What front ends know of clients and the core asks for. No part of the state, as it need not
// survive; it goes on from one engine to the next. Any thread.
class ClientLiveness {
 public:
  virtual ~ClientLiveness() = default;
  virtual bool connected(std::string_view client_id) const = 0;
  // The answers that were sent since the last call: each is told once. The core asks about twice a
  // second, and has delivered what there is: that bounds it.
  virtual std::vector<SentAnswer> take_sent() = 0;
};

}  // namespace petrel::core
