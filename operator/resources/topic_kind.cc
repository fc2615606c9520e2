// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "operator/resources/field_builders.h"
#include "operator/resources/kinds.h"

namespace petrel::ops {

namespace {

constexpr int64_t kYearMs = 365LL * 24 * 3600 * 1000;

bool writes_what_is_read(const nlohmann::json& spec) {
  const auto read = spec.value("readQueues", spec.at("queuesPerBroker").get<int64_t>());
  return spec.value("writeQueues", int64_t{0}) <= read;
}

Field spec() {
  Field retention{
      .key = "retention",
      .type = FieldType::kDuration,
      .description =
          "How long messages are kept. Absent, or longer: as long as the brokers' logs "
          "keep them (store.file-reserved-time). The log keeps the bytes of what a topic "
          "no longer has as long as those of other topics.",
      .min = 1000,
      .max = 10 * kYearMs};
  Field spec = object(
      "spec", "What the topic should be.",
      {
          cluster_ref(),
          wire_name(127),
          integer("queuesPerBroker", "8", 1, 1024,
                  "Queues on each broker group, to send to and to receive from."),
          integer("readQueues", "", 1, 1024,
                  "Queues on each broker group to receive from, instead of queuesPerBroker."),
          integer("writeQueues", "", 1, 1024,
                  "Queues on each broker group to send to, the first of the readQueues. Absent: "
                  "queuesPerBroker, or all readQueues if these are fewer."),
          choice("permission", "\"ReadWrite\"", {"ReadWrite", "ReadOnly", "WriteOnly"},
                 "What clients may do."),
          choice("messageType", "\"Normal\"", {"Normal"}, "The type of its messages."),
          std::move(retention),
          choice("deletionPolicy", "\"Retain\"", {"Retain", "DeleteIfEmpty", "Delete"},
                 "What happens to the topic once its document is gone: Retain leaves it and its "
                 "messages as they are, Delete deletes both, DeleteIfEmpty deletes it if no "
                 "broker has a message of it and leaves it otherwise."),
      });
  spec.rules = {{.cel = "!has(self.writeQueues) || self.writeQueues <= (has(self.readQueues) ? "
                        "self.readQueues : self.queuesPerBroker)",
                 .message = "writeQueues must be at most readQueues, which are queuesPerBroker "
                            "where they are absent: nobody would receive from the others",
                 .holds = writes_what_is_read}};
  return spec;
}

Field status() {
  return object("status", "What the operator last saw.",
                {
                    observed_generation(),
                    conditions(),
                    text("name", "The name that clients use."),
                    count("queues", "Queues on all broker groups."),
                    count("messages", "Messages on all broker groups."),
                    count("sizeBytes", "Bytes of these messages."),
                    text("size", "The same in a unit that is easy to read."),
                    time_field("oldestMessageTime", "When the oldest message was stored."),
                    object_list("brokers", "broker", 128, "The topic on each broker group.",
                                {
                                    required(text("broker", "Name of the broker group.")),
                                    count("queues", "Its queues there."),
                                    count("messages", "Its messages there."),
                                    count("sizeBytes", "Bytes of these messages."),
                                }),
                });
}

}  // namespace

Kind topic_kind() {
  return {
      .name = "PetrelTopic",
      .plural = "petreltopics",
      .short_name = "ptopic",
      .description = "A topic, with the same settings on every broker of a cluster.",
      .document_name = document_name(),
      .spec = spec(),
      .status = status(),
      .columns =
          {
              {"Cluster", "string", ".spec.clusterRef.name", "The cluster that it belongs to."},
              {"Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status",
               "Whether every broker has it as declared."},
              {"Queues", "integer", ".status.queues", "Queues on all broker groups."},
              {"Messages", "integer", ".status.messages", "Messages on all broker groups."},
              {"Size", "string", ".status.size", "Bytes of these messages."},
              {"Age", "date", ".metadata.creationTimestamp", ""},
              {"Reason", "string", ".status.conditions[?(@.type==\"Ready\")].reason",
               "Why it is ready or not.", true},
              {"Name", "string", ".status.name", "The name that clients use.", true},
              {"Retention", "string", ".spec.retention",
               "How long messages are kept, if not as long as the brokers' logs keep them.", true},
              {"Oldest", "date", ".status.oldestMessageTime",
               "How long ago the oldest message was stored.", true},
          },
  };
}

}  // namespace petrel::ops
