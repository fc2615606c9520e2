// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "operator/resources/consume_from.h"
#include "operator/resources/field_builders.h"
#include "operator/resources/kinds.h"

namespace petrel::ops {

namespace {

constexpr int64_t kDayMs = 24LL * 3600 * 1000;

// The API server checks the pattern and asks CEL whether the calendar has that day.
bool is_first_last_or_time(const nlohmann::json& value) {
  return parse_consume_from(value.get_ref<const std::string&>()).ok();
}

Field consume_from() {
  return {.key = "consumeFrom",
          .type = FieldType::kString,
          .description =
              "Where the group begins in a topic that it has not received from on a broker: First "
              "with the first message that there is, Last with what is sent from its declaration "
              "on, whether a consumer is there yet or not, a time with the first message stored "
              "then or later. A time to come counts as Last. A change holds for topics that the "
              "group has not begun, with Last from the change on, and moves no other.",
          .default_json = "\"Last\"",
          .characters_max = 40,
          .pattern = kConsumeFromPattern,
          .pattern_words = kConsumeFromWords,
          .rules = {{.cel = "self == 'First' || self == 'Last' || timestamp(self) >= "
                            "timestamp('1970-01-01T00:00:00Z')",
                     .message = "must be First, Last or a time of the calendar",
                     .holds = is_first_last_or_time}}};
}

Field spec() {
  Field backoff{.key = "backoff",
                .type = FieldType::kDurationList,
                .description =
                    "Waits before redelivery 1, 2, ...; the last one repeats. Absent or empty: "
                    "RocketMQ's ladder, 1s 5s 10s 30s 1m ... 2h.",
                .default_json = "[]",
                .min = 1000,
                .max = 3 * kDayMs,
                .items_max = 64};
  return object(
      "spec", "What the consumer group should be.",
      {
          cluster_ref(),
          wire_name(120),
          boolean("consumeEnabled", "true", "False refuses all receives of the group."),
          integer("maxAttempts", "17", 1, 10'000,
                  "Deliveries of a message before the group gives it up: then it moves to the dead "
                  "letter queue, the topic %DLQ% with the group's name, also if nobody receives."),
          std::move(backoff),
          consume_from(),
          choice("deletionPolicy", "\"Retain\"", {"Retain", "DeleteIfEmpty", "Delete"},
                 "What happens to the group once its document is gone: Retain leaves it and its "
                 "progress as they are, Delete deletes both, DeleteIfEmpty deletes it if it has "
                 "no member and no lag on any broker and leaves it otherwise."),
      });
}

Field status() {
  return object("status", "What the operator last saw.",
                {
                    observed_generation(),
                    conditions(),
                    text("name", "The name that clients use."),
                    count("members", "Clients that are connected."),
                    count("lag", "Messages that wait to be delivered."),
                    count("inFlight", "Messages that are delivered and not yet acknowledged."),
                });
}

}  // namespace

Kind group_kind() {
  return {
      .name = "PetrelConsumerGroup",
      .plural = "petrelconsumergroups",
      .short_name = "pgroup",
      .description = "A consumer group, with the same settings on every broker of a cluster.",
      .document_name = document_name(),
      .spec = spec(),
      .status = status(),
      .columns =
          {
              {"Cluster", "string", ".spec.clusterRef.name", "The cluster that it belongs to."},
              {"Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status",
               "Whether every broker has it as declared."},
              {"Lag", "integer", ".status.lag", "Messages that wait to be delivered."},
              {"Members", "integer", ".status.members", "Clients that are connected."},
              {"Age", "date", ".metadata.creationTimestamp", ""},
              {"Reason", "string", ".status.conditions[?(@.type==\"Ready\")].reason",
               "Why it is ready or not.", true},
              {"In Flight", "integer", ".status.inFlight",
               "Messages that are delivered and not yet acknowledged.", true},
              {"Name", "string", ".status.name", "The name that clients use.", true},
          },
  };
}

}  // namespace petrel::ops
