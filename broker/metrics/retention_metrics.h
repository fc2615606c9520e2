// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "broker/core/retention_service.h"
#include "common/metrics.h"

namespace petrel::broker {

// Counts what retention deletes.
class RetentionMetrics final : public core::RetentionObserver {
 public:
  explicit RetentionMetrics(MetricRegistry& registry);

  void log_deleted(store::RetentionReason reason, int64_t bytes) override;
  void unread_deleted(std::string_view topic, std::string_view group, int64_t messages) override;
  void deletion_failed() override { failures_.add(); }

 private:
  Family<Counter>& deleted_bytes_;
  Family<Counter>& unread_;
  Counter& failures_;
};

}  // namespace petrel::broker
