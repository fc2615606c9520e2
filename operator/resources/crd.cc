// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/crd.h"

#include <nlohmann/json.hpp>

#include "common/check.h"
#include "common/concat.h"
#include "common/units.h"
#include "operator/resources/field_builders.h"
#include "operator/resources/yaml_text.h"

namespace petrel::ops {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kDurationCharactersMax = 32;
constexpr int64_t kQuantityMax = 999'999'999'999'999;  // as many digits as kQuantityPattern allows

enum class Part { kSpec, kStatus };

Json schema(const Field& field, Part part);

std::string whole(std::string_view pattern) { return concat("^", pattern, "$"); }

Json cel_rule(std::string_view cel, std::string_view message) {
  return {{"rule", cel}, {"message", message}};
}

void add_rule(Json& object, Json rule) {
  object["x-kubernetes-validations"].push_back(std::move(rule));
}

// A rule of the field itself is looked at only when the field is there before and after.
bool may_be_absent(const Field& field) { return !field.required && field.default_json.empty(); }

void add_rules_of_child(Json& object, const Field& child) {
  if (child.immutable && may_be_absent(child) && !child.default_is_document_name) {
    const std::string self = concat("self.", child.key);
    const std::string old = concat("oldSelf.", child.key);
    Json rule = cel_rule(concat("has(", self, ") == has(", old, ") && (!has(", self, ") || ", self,
                                " == ", old, ")"),
                         concat(child.key, " may not change once applied"));
    rule["fieldPath"] = concat(".", child.key);
    add_rule(object, std::move(rule));
  }
}

void describe_object(const Field& field, Part part, Json& result) {
  result["type"] = "object";
  Json required = Json::array();
  for (const Field& child : field.fields) {
    if (child.required) {
      required.push_back(child.key);
    }
  }
  if (!required.empty()) {
    result["required"] = std::move(required);
  }
  for (const Field& child : field.fields) {
    result["properties"][std::string(child.key)] = schema(child, part);
  }
  if (part == Part::kSpec) {
    for (const Field& child : field.fields) {
      add_rules_of_child(result, child);
    }
  }
}

void describe_string(const Field& field, Json& result) {
  result["type"] = "string";
  if (!field.one_of.empty()) {
    result["enum"] = field.one_of;
    return;
  }
  result["maxLength"] = field.characters_max;
  if (!field.pattern.empty()) {
    result["pattern"] = whole(field.pattern);
  }
}

void describe_integer(const Field& field, Json& result) {
  result["type"] = "integer";
  result["format"] = field.min >= INT32_MIN && field.max <= INT32_MAX ? "int32" : "int64";
  if (field.min != INT64_MIN) {
    result["minimum"] = field.min;
  }
  if (field.max != INT64_MAX) {
    result["maximum"] = field.max;
  }
}

Json duration(const Field& field) {
  Json result = {{"type", "string"},
                 {"maxLength", kDurationCharactersMax},
                 {"pattern", whole(kDurationPattern)}};
  const auto in_cel = [](int64_t duration_ms) { return concat("duration('", duration_ms, "ms')"); };
  add_rule(result, cel_rule(concat("duration(self) >= ", in_cel(field.min),
                                   " && duration(self) <= ", in_cel(field.max)),
                            concat("must be from ", format_duration_ms(field.min), " to ",
                                   format_duration_ms(field.max))));
  return result;
}

// Numbers are allowed as Kubernetes allows them everywhere.
void describe_quantity(Json& result) {
  result["anyOf"] = Json::array({{{"type", "integer"}}, {{"type", "string"}}});
  result["x-kubernetes-int-or-string"] = true;
  result["minimum"] = 0;
  result["maximum"] = kQuantityMax;
  result["pattern"] = whole(kQuantityPattern);
}

void describe_list(const Field& field, Json items, Json& result) {
  result["type"] = "array";
  result["maxItems"] = field.items_max;
  result["x-kubernetes-list-type"] = field.list_key.empty() ? "atomic" : "map";
  if (!field.list_key.empty()) {
    result["x-kubernetes-list-map-keys"] = {field.list_key};
  }
  result["items"] = std::move(items);
}

void describe_map(const Field& field, Part part, Json& result) {
  result["type"] = "object";
  result["maxProperties"] = field.items_max;
  result["additionalProperties"] = {{"type", "string"}, {"maxLength", field.characters_max}};
  if (part == Part::kSpec) {
    add_rule(result,
             cel_rule(concat("self.all(key, size(key) <= ", field.characters_max, ")"),
                      concat("a key is longer than ", field.characters_max, " characters")));
  }
}

Json items_of(const Field& field, Part part) {
  Json items = Json::object();
  describe_object(field, part, items);
  for (const Rule& rule : field.rules) {
    add_rule(items, cel_rule(rule.cel, rule.message));
  }
  return items;
}

void describe_value(const Field& field, Part part, Json& result) {
  switch (field.type) {
    case FieldType::kObject:
      return describe_object(field, part, result);
    case FieldType::kString:
      return describe_string(field, result);
    case FieldType::kInteger:
      return describe_integer(field, result);
    case FieldType::kBoolean:
      result["type"] = "boolean";
      return;
    case FieldType::kDuration:
      return result.update(duration(field));
    case FieldType::kDurationList:
      return describe_list(field, duration(field), result);
    case FieldType::kQuantity:
      return describe_quantity(result);
    case FieldType::kTime:
      result["type"] = "string";
      result["format"] = "date-time";
      return;
    case FieldType::kStringMap:
      return describe_map(field, part, result);
    case FieldType::kObjectList:
      return describe_list(field, items_of(field, part), result);
  }
}

Json schema(const Field& field, Part part) {
  Json result = {{"description", field.description}};
  if (part == Part::kSpec && !field.default_json.empty()) {
    result["default"] = Json::parse(field.default_json);
  } else if (part == Part::kSpec && !field.required && field.type == FieldType::kObject) {
    result["default"] = Json::object();  // its fields have theirs
  }
  describe_value(field, part, result);
  if (field.immutable && !may_be_absent(field)) {
    add_rule(result, cel_rule("self == oldSelf", "may not change once applied"));
  }
  if (field.type != FieldType::kObjectList) {
    for (const Rule& rule : field.rules) {
      add_rule(result, cel_rule(rule.cel, rule.message));
    }
  }
  return result;
}

std::string name_matches(const Field& field) {
  return concat("self.metadata.name.matches('", whole(field.pattern),
                "') && size(self.metadata.name) <= ", field.characters_max);
}

void add_rules_about_name(const Kind& kind, Json& root) {
  if (kind.document_name.pattern != kSubdomainPattern) {
    add_rule(root,
             cel_rule(name_matches(kind.document_name),
                      concat("metadata.name must consist of ", kind.document_name.pattern_words,
                             ", at most ", kind.document_name.characters_max, " characters")));
  }
  for (const Rule& rule : kind.document_name.rules) {
    add_rule(root, cel_rule(rule.cel, concat("metadata.name ", rule.message)));
  }
  for (const Field& field : kind.spec.fields) {
    if (!field.default_is_document_name) {
      continue;
    }
    add_rule(root, cel_rule(concat("has(self.spec.", field.key, ") || ", name_matches(field)),
                            concat("spec.", field.key,
                                   " is required unless metadata.name consists "
                                   "of ",
                                   field.pattern_words, ", at most ", field.characters_max,
                                   " characters")));
    const auto name = [&](std::string_view of) {
      return concat("(has(", of, ".spec.", field.key, ") ? ", of, ".spec.", field.key, " : ", of,
                    ".metadata.name)");
    };
    add_rule(root, cel_rule(concat(name("self"), " == ", name("oldSelf")),
                            concat("spec.", field.key, " may not change once applied")));
  }
}

Json root_schema(const Kind& kind) {
  Json root = {{"description", kind.description}, {"type", "object"}};
  Json spec = schema(kind.spec, Part::kSpec);
  for (const Field& field : kind.spec.fields) {
    if (field.required) {
      root["required"] = {"spec"};
      spec.erase("default");
    }
  }
  root["properties"] = {{"apiVersion", {{"type", "string"}}},
                        {"kind", {{"type", "string"}}},
                        {"metadata", {{"type", "object"}}},
                        {"spec", std::move(spec)},
                        {"status", schema(kind.status, Part::kStatus)}};
  add_rules_about_name(kind, root);
  return root;
}

Json columns(const Kind& kind) {
  Json result = Json::array();
  for (const Column& column : kind.columns) {
    Json entry = {{"name", column.name}, {"type", column.type}, {"jsonPath", column.path}};
    if (!column.description.empty()) {
      entry["description"] = column.description;
    }
    if (column.wide) {
      entry["priority"] = 1;
    }
    result.push_back(std::move(entry));
  }
  return result;
}

Json subresources(const Kind& kind) {
  Json result = {{"status", Json::object()}};
  if (!kind.scale_spec_path.empty()) {
    result["scale"] = {{"specReplicasPath", kind.scale_spec_path},
                       {"statusReplicasPath", kind.scale_status_path},
                       {"labelSelectorPath", kind.scale_selector_path}};
  }
  return result;
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

}  // namespace

std::string crd_yaml(const Kind& kind) {
  const Json version = {{"name", kVersion},
                        {"served", true},
                        {"storage", true},
                        {"subresources", subresources(kind)},
                        {"additionalPrinterColumns", columns(kind)},
                        {"schema", {{"openAPIV3Schema", root_schema(kind)}}}};
  const Json names = {{"kind", kind.name},
                      {"listKind", concat(kind.name, "List")},
                      {"plural", kind.plural},
                      {"singular", lower_case(kind.name)},
                      {"shortNames", {kind.short_name}},
                      {"categories", {"petrel"}}};
  const Json crd = {{"apiVersion", "apiextensions.k8s.io/v1"},
                    {"kind", "CustomResourceDefinition"},
                    {"metadata", {{"name", concat(kind.plural, ".", kApiGroup)}}},
                    {"spec",
                     {{"group", kApiGroup},
                      {"scope", "Namespaced"},
                      {"names", names},
                      {"versions", Json::array({version})}}}};
  return yaml_text(crd);
}

}  // namespace petrel::ops
