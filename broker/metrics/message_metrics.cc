// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/metrics/message_metrics.h"

#include <string>

namespace petrel::broker {

MessageMetrics::MessageMetrics(MetricRegistry& registry)
    : deleted_bytes_(registry.counters("petrel_retention_deleted_bytes_total",
                                       "Bytes of the log that were deleted, by what made it due",
                                       {"reason"})),
      unread_(registry.counters("petrel_retention_unread_messages_total",
                                "Messages deleted before the group had acknowledged them",
                                {"topic", "consumer_group"})),
      failures_(registry.counter("petrel_retention_failures_total",
                                 "Deletions that failed and are tried again")),
      dead_letters_(registry.counters("rocketmq_send_to_dlq_messages_total",
                                      "Messages that groups gave up, by the topic they came from",
                                      {"topic", "consumer_group"})) {
  for (size_t reason = 0; reason < store::kRetentionReasons; ++reason) {
    log_deleted(static_cast<store::RetentionReason>(reason), 0);
  }
}

void MessageMetrics::log_deleted(store::RetentionReason reason, int64_t bytes) {
  deleted_bytes_.with({std::string(store::to_string(reason))}).add(bytes);
}

void MessageMetrics::unread_deleted(std::string_view topic, std::string_view group,
                                    int64_t messages) {
  unread_.with({std::string(topic), std::string(group)}).add(messages);
}

void MessageMetrics::dead_lettered(const core::DeadLetter& letter) {
  dead_letters_.with({std::string(letter.topic), std::string(letter.group)}).add();
}

}  // namespace petrel::broker
