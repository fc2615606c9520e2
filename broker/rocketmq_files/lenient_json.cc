// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/rocketmq_files/lenient_json.h"

#include <cctype>
#include <nlohmann/json.hpp>
#include <string>

namespace petrel::rocketmq_files {
namespace {

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_number(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '-'; }

// Behind the string that begins at `at`.
size_t end_of_string(std::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

// Behind the number at `at` if it is a key, else `at`.
size_t end_of_key(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && is_number(text[end])) ++end;
  size_t colon = end;
  while (colon < text.size() && is_space(text[colon])) ++colon;
  return end > at && colon < text.size() && text[colon] == ':' ? end : at;
}

std::string quote_keys(std::string_view text) {
  std::string quoted;
  quoted.reserve(text.size() + text.size() / 8);
  bool key_may_follow = false;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    size_t end = at + 1;
    if (c == '"') {
      end = end_of_string(text, at);
    } else if (key_may_follow && is_number(c)) {
      if (const size_t key_end = end_of_key(text, at); key_end > at) {
        quoted.append("\"").append(text.substr(at, key_end - at)).append("\"");
        at = key_end;
        key_may_follow = false;
        continue;
      }
    }
    quoted.append(text.substr(at, end - at));
    if (!is_space(c)) key_may_follow = c == '{' || c == ',';
    at = end;
  }
  return quoted;
}

}  // namespace

nlohmann::json parse_lenient_json(std::string_view text) {
  return nlohmann::json::parse(quote_keys(text), nullptr, /*allow_exceptions=*/false);
}

}  // namespace petrel::rocketmq_files
