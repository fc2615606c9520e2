// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/objects.h"

#include <absl/strings/str_join.h>
#include <absl/time/time.h>

#include <nlohmann/json.hpp>

#include "common/concat.h"

namespace petrel::ops {

namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::map<std::string, std::string> texts_of(const json& object, const char* key) {
  std::map<std::string, std::string> texts;
  if (const auto found = object.find(key); found != object.end() && found->is_object()) {
    for (const auto& [name, value] : found->items()) {
      if (value.is_string()) {
        texts.emplace(name, value.get<std::string>());
      }
    }
  }
  return texts;
}

// Of RFC 3339; 0 when there is none.
int64_t time_ms(const std::string& text) {
  absl::Time time;
  return absl::ParseTime(absl::RFC3339_full, text, &time, nullptr) ? absl::ToUnixMillis(time) : 0;
}

Resource with_metadata(const Kind& kind, const json& metadata) {
  Resource result;
  result.kind = kind.name;
  result.name = text_of(metadata, "name");
  result.resource_namespace = text_of(metadata, "namespace");
  result.labels = texts_of(metadata, "labels");
  result.annotations = texts_of(metadata, "annotations");
  result.uid = text_of(metadata, "uid");
  if (const auto generation = metadata.find("generation");
      generation != metadata.end() && generation->is_number_integer()) {
    result.generation = generation->get<int64_t>();
  }
  result.created_ms = time_ms(text_of(metadata, "creationTimestamp"));
  result.deleting = !text_of(metadata, "deletionTimestamp").empty();
  return result;
}

}  // namespace

absl::StatusOr<Resource> read_object(const json& object) {
  const json metadata =
      object.is_object() ? object.value("metadata", json::object()) : json::object();
  const std::string version = object.is_object() ? text_of(object, "apiVersion") : "";
  const std::string kind_name = object.is_object() ? text_of(object, "kind") : "";
  const Kind* kind = find_kind(kind_name);
  if (version != kApiVersion || kind == nullptr || !metadata.is_object()) {
    return absl::InvalidArgumentError(
        concat("not an object of ", kApiVersion, ": apiVersion ", version, ", kind ", kind_name));
  }
  Resource result = with_metadata(*kind, metadata);
  std::vector<std::string> problems;
  const Report report = [&](const std::string&, bool, const std::string& text) {
    problems.push_back(concat(result.id(), ": ", text));
  };
  const auto found = object.find("spec");
  json spec = found == object.end() || found->is_null() ? json::object() : *found;
  json name = result.name;
  check_and_default(kind->document_name, "/metadata/name", name, report);
  check_and_default(kind->spec, "/spec", spec, report, Unknown::kDrop);
  if (problems.empty()) {
    default_to_document_name(*kind, result.name, spec, report);
  }
  if (!problems.empty()) {
    return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
  }
  result.spec = spec_text(spec);
  return result;
}

void default_to_document_name(const Kind& kind, const std::string& document_name, json& spec,
                              const Report& report) {
  for (const Field& field : kind.spec.fields) {
    const std::string key(field.key);
    if (field.default_is_document_name && !spec.contains(key)) {
      spec[key] = document_name;
      check_and_default(field, concat("/spec/", key), spec[key], report);
    }
  }
}

std::string spec_text(const json& spec) {
  return spec.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace petrel::ops
