// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/yaml_to_json.h"

#include <absl/strings/numbers.h>
#include <yaml-cpp/yaml.h>

#include <set>

#include "common/concat.h"
#include "common/yaml_documents.h"

namespace petrel::ops {

namespace {

using nlohmann::json;

constexpr int kDepthMax = 32;
// Aliases make a short text long, so what counts is the result.
constexpr int kValuesMax = 500'000;

Mark mark_of(const YAML::Mark& mark) {
  return mark.is_null() ? Mark{} : Mark{mark.line + 1, mark.column + 1};
}

// YAML 1.2's core schema for plain text, without floating point spellings that no field takes.
json plain_scalar(const std::string& text) {
  static const std::set<std::string_view> kNulls = {"", "~", "null", "Null", "NULL"};
  static const std::set<std::string_view> kTrues = {"true", "True", "TRUE"};
  static const std::set<std::string_view> kFalses = {"false", "False", "FALSE"};
  if (kNulls.contains(text)) {
    return nullptr;
  }
  if (kTrues.contains(text)) {
    return true;
  }
  if (kFalses.contains(text)) {
    return false;
  }
  if (text.find_first_not_of("+-0123456789.eE") == std::string::npos) {
    int64_t integer = 0;
    if (absl::SimpleAtoi(text, &integer)) {
      return integer;
    }
    double number = 0;
    if (absl::SimpleAtod(text, &number)) {
      return number;
    }
  }
  return text;
}

class Converter {
 public:
  Converter(YamlDocument& document, std::vector<YamlProblem>& problems, int& values_left)
      : document_(document), problems_(problems), values_left_(values_left) {}

  json convert(const YAML::Node& node, const std::string& pointer, int depth) {
    document_.values[pointer] = mark_of(node.Mark());
    if (--values_left_ < 0 || depth > kDepthMax) {
      if (!refused_) {
        refused_ = true;
        problems_.push_back({mark_of(node.Mark()),
                             values_left_ < 0 ? "the text holds too much" : "nested too deeply"});
      }
      return nullptr;
    }
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        // "?" is the tag of plain text that has none; quoted text has "!".
        return node.Tag() == "?" ? plain_scalar(node.Scalar()) : json(node.Scalar());
      case YAML::NodeType::Sequence:
        return convert_sequence(node, pointer, depth);
      case YAML::NodeType::Map:
        return convert_map(node, pointer, depth);
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        break;
    }
    return nullptr;
  }

 private:
  json convert_sequence(const YAML::Node& node, const std::string& pointer, int depth) {
    json result = json::array();
    for (const YAML::Node& item : node) {
      result.push_back(convert(item, concat(pointer, "/", result.size()), depth + 1));
    }
    return result;
  }

  json convert_map(const YAML::Node& node, const std::string& pointer, int depth) {
    json result = json::object();
    for (const auto& entry : node) {
      const Mark mark = mark_of(entry.first.Mark());
      if (!entry.first.IsScalar()) {
        problems_.push_back({mark, "a key must be plain text"});
        continue;
      }
      const std::string& key = entry.first.Scalar();
      const std::string at = concat(pointer, "/", key);
      if (result.contains(key)) {
        problems_.push_back({mark, concat("the key ", key, " is there twice; first in line ",
                                          document_.keys[at].line)});
        continue;
      }
      document_.keys[at] = mark;
      result[key] = convert(entry.second, at, depth + 1);
    }
    return result;
  }

  YamlDocument& document_;
  std::vector<YamlProblem>& problems_;
  int& values_left_;
  bool refused_ = false;
};

}  // namespace

YamlText yaml_to_json(std::string_view text) {
  YamlText result;
  int values_left = kValuesMax;
  try {
    for (const YAML::Node& node : load_yaml_documents(std::string(text))) {
      if (node.IsNull() || !node.IsDefined()) {
        continue;  // nothing between two ---
      }
      YamlDocument& document = result.documents.emplace_back();
      document.value = Converter(document, result.problems, values_left).convert(node, "", 0);
    }
  } catch (const YAML::Exception& error) {
    result.problems.push_back({mark_of(error.mark), concat("not valid YAML: ", error.msg)});
  }
  return result;
}

}  // namespace petrel::ops
