// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

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
};

}  // namespace petrel::core
