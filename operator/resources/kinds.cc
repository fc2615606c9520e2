// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/schema.h"

namespace petrel::ops {

namespace {

// RocketMQ's charset for topics and groups, less % and | which namespaces and retry topics use.
constexpr std::string_view kNamePattern = "[A-Za-z0-9_-]+";
constexpr std::string_view kNameWords = "letters, digits, _ and -";
constexpr std::string_view kLabelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
constexpr std::string_view kLabelWords = "lower-case letters, digits and -, with no - at the ends";
constexpr int64_t kDayMs = 24LL * 3600 * 1000;

Field integer(std::string_view key, std::string_view default_json, int64_t min, int64_t max,
              std::string_view description) {
  return {.key = key,
          .type = FieldType::kInteger,
          .description = description,
          .default_json = default_json,
          .min = min,
          .max = max};
}

Field boolean(std::string_view key, std::string_view default_json, std::string_view description) {
  return {.key = key,
          .type = FieldType::kBoolean,
          .description = description,
          .default_json = default_json};
}

Field choice(std::string_view key, std::string_view default_json,
             std::vector<std::string_view> one_of, std::string_view description) {
  return {.key = key,
          .type = FieldType::kString,
          .description = description,
          .default_json = default_json,
          .one_of = std::move(one_of)};
}

Field object(std::string_view key, std::string_view description, std::vector<Field> fields) {
  return {.key = key,
          .type = FieldType::kObject,
          .description = description,
          .fields = std::move(fields)};
}

Field config_map(std::string_view description) {
  return {.key = "config",
          .type = FieldType::kStringMap,
          .description = description,
          .default_json = "{}",
          .items_max = 200};
}

Field cluster_ref() {
  Field name{.key = "name",
             .type = FieldType::kString,
             .description = "metadata.name of the PetrelCluster.",
             .required = true,
             .immutable = true,
             .bytes_max = 40,
             .pattern = kLabelPattern,
             .pattern_words = kLabelWords};
  Field reference = object("clusterRef", "The cluster that it belongs to.", {name});
  reference.required = true;
  return reference;
}

Field wire_name(size_t bytes_max, std::string_view description) {
  return {.key = "name",
          .type = FieldType::kString,
          .description = description,
          .immutable = true,
          .bytes_max = bytes_max,
          .pattern = kNamePattern,
          .pattern_words = kNameWords};
}

Kind cluster_kind() {
  return {
      .name = "PetrelCluster",
      .plural = "petrelclusters",
      .description = "Nameservers and broker groups that serve clients together.",
      .spec = object(
          "spec", "What the cluster should be.",
          {
              object("nameservers", "The nameservers. Each broker registers with all of them.",
                     {integer("replicas", "1", 1, 16, "How many nameservers."),
                      config_map("Further keys of petrel-nameserver's configuration; "
                                 "`petrel-nameserver --help` lists them.")}),
              object("brokerGroups", "The broker groups. Topics have queues on every group.",
                     {integer("replicas", "1", 1, 128,
                              "How many broker groups. More may be added at any time; a group "
                              "that exists is not removed.")}),
              object("broker", "What every broker is like.",
                     {choice("flushMode", "\"Async\"", {"Async", "Sync"},
                             "When a send is answered: Async once the kernel has the message, Sync "
                             "once it is on disk."),
                      boolean("autoCreateTopics", "false",
                              "Create a topic when a client first uses its name."),
                      boolean("autoCreateGroups", "true",
                              "Create a consumer group when a client first uses its name."),
                      config_map("Further keys of petrel-broker's configuration; "
                                 "`petrel-broker --help` lists them.")}),
          })};
}

Kind topic_kind() {
  return {
      .name = "PetrelTopic",
      .plural = "petreltopics",
      .description = "A topic, with the same settings on every broker of a cluster.",
      .spec = object(
          "spec", "What the topic should be.",
          {
              cluster_ref(),
              wire_name(127, "The name that clients use. metadata.name when absent."),
              integer("queuesPerBroker", "8", 1, 1024, "Queues on each broker group."),
              choice("permission", "\"ReadWrite\"", {"ReadWrite", "ReadOnly", "WriteOnly"},
                     "What clients may do."),
              choice("messageType", "\"Normal\"", {"Normal"}, "The type of its messages."),
              choice("deletionPolicy", "\"Retain\"", {"Retain", "Delete"},
                     "What happens to the topic once its document is gone: Retain leaves it and "
                     "its messages as they are, Delete deletes both."),
          })};
}

Kind group_kind() {
  Field backoff{.key = "backoff",
                .type = FieldType::kDurationList,
                .description =
                    "Waits before redelivery 1, 2, ...; the last one repeats. Absent or empty: "
                    "RocketMQ's ladder, 1s 5s 10s 30s 1m ... 2h.",
                .default_json = "[]",
                .min = 1000,
                .max = 3 * kDayMs,
                .items_max = 64};
  return {
      .name = "PetrelConsumerGroup",
      .plural = "petrelconsumergroups",
      .description = "A consumer group, with the same settings on every broker of a cluster.",
      .spec = object(
          "spec", "What the consumer group should be.",
          {
              cluster_ref(),
              wire_name(120, "The name that clients use. metadata.name when absent."),
              boolean("consumeEnabled", "true", "False refuses all receives of the group."),
              std::move(backoff),
              choice("deletionPolicy", "\"Retain\"", {"Retain", "Delete"},
                     "What happens to the group once its document is gone: Retain leaves it and "
                     "its progress as they are, Delete deletes both."),
          })};
}

}  // namespace

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {cluster_kind(), topic_kind(), group_kind()};
  return all;
}

const Kind* find_kind(std::string_view name) {
  for (const Kind& kind : kinds()) {
    if (kind.name == name) {
      return &kind;
    }
  }
  return nullptr;
}

}  // namespace petrel::ops
