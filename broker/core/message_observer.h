// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "broker/core/move_origin.h"
#include "store/retention/retention.h"
#include "store/types.h"

namespace petrel::core {

// A message that its group gave up, and its copy in the dead letter queue.
struct DeadLetter {
  std::string_view topic;
  std::string_view group;
  MoveOrigin origin;
  store::QueueOffset offset{0};  // of the copy, in queue 0
  store::LogOffset log_offset{0};
  int64_t record_bytes = 0;
};

// Hears what becomes of messages, on the core thread.
class MessageObserver {
 public:
  virtual ~MessageObserver() = default;
  virtual void log_deleted(store::RetentionReason reason, int64_t bytes) = 0;
  // Messages went that the group had not acknowledged.
  virtual void unread_deleted(std::string_view topic, std::string_view group, int64_t messages) = 0;
  virtual void deletion_failed() = 0;
  virtual void dead_lettered(const DeadLetter& letter) = 0;
};

}  // namespace petrel::core
