// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

// What a document of a kind may say, declared once as data. Checking, defaults, error texts and
// the generated reference read the same declaration.
//
// Everything here is immutable after its construction and safe from any thread.

namespace petrel::ops {

enum class FieldType {
  kObject,
  kString,
  kInteger,
  kBoolean,
  kDuration,      // text that parse_duration_ms of common/units.h reads
  kDurationList,  // list of durations
  kStringMap,     // any keys, string values
};

struct Field {
  std::string_view key;
  FieldType type = FieldType::kString;
  std::string_view description;
  // JSON text of the value of an absent field. Empty: none. Objects take their fields' defaults.
  std::string_view default_json;
  bool required = false;
  // May not change once the document was applied.
  bool immutable = false;
  // Of an integer; of a duration or a list's durations in milliseconds.
  int64_t min = INT64_MIN;
  int64_t max = INT64_MAX;
  // Of a string, the keys and values of a map.
  size_t bytes_max = 1024;
  // Of a list or map.
  size_t items_max = 64;
  // Of a string. Empty: any.
  std::vector<std::string_view> one_of;
  // ECMAScript regular expression for a whole string, and what it means in words.
  std::string_view pattern;
  std::string_view pattern_words;
  // Of an object.
  std::vector<Field> fields;
};

struct Kind {
  std::string_view name;
  std::string_view plural;
  std::string_view description;
  // The object `spec`.
  Field spec;
};

inline constexpr std::string_view kApiVersion = "petrel.io/v1alpha1";

// PetrelCluster, PetrelTopic, PetrelConsumerGroup.
const std::vector<Kind>& kinds();
// Null when there is no kind of this name.
const Kind* find_kind(std::string_view name);

// Told of each thing that is wrong: a JSON pointer to the value ("/spec/broker"), whether the key
// rather than the value is at fault, and a sentence that begins with the field's path.
using Report = std::function<void(const std::string& pointer, bool at_key, std::string text)>;

// Checks `value` at `pointer` against `field` and fills in defaults. Reports all that is wrong.
void check_and_default(const Field& field, const std::string& pointer, nlohmann::json& value,
                       const Report& report);

// Reports each immutable field that differs. Both values passed check_and_default.
void check_immutable(const Field& field, const std::string& pointer, const nlohmann::json& before,
                     const nlohmann::json& after, const Report& report);

// "/spec/broker/config" as "spec.broker.config".
std::string dotted(std::string_view pointer);

}  // namespace petrel::ops
