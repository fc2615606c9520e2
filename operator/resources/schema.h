// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

// What a document of a kind may say, declared once as data. Checking, defaults, error texts, the
// CustomResourceDefinitions (crd.h) and the reference (reference.h) read the same declaration.
//
// Everything here is immutable after its construction and safe from any thread.

namespace petrel::ops {

enum class FieldType {
  kObject,
  kString,
  kInteger,
  kBoolean,
  kDuration,      // whole numbers with ms, s, m or h: "1h30m"
  kDurationList,  // list of durations
  kQuantity,      // Kubernetes' "500m", "10Gi" or a whole number; kept as text
  kTime,          // RFC 3339, "2026-11-21T15:00:00Z"
  kStringMap,     // any keys, string values
  kObjectList,    // objects with `fields`
};

// Something that one field alone cannot say, in the API server's language and in ours.
struct Rule {
  // Over `self`, and `oldSelf` when it is about a change.
  std::string_view cel;
  // A sentence without its subject, the field: "may only grow".
  std::string_view message;
  // Of rules about a value by itself.
  bool (*holds)(const nlohmann::json& value) = nullptr;
  // Of rules about a change.
  bool (*may_change)(const nlohmann::json& before, const nlohmann::json& after) = nullptr;
};

struct Field {
  std::string_view key;
  FieldType type = FieldType::kString;
  std::string_view description;
  // JSON text of the value of an absent field. Empty: none; an object is then made of its fields'
  // defaults.
  std::string_view default_json;
  bool required = false;
  // May not change once the document was applied.
  bool immutable = false;
  // Of an integer; of a duration or a list's durations in milliseconds.
  int64_t min = INT64_MIN;
  int64_t max = INT64_MAX;
  // Of a string or quantity, the keys and values of a map.
  size_t characters_max = 1024;
  // Of a list or map.
  size_t items_max = 64;
  // Of a string. Empty: any.
  std::vector<std::string_view> one_of;
  // ECMAScript regular expression for a whole string, and what it means in words.
  std::string_view pattern;
  std::string_view pattern_words;
  // An absent value is metadata.name.
  bool default_is_document_name = false;
  // Of an object and of each object of a list.
  std::vector<Field> fields;
  // Of a list of objects: the field that tells them apart. Empty: the list is one value.
  std::string_view list_key;
  std::vector<Rule> rules;
};

// What `kubectl get` shows.
struct Column {
  std::string_view name;
  std::string_view type;
  std::string_view path;
  std::string_view description;
  // Only with -o wide.
  bool wide = false;
};

struct Kind {
  std::string_view name;
  std::string_view plural;
  std::string_view short_name;
  std::string_view description;
  // What metadata.name must keep to. The `cel` of its rules is over the whole document, as the API
  // server lets no other rule read the name.
  Field document_name;
  // The objects `spec` and `status`.
  Field spec;
  Field status;
  std::vector<Column> columns;
  // The paths of `kubectl scale`; empty: none.
  std::string_view scale_spec_path;
  std::string_view scale_status_path;
  std::string_view scale_selector_path;
};

inline constexpr std::string_view kApiGroup = "petrel.io";
inline constexpr std::string_view kVersion = "v1alpha1";
inline constexpr std::string_view kApiVersion = "petrel.io/v1alpha1";

// Regular expressions of the whole text, which the API server checks too.
inline constexpr std::string_view kDurationPattern = "([0-9]+(ms|s|m|h))+";
inline constexpr std::string_view kQuantityPattern =
    "[0-9]{1,15}(\\.[0-9]{1,3})?(m|k|M|G|T|Ki|Mi|Gi|Ti)?";

// PetrelCluster, PetrelTopic, PetrelConsumerGroup.
const std::vector<Kind>& kinds();
// Null when there is no kind of this name.
const Kind* find_kind(std::string_view name);

// Told of each thing that is wrong: a JSON pointer to the value ("/spec/broker"), whether the key
// rather than the value is at fault, and a sentence that begins with the field's path.
using Report = std::function<void(const std::string& pointer, bool at_key, std::string text)>;

// Fields that a declaration does not know: wrong, or removed as the API server does.
enum class Unknown { kReport, kDrop };

// Checks `value` at `pointer` against `field` and fills in defaults. Reports all that is wrong.
void check_and_default(const Field& field, const std::string& pointer, nlohmann::json& value,
                       const Report& report, Unknown unknown = Unknown::kReport);

// Reports each difference that is not allowed. Both values passed check_and_default.
void check_change(const Field& field, const std::string& pointer, const nlohmann::json& before,
                  const nlohmann::json& after, const Report& report);

// "/spec/broker/config" as "spec.broker.config".
std::string dotted(std::string_view pointer);

}  // namespace petrel::ops
