// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "broker/core/message_observer.h"
#include "common/metrics.h"

namespace petrel::broker {

// Counts what becomes of messages: what retention deletes, what groups give up.
class MessageMetrics final : public core::MessageObserver {
 public:
  explicit MessageMetrics(MetricRegistry& registry);

  void log_deleted(store::RetentionReason reason, int64_t bytes) override;
  void unread_deleted(std::string_view topic, std::string_view group, int64_t messages) override;
  void deletion_failed() override { failures_.add(); }
  void dead_lettered(const core::DeadLetter& letter) override;

 private:
  Family<Counter>& deleted_bytes_;
  Family<Counter>& unread_;
  Counter& failures_;
  Family<Counter>& dead_letters_;
};

}  // namespace petrel::broker
