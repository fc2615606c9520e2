// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/yaml_text.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "common/concat.h"

namespace petrel::ops {

namespace {

using Json = nlohmann::ordered_json;

// Words that some reader of YAML takes for something else than text.
bool is_reserved(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* word : {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}) {
    if (text == word) {
      return true;
    }
  }
  return false;
}

// Anything but plain words is quoted; JSON's quotes are YAML's.
std::string scalar(const Json& value) {
  if (!value.is_string()) {
    return value.dump();
  }
  const std::string& text = value.get_ref<const std::string&>();
  const bool plain =
      !text.empty() && std::isalpha(static_cast<unsigned char>(text.front())) != 0 &&
      std::all_of(text.begin(), text.end(),
                  [](unsigned char c) {
                    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '/';
                  }) &&
      !is_reserved(text);
  return plain ? text : value.dump();
}

bool is_block(const Json& value) { return value.is_structured() && !value.empty(); }

// `indent` is where the next line begins; the first line goes on after what is there.
void write(const Json& value, size_t indent, std::string& out) {
  const std::string margin(indent, ' ');
  bool first = true;
  const auto begin_line = [&] {
    out += first ? "" : margin;
    first = false;
  };
  if (value.is_object()) {
    for (const auto& [key, item] : value.items()) {
      begin_line();
      out += concat(scalar(key), ":");
      if (!is_block(item)) {
        out += concat(" ", scalar(item), "\n");
        continue;
      }
      // Lists are not indented further than their key.
      const size_t inner = item.is_object() ? indent + 2 : indent;
      out += concat("\n", std::string(inner, ' '));
      write(item, inner, out);
    }
    return;
  }
  for (const Json& item : value) {
    begin_line();
    out += "- ";
    if (is_block(item)) {
      write(item, indent + 2, out);
    } else {
      out += concat(scalar(item), "\n");
    }
  }
}

}  // namespace

std::string yaml_text(const Json& value) {
  if (!is_block(value)) {
    return concat(scalar(value), "\n");
  }
  std::string out;
  write(value, 0, out);
  return out;
}

}  // namespace petrel::ops
