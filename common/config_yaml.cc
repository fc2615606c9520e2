// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/config_yaml.h"

#include <yaml-cpp/yaml.h>

#include <map>
#include <vector>

#include "common/concat.h"
#include "common/yaml_documents.h"

namespace petrel {
namespace {

std::string place(const std::string& name, const YAML::Mark& mark) {
  return concat(name, ":", mark.line + 1, ":", mark.column + 1, ": ");
}

// Walks one document and collects all errors, so that a file is corrected in one go.
class Walk {
 public:
  Walk(const std::string& name, ConfigSchema& schema) : name_(name), schema_(schema) {}

  void map(const YAML::Node& node, const std::string& prefix) {
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        fail(entry.first, "a key must be a word");
        continue;
      }
      const std::string key = prefix + entry.first.Scalar();
      const auto [first, inserted] = line_of_.emplace(key, entry.first.Mark().line + 1);
      if (!inserted) {
        fail(entry.first, concat("key '", key, "' is repeated, first in line ", first->second));
        continue;
      }
      visit(key, entry.first, entry.second);
    }
  }

  void fail(const YAML::Node& node, const std::string& what) {
    errors_ += concat(errors_.empty() ? "" : "\n", place(name_, node.Mark()), what);
  }

  const std::string& errors() const { return errors_; }

 private:
  void visit(const std::string& key, const YAML::Node& key_node, const YAML::Node& value) {
    if (ConfigProperty* property = schema_.find(key)) {
      assign(*property, key_node, value);
    } else if (!schema_.is_section(key)) {
      fail(key_node, concat("unknown key '", key, "'", schema_.suggestion(key)));
    } else if (value.IsMap()) {
      map(value, key + ".");
    } else if (!value.IsNull()) {  // a section whose lines are all comments is null
      fail(value,
           concat("'", key, "' is a section with keys under it and has no value of its own"));
    }
  }

  void assign(ConfigProperty& property, const YAML::Node& key_node, const YAML::Node& value) {
    std::vector<std::string> texts;
    bool fits = property.is_list() ? value.IsSequence() : value.IsScalar();
    if (fits && property.is_list()) {
      for (const YAML::Node& item : value) {
        fits = fits && item.IsScalar();
        texts.push_back(item.IsScalar() ? item.Scalar() : "");
      }
    } else if (fits) {
      texts.push_back(value.Scalar());
    }
    if (!fits) {
      // An empty value has no place of its own.
      fail(value.IsNull() ? key_node : value,
           concat(property.key(), ": expected ", property.expectation()));
      return;
    }
    const absl::Status status = property.set(texts);
    if (!status.ok()) {
      const std::string shown =
          property.is_list() ? "" : concat("'", texts[0], "' is not allowed: ");
      fail(value, concat(property.key(), ": ", shown, status.message()));
    }
  }

  const std::string& name_;
  ConfigSchema& schema_;
  std::map<std::string, int> line_of_;
  std::string errors_;
};

}  // namespace

absl::Status apply_yaml(const std::string& text, const std::string& name, ConfigSchema& schema) {
  try {
    const std::vector<YAML::Node> documents = load_yaml_documents(text);
    if (documents.empty() || (documents.size() == 1 && documents[0].IsNull())) {
      return absl::OkStatus();
    }
    Walk walk(name, schema);
    if (documents.size() > 1) {
      walk.fail(documents[1], "expected one YAML document");
    } else if (!documents[0].IsMap()) {
      walk.fail(documents[0], "expected keys and values");
    } else {
      walk.map(documents[0], "");
    }
    return walk.errors().empty() ? absl::OkStatus() : absl::InvalidArgumentError(walk.errors());
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(concat(place(name, error.mark), error.msg));
  }
}

}  // namespace petrel
