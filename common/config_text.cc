// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/config_text.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "common/concat.h"

namespace petrel {
namespace {

std::string section_of(const ConfigProperty& property) {
  const size_t dot = property.key().find('.');
  return dot == std::string::npos ? "" : property.key().substr(0, dot);
}

std::string title_of(const ConfigSchema& schema, std::string_view prefix) {
  for (const ConfigSchema::Section& section : schema.sections()) {
    if (section.prefix == prefix) {
      return section.title;
    }
  }
  return "";
}

// The first words of all keys, each once, in the order of declaration.
std::vector<std::string> sections_in_order(const ConfigSchema& schema) {
  std::vector<std::string> order;
  for (const auto& property : schema.properties()) {
    const std::string section = section_of(*property);
    if (std::find(order.begin(), order.end(), section) == order.end()) {
      order.push_back(section);
    }
  }
  return order;
}

std::string heading(const ConfigSchema& schema, const std::string& section) {
  const std::string title = title_of(schema, section);
  if (section.empty()) {
    return "General";
  }
  return title.empty() ? section : concat(section, ": ", title);
}

// "A whole number from 1 to 100, in messages."
std::string allowed(const ConfigProperty& property) {
  return property.unit().empty() ? property.expectation()
                                 : concat(property.expectation(), ", in ", property.unit());
}

// Keys as the tree that nested YAML is.
struct Branch {
  std::string name;
  std::string path;
  const ConfigProperty* property = nullptr;
  std::vector<Branch> children;

  Branch& child(const std::string& child_name) {
    for (Branch& existing : children) {
      if (existing.name == child_name) {
        return existing;
      }
    }
    children.push_back(
        {child_name, path.empty() ? child_name : concat(path, ".", child_name), nullptr, {}});
    return children.back();
  }
};

Branch make_tree(const ConfigSchema& schema) {
  Branch root;
  for (const auto& property : schema.properties()) {
    Branch* branch = &root;
    const std::string& key = property->key();
    size_t begin = 0;
    for (size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.', begin)) {
      branch = &branch->child(key.substr(begin, dot - begin));
      begin = dot + 1;
    }
    branch->child(key.substr(begin)).property = property.get();
  }
  return root;
}

void write_yaml(const ConfigSchema& schema, const Branch& branch, const std::string& indent,
                std::string* out) {
  for (const Branch& child : branch.children) {
    if (child.property != nullptr) {
      const ConfigProperty& property = *child.property;
      *out += concat(indent, "# ", property.help(), "\n", indent, "# Expected ", allowed(property),
                     ". Default: ", property.default_yaml(), "\n", indent, child.name, ": ",
                     property.yaml(), "\n");
      continue;
    }
    const std::string title = title_of(schema, child.path);
    *out += title.empty() ? "" : concat(indent, "# ", title, "\n");
    *out += concat(indent, child.name, ":\n");
    write_yaml(schema, child, indent + "  ", out);
  }
}

std::string escape_cell(const std::string& text) {
  std::string result;
  for (const char c : text) {
    result += c == '|' ? std::string("\\|") : std::string(1, c);
  }
  return result;
}

}  // namespace

std::string config_help(const ConfigSchema& schema) {
  std::string out;
  for (const std::string& section : sections_in_order(schema)) {
    out += concat("\n", heading(schema, section), "\n");
    for (const auto& property : schema.properties()) {
      if (section_of(*property) == section) {
        out += concat("  --", property->key(), "=", property->placeholder(), "\n      ",
                      property->help(), "\n      Expected ", allowed(*property),
                      ". Default: ", property->default_yaml(), "\n");
      }
    }
  }
  return out;
}

std::string config_yaml(const ConfigSchema& schema) {
  std::string out;
  write_yaml(schema, make_tree(schema), "", &out);
  return out;
}

std::string config_markdown(const ConfigSchema& schema) {
  std::string out;
  for (const std::string& section : sections_in_order(schema)) {
    out += concat(out.empty() ? "" : "\n", "### ", heading(schema, section),
                  "\n\n| Key | Default | Expected | Meaning |\n|---|---|---|---|\n");
    for (const auto& property : schema.properties()) {
      if (section_of(*property) == section) {
        out +=
            concat("| `", property->key(), "` | `", escape_cell(property->default_yaml()), "` | ",
                   escape_cell(allowed(*property)), " | ", escape_cell(property->help()), " |\n");
      }
    }
  }
  return out;
}

}  // namespace petrel
