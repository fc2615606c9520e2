// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "broker/core/directory.h"
#include "broker/core/request.h"

namespace petrel::core {

// Where requests enter. Any thread. False when the mailbox is full or closed: the request is
// untouched, and the caller answers kOverloaded itself.
class CorePort {
 public:
  virtual ~CorePort() = default;
  virtual bool try_post(std::unique_ptr<Request>& request) = 0;
};

}  // namespace petrel::core
