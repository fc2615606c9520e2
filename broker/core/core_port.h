// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "broker/core/cancel_id.h"
#include "broker/core/request.h"

namespace petrel::core {

// Where requests enter the core. Any thread; never blocks.
class CorePort {
 public:
  virtual ~CorePort() = default;
  // A caller's request. False when the mailbox is full or closed: the request is untouched, and the
  // caller answers kOverloaded itself.
  virtual bool try_post(std::unique_ptr<Request>& request) = 0;
  // What the core must hear of: a result that it waits for, or what became of a delivery. Taken
  // however full the mailbox is; there are at most a few at a time. Nobody waits for the answer.
  virtual void post_internal(std::unique_ptr<Request> request) = 0;
  // A name that no other receive has, whichever front end it comes through. A port that stands
  // before others has its own numbers and does not ask theirs, or asks theirs alone.
  virtual CancelId new_cancel_id() {
    return CancelId(last_cancel_id_.fetch_add(1, std::memory_order_relaxed) + 1);
  }

 private:
  std::atomic<uint64_t> last_cancel_id_{0};
};

}  // namespace petrel::core
