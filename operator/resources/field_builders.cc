// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/field_builders.h"

#include <utility>

namespace petrel::ops {

Field text(std::string_view key, std::string_view description) {
  return {.key = key, .description = description};
}

Field integer(std::string_view key, std::string_view default_json, int64_t min, int64_t max,
              std::string_view description) {
  return {.key = key,
          .type = FieldType::kInteger,
          .description = description,
          .default_json = default_json,
          .min = min,
          .max = max};
}

Field count(std::string_view key, std::string_view description) {
  return integer(key, "", 0, INT64_MAX, description);
}

Field boolean(std::string_view key, std::string_view default_json, std::string_view description) {
  return {.key = key,
          .type = FieldType::kBoolean,
          .description = description,
          .default_json = default_json};
}

Field time_field(std::string_view key, std::string_view description) {
  return {.key = key, .type = FieldType::kTime, .description = description};
}

Field choice(std::string_view key, std::string_view default_json,
             std::vector<std::string_view> one_of, std::string_view description) {
  return {.key = key,
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

Field object_list(std::string_view key, std::string_view list_key, size_t items_max,
                  std::string_view description, std::vector<Field> fields) {
  return {.key = key,
          .type = FieldType::kObjectList,
          .description = description,
          .items_max = items_max,
          .fields = std::move(fields),
          .list_key = list_key};
}

Field string_map(std::string_view key, size_t items_max, std::string_view description) {
  return {.key = key,
          .type = FieldType::kStringMap,
          .description = description,
          .default_json = "{}",
          .items_max = items_max};
}

Field required(Field field) {
  field.required = true;
  return field;
}

Field document_name() {
  return {.key = "name",
          .description = "The document's name.",
          .required = true,
          .characters_max = 253,
          .pattern = kSubdomainPattern,
          .pattern_words = kSubdomainWords};
}

// Short, because the names of a cluster's Pods and Services begin with it; a Service's name begins
// with a letter.
Field cluster_name(std::string_view description) {
  return {.key = "name",
          .description = description,
          .required = true,
          .characters_max = 40,
          .pattern = "[a-z]([-a-z0-9]*[a-z0-9])?",
          .pattern_words =
              "lower-case letters, digits and -, beginning with a letter and not "
              "ending with -"};
}

Field cluster_ref() {
  Field name = cluster_name("metadata.name of the PetrelCluster, in the same namespace.");
  name.immutable = true;
  return required(object("clusterRef", "The cluster that it belongs to.", {std::move(name)}));
}

Field wire_name(size_t characters_max) {
  // RocketMQ's characters, less % and | which namespaces and retry topics use.
  return {.key = "name",
          .description = "The name that clients use. metadata.name when absent.",
          .immutable = true,
          .characters_max = characters_max,
          .pattern = "[A-Za-z0-9_-]+",
          .pattern_words = "letters, digits, _ and -",
          .default_is_document_name = true};
}

Field observed_generation() {
  return count("observedGeneration", "metadata.generation that this status is about.");
}

Field conditions() {
  return object_list(
      "conditions", "type", 16, "What holds of it, in the words that all kinds of Kubernetes use.",
      {
          required(text("type", "What is told: Ready, and others that the kind names.")),
          required(choice("status", "", {"True", "False", "Unknown"}, "Whether it holds.")),
          count("observedGeneration", "metadata.generation that the condition is about."),
          required(time_field("lastTransitionTime", "When `status` last changed.")),
          required(text("reason", "Why, in one word for programs.")),
          required({.key = "message",
                    .description = "Why, in a sentence for people.",
                    .characters_max = 32768}),
      });
}

}  // namespace petrel::ops
