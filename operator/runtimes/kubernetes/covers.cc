// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/kubernetes/covers.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "operator/resources/quantity.h"

namespace petrel::ops {

namespace {

using nlohmann::json;

bool covers_list(const json& actual, const json& intent) {
  const bool of_objects = std::all_of(intent.begin(), intent.end(),
                                      [](const json& element) { return element.is_object(); });
  if (!of_objects || intent.empty()) {
    return actual == intent;
  }
  return std::all_of(intent.begin(), intent.end(), [&](const json& wanted) {
    return std::any_of(actual.begin(), actual.end(),
                       [&](const json& element) { return covers(element, wanted); });
  });
}

// "1024Mi" is kept as "1Gi".
bool is_same_quantity(const json& actual, const json& intent) {
  if (!actual.is_string() || !intent.is_string()) {
    return false;
  }
  const auto& left = actual.get_ref<const std::string&>();
  const auto& right = intent.get_ref<const std::string&>();
  return is_quantity(left) && is_quantity(right) && compare_quantities(left, right) == 0;
}

bool covers_object(const json& actual, const json& intent) {
  for (const auto& [key, wanted] : intent.items()) {
    const auto found = actual.find(key);
    if (found == actual.end()) {
      return false;
    }
    if (!covers(*found, wanted) && !(key == "storage" && is_same_quantity(*found, wanted))) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool covers(const json& actual, const json& intent) {
  if (intent.is_object()) {
    return actual.is_object() && covers_object(actual, intent);
  }
  if (intent.is_array()) {
    return actual.is_array() && covers_list(actual, intent);
  }
  return actual == intent;
}

}  // namespace petrel::ops
