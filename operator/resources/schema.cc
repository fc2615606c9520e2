// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/schema.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>

#include "common/concat.h"
#include "common/edit_distance.h"
#include "common/units.h"

namespace petrel::ops {

namespace {

using nlohmann::json;

std::string shown(const json& value) {
  constexpr size_t kShownBytesMax = 60;
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > kShownBytesMax) {
    text.resize(kShownBytesMax);
    text += "...";
  }
  return text;
}

std::string joined(const std::vector<std::string_view>& words, std::string_view between) {
  std::string text;
  for (std::string_view word : words) {
    text += concat(text.empty() ? "" : between, word);
  }
  return text;
}

std::string_view type_words(FieldType type) {
  switch (type) {
    case FieldType::kObject:
      return "a mapping of fields";
    case FieldType::kString:
      return "a string";
    case FieldType::kInteger:
      return "a whole number";
    case FieldType::kBoolean:
      return "true or false";
    case FieldType::kDuration:
      return "a duration such as 500ms, 10s, 5m or 2h";
    case FieldType::kDurationList:
      return "a list of durations such as [10s, 1m]";
    case FieldType::kStringMap:
      return "a mapping of keys to strings";
  }
  return "";
}

bool has_type(FieldType type, const json& value) {
  switch (type) {
    case FieldType::kObject:
    case FieldType::kStringMap:
      return value.is_object();
    case FieldType::kString:
    case FieldType::kDuration:
      return value.is_string();
    case FieldType::kInteger:
      // Numbers past the range of int64_t come as unsigned.
      return value.is_number_integer() &&
             (!value.is_number_unsigned() || value.get<uint64_t>() <= INT64_MAX);
    case FieldType::kBoolean:
      return value.is_boolean();
    case FieldType::kDurationList:
      return value.is_array();
  }
  return false;
}

// One field of one document while it is checked.
struct Checker {
  const Field& field;
  const std::string& pointer;
  const Report& report;

  void fail(std::string_view text) const {
    report(pointer, false, concat(dotted(pointer), ": ", text));
  }

  void check_string(const std::string& value) const {
    if (value.size() > field.bytes_max) {
      return fail(
          concat("has ", value.size(), " bytes; at most ", field.bytes_max, " are allowed"));
    }
    if (!field.one_of.empty()) {
      for (std::string_view allowed : field.one_of) {
        if (value == allowed) {
          return;
        }
      }
      return fail(concat("must be ", joined(field.one_of, " or "), ", not ", shown(value)));
    }
    if (!field.pattern.empty() &&
        !std::regex_match(value, std::regex(field.pattern.begin(), field.pattern.end()))) {
      fail(concat("must consist of ", field.pattern_words, ", not ", shown(value)));
    }
  }

  void check_integer(int64_t value) const {
    if (value < field.min || value > field.max) {
      fail(concat("must be from ", field.min, " to ", field.max, ", not ", value));
    }
  }

  void check_duration(const std::string& at, const json& value) const {
    const absl::StatusOr<int64_t> duration_ms =
        value.is_string() ? parse_duration_ms(value.get_ref<const std::string&>())
                          : absl::InvalidArgumentError("");
    if (!duration_ms.ok()) {
      report(at, false,
             concat(dotted(at), ": must be ", type_words(FieldType::kDuration), ", not ",
                    shown(value)));
    } else if (*duration_ms < field.min || *duration_ms > field.max) {
      report(at, false,
             concat(dotted(at), ": must be from ", format_duration_ms(field.min), " to ",
                    format_duration_ms(field.max), ", not ", shown(value)));
    }
  }

  void check_items(const json& value) const {
    if (value.size() > field.items_max) {
      fail(concat("has ", value.size(), " items; at most ", field.items_max, " are allowed"));
    }
  }

  void check_map(const json& value) const {
    check_items(value);
    for (const auto& [key, item] : value.items()) {
      const std::string at = concat(pointer, "/", key);
      if (!item.is_string()) {
        report(at, false,
               concat(dotted(pointer), ": the value of ", key,
                      " must be a string: write it in quotes, \"",
                      item.is_structured() ? "..." : shown(item), "\""));
      } else if (key.size() > field.bytes_max ||
                 item.get_ref<const std::string&>().size() > field.bytes_max) {
        report(at, false,
               concat(dotted(pointer), ": ", key.substr(0, 60), " is longer than ", field.bytes_max,
                      " bytes"));
      }
    }
  }

  void check_object(json& value) const {
    std::vector<std::string_view> known;
    known.reserve(field.fields.size());
    for (const Field& child : field.fields) {
      known.push_back(child.key);
    }
    for (const auto& [key, item] : value.items()) {
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        const std::string at = concat(pointer, "/", key);
        const std::string_view near = nearest(key, known);
        report(at, true,
               concat(dotted(at), ": unknown field",
                      near.empty() ? concat("; known are ", joined(known, ", "))
                                   : concat("; did you mean ", near, "?")));
      }
    }
    for (const Field& child : field.fields) {
      check_child(child, value);
    }
  }

  void check_child(const Field& child, json& value) const {
    const std::string at = concat(pointer, "/", child.key);
    const std::string key(child.key);
    const auto found = value.find(key);
    if (found != value.end() && !found->is_null()) {
      check_and_default(child, at, *found, report);
    } else if (child.required) {
      report(pointer, false, concat(dotted(at), ": is required: ", child.description));
    } else if (child.type == FieldType::kObject) {
      json empty = json::object();
      check_and_default(child, at, empty, report);
      value[key] = std::move(empty);
    } else if (!child.default_json.empty()) {
      value[key] = json::parse(child.default_json);
    } else {
      value.erase(key);
    }
  }
};

}  // namespace

void check_and_default(const Field& field, const std::string& pointer, json& value,
                       const Report& report) {
  const Checker checker{field, pointer, report};
  if (!has_type(field.type, value)) {
    return checker.fail(concat("must be ", type_words(field.type), ", not ", shown(value)));
  }
  switch (field.type) {
    case FieldType::kObject:
      return checker.check_object(value);
    case FieldType::kString:
      return checker.check_string(value.get_ref<const std::string&>());
    case FieldType::kInteger:
      return checker.check_integer(value.get<int64_t>());
    case FieldType::kBoolean:
      return;
    case FieldType::kDuration:
      return checker.check_duration(pointer, value);
    case FieldType::kDurationList:
      checker.check_items(value);
      for (size_t i = 0; i < value.size(); ++i) {
        checker.check_duration(concat(pointer, "/", i), value[i]);
      }
      return;
    case FieldType::kStringMap:
      return checker.check_map(value);
  }
}

void check_immutable(const Field& field, const std::string& pointer, const json& before,
                     const json& after, const Report& report) {
  if (field.immutable && before != after) {
    report(pointer, false,
           concat(dotted(pointer), ": may not change once applied: it was ", shown(before),
                  " and would become ", shown(after)));
  }
  for (const Field& child : field.fields) {
    const std::string key(child.key);
    check_immutable(child, concat(pointer, "/", child.key), before.value(key, json()),
                    after.value(key, json()), report);
  }
}

std::string dotted(std::string_view pointer) {
  std::string path;
  for (char c : pointer.substr(pointer.empty() ? 0 : 1)) {
    path += c == '/' ? '.' : c;
  }
  return path;
}

}  // namespace petrel::ops
