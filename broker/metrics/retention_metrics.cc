// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/metrics/retention_metrics.h"

#include <string>

namespace petrel::broker {

RetentionMetrics::RetentionMetrics(MetricRegistry& registry)
    : deleted_bytes_(registry.counters("petrel_retention_deleted_bytes_total",
                                       "Bytes of the log that were deleted, by what made it due",
                                       {"reason"})),
      unread_(registry.counters("petrel_retention_unread_messages_total",
                                "Messages deleted before the group had acknowledged them",
                                {"topic", "consumer_group"})),
      failures_(registry.counter("petrel_retention_failures_total",
                                 "Deletions that failed and are tried again")) {
  for (size_t reason = 0; reason < store::kRetentionReasons; ++reason) {
    log_deleted(static_cast<store::RetentionReason>(reason), 0);
  }
}

void RetentionMetrics::log_deleted(store::RetentionReason reason, int64_t bytes) {
  deleted_bytes_.with({std::string(store::to_string(reason))}).add(bytes);
}

void RetentionMetrics::unread_deleted(std::string_view topic, std::string_view group,
                                      int64_t messages) {
  unread_.with({std::string(topic), std::string(group)}).add(messages);
}

}  // namespace petrel::broker
