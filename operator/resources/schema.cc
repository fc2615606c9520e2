// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/schema.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "common/concat.h"
#include "common/edit_distance.h"
#include "common/units.h"
#include "operator/resources/quantity.h"

namespace petrel::ops {

namespace {

using nlohmann::json;

constexpr std::string_view kTimePattern =
    "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z";

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
    case FieldType::kQuantity:
      return "a quantity such as 500m, 2 or 10Gi";
    case FieldType::kTime:
      return "a time such as 2026-11-21T15:00:00Z";
    case FieldType::kStringMap:
      return "a mapping of keys to strings";
    case FieldType::kObjectList:
      return "a list of mappings";
  }
  return "";
}

// The API server counts so.
size_t characters_in(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// Declarations live as long as the program, and thousands of documents are checked in a row.
const std::regex& compiled(std::string_view pattern) {
  thread_local std::map<std::string_view, std::regex> cache;
  const auto found = cache.find(pattern);
  return found != cache.end()
             ? found->second
             : cache.emplace(pattern, std::regex(pattern.begin(), pattern.end())).first->second;
}

bool is_integer(const json& value) {
  // Numbers past the range of int64_t come as unsigned.
  return value.is_number_integer() &&
         (!value.is_number_unsigned() || value.get<uint64_t>() <= INT64_MAX);
}

bool has_type(FieldType type, const json& value) {
  switch (type) {
    case FieldType::kObject:
    case FieldType::kStringMap:
      return value.is_object();
    case FieldType::kString:
    case FieldType::kDuration:
    case FieldType::kTime:
      return value.is_string();
    case FieldType::kInteger:
      return is_integer(value);
    case FieldType::kQuantity:
      return value.is_string() || is_integer(value);
    case FieldType::kBoolean:
      return value.is_boolean();
    case FieldType::kDurationList:
    case FieldType::kObjectList:
      return value.is_array();
  }
  return false;
}

// One field of one document while it is checked.
struct Checker {
  const Field& field;
  const std::string& pointer;
  const Report& report;
  Unknown unknown;

  void fail(std::string_view text) const { fail_at(pointer, text); }

  void fail_at(const std::string& at, std::string_view text) const {
    report(at, false, concat(dotted(at), ": ", text));
  }

  void check_string(const std::string& value) const {
    if (const size_t characters = characters_in(value); characters > field.characters_max) {
      return fail(concat("has ", characters, " characters; at most ", field.characters_max,
                         " are allowed"));
    }
    if (!field.one_of.empty()) {
      if (std::find(field.one_of.begin(), field.one_of.end(), value) == field.one_of.end()) {
        fail(concat("must be ", joined(field.one_of, " or "), ", not ", shown(value)));
      }
    } else if (!field.pattern.empty() && !std::regex_match(value, compiled(field.pattern))) {
      fail(concat("must consist of ", field.pattern_words, ", not ", shown(value)));
    }
  }

  void check_time(const std::string& value) const {
    if (!std::regex_match(value, compiled(kTimePattern))) {
      fail(concat("must be ", type_words(field.type), ", not ", shown(value)));
    }
  }

  void check_quantity(json& value) const {
    if (is_integer(value)) {
      value = value.dump();
    }
    if (!is_quantity(value.get_ref<const std::string&>())) {
      fail(concat("must be ", type_words(field.type), ", not ", shown(value)));
    }
  }

  void check_integer(int64_t value) const {
    if (value < field.min || value > field.max) {
      fail(concat("must be from ", field.min, " to ", field.max, ", not ", value));
    }
  }

  void check_duration(const std::string& at, const json& value) const {
    const absl::StatusOr<int64_t> duration_ms =
        value.is_string() &&
                std::regex_match(value.get_ref<const std::string&>(), compiled(kDurationPattern))
            ? parse_duration_ms(value.get_ref<const std::string&>())
            : absl::InvalidArgumentError("");
    if (!duration_ms.ok()) {
      fail_at(at, concat("must be ", type_words(FieldType::kDuration), ", not ", shown(value)));
    } else if (*duration_ms < field.min || *duration_ms > field.max) {
      fail_at(at, concat("must be from ", format_duration_ms(field.min), " to ",
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
      } else if (characters_in(key) > field.characters_max ||
                 characters_in(item.get_ref<const std::string&>()) > field.characters_max) {
        report(at, false,
               concat(dotted(pointer), ": ", key.substr(0, 60), " is longer than ",
                      field.characters_max, " characters"));
      }
    }
  }

  void check_unknown(const std::string& at_object, json& value) const {
    std::vector<std::string_view> known;
    known.reserve(field.fields.size());
    for (const Field& child : field.fields) {
      known.push_back(child.key);
    }
    std::vector<std::string> to_drop;
    for (const auto& [key, item] : value.items()) {
      if (std::find(known.begin(), known.end(), key) != known.end()) {
        continue;
      }
      if (unknown == Unknown::kDrop) {
        to_drop.push_back(key);
        continue;
      }
      const std::string at = concat(at_object, "/", key);
      const std::string_view near = nearest(key, known);
      report(at, true,
             concat(dotted(at), ": unknown field",
                    near.empty() ? concat("; known are ", joined(known, ", "))
                                 : concat("; did you mean ", near, "?")));
    }
    for (const std::string& key : to_drop) {
      value.erase(key);
    }
  }

  void check_object(const std::string& at, json& value) const {
    check_unknown(at, value);
    for (const Field& child : field.fields) {
      check_child(at, child, value);
    }
  }

  void check_objects(json& value) const {
    check_items(value);
    for (size_t i = 0; i < value.size(); ++i) {
      const std::string at = concat(pointer, "/", i);
      if (value[i].is_object()) {
        check_object(at, value[i]);
        check_rules(at, value[i]);
      } else {
        fail_at(at, concat("must be a mapping of fields, not ", shown(value[i])));
      }
    }
  }

  void check_child(const std::string& at_object, const Field& child, json& value) const {
    const std::string at = concat(at_object, "/", child.key);
    const std::string key(child.key);
    const auto found = value.find(key);
    if (found != value.end() && !found->is_null()) {
      check_and_default(child, at, *found, report, unknown);
    } else if (child.required) {
      report(at_object, false, concat(dotted(at), ": is required: ", child.description));
    } else if (!child.default_json.empty()) {
      value[key] = json::parse(child.default_json);
    } else if (child.type == FieldType::kObject) {
      json empty = json::object();
      check_and_default(child, at, empty, report, unknown);
      value[key] = std::move(empty);
    } else {
      value.erase(key);
    }
  }

  void check_rules(const std::string& at, const json& value) const {
    for (const Rule& rule : field.rules) {
      if (rule.holds != nullptr && !rule.holds(value)) {
        fail_at(at, rule.message);
      }
    }
  }

  void check_value(json& value) const {
    switch (field.type) {
      case FieldType::kObject:
        return check_object(pointer, value);
      case FieldType::kString:
        return check_string(value.get_ref<const std::string&>());
      case FieldType::kInteger:
        return check_integer(value.get<int64_t>());
      case FieldType::kBoolean:
        return;
      case FieldType::kTime:
        return check_time(value.get_ref<const std::string&>());
      case FieldType::kQuantity:
        return check_quantity(value);
      case FieldType::kDuration:
        return check_duration(pointer, value);
      case FieldType::kDurationList:
        check_items(value);
        for (size_t i = 0; i < value.size(); ++i) {
          check_duration(concat(pointer, "/", i), value[i]);
        }
        return;
      case FieldType::kStringMap:
        return check_map(value);
      case FieldType::kObjectList:
        return check_objects(value);
    }
  }
};

}  // namespace

void check_and_default(const Field& field, const std::string& pointer, json& value,
                       const Report& outer_report, Unknown unknown) {
  bool sound = true;
  const Report report = [&](const std::string& at, bool at_key, std::string text) {
    sound = false;
    outer_report(at, at_key, std::move(text));
  };
  const Checker checker{field, pointer, report, unknown};
  if (!has_type(field.type, value)) {
    return checker.fail(concat("must be ", type_words(field.type), ", not ", shown(value)));
  }
  checker.check_value(value);
  // Rules may rely on the types and patterns of what they look at.
  if (sound && field.type != FieldType::kObjectList) {
    checker.check_rules(pointer, value);
  }
}

void check_change(const Field& field, const std::string& pointer, const json& before,
                  const json& after, const Report& report) {
  if (field.immutable && before != after) {
    report(pointer, false,
           concat(dotted(pointer), ": may not change once applied: it was ", shown(before),
                  " and would become ", shown(after)));
  }
  for (const Rule& rule : field.rules) {
    if (rule.may_change != nullptr && !before.is_null() && !after.is_null() &&
        !rule.may_change(before, after)) {
      report(pointer, false,
             concat(dotted(pointer), ": ", rule.message, ": it was ", shown(before),
                    " and would become ", shown(after)));
    }
  }
  if (field.type != FieldType::kObject || !before.is_object() || !after.is_object()) {
    return;
  }
  for (const Field& child : field.fields) {
    const std::string key(child.key);
    check_change(child, concat(pointer, "/", child.key), before.value(key, json()),
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
