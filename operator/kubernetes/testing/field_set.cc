// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/testing/field_set.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

namespace petrel::k8s::testing {
namespace {

enum class ListKind { kAtomic, kSet, kMap };

using Keys = std::vector<std::string>;

const Keys& keys_by_field(const std::string& field) {
  static const std::map<std::string, Keys> table = {
      {"containers", {"name"}},
      {"initContainers", {"name"}},
      {"env", {"name"}},
      {"volumes", {"name"}},
      {"volumeMounts", {"mountPath"}},
      {"imagePullSecrets", {"name"}},
      {"conditions", {"type"}},
      {"ownerReferences", {"uid"}},
      {"topologySpreadConstraints", {"topologyKey", "whenUnsatisfiable"}},
      {"ports", {"port", "protocol"}},
  };
  static const Keys none;
  const auto found = table.find(field);
  return found == table.end() ? none : found->second;
}

ListKind list_kind(const std::string& field, const Json& list) {
  if (field == "finalizers") {
    return ListKind::kSet;
  }
  const bool has_objects =
      std::all_of(list.begin(), list.end(), [](const Json& item) { return item.is_object(); });
  return has_objects && !keys_by_field(field).empty() ? ListKind::kMap : ListKind::kAtomic;
}

bool is_atomic_map(const std::string& field) {
  return field == "selector" || field == "nodeSelector" || field == "labelSelector";
}

// "k:{...}" of an item of a list with keys.
std::string item_element(const std::string& field, const Json& item) {
  Json key = Json::object();
  for (std::string name : keys_by_field(field)) {
    if (name == "port" && item.contains("containerPort")) {
      name = "containerPort";
    }
    if (item.contains(name)) {
      key[name] = item[name];
    } else if (name == "protocol") {
      key[name] = "TCP";
    }
  }
  return "k:" + key.dump();
}

std::string value_element(const Json& value) { return "v:" + value.dump(); }

void collect(const Json& value, const std::string& field, FieldPath& path, FieldSet& out) {
  if (value.is_object() && !value.empty() && !is_atomic_map(field)) {
    for (const auto& [name, member] : value.items()) {
      path.push_back("f:" + name);
      collect(member, name, path, out);
      path.pop_back();
    }
    return;
  }
  if (value.is_array() && list_kind(field, value) != ListKind::kAtomic) {
    const bool by_key = list_kind(field, value) == ListKind::kMap;
    for (const Json& item : value) {
      path.push_back(by_key ? item_element(field, item) : value_element(item));
      out.insert(path);
      if (by_key) {
        collect(item, "", path, out);
      }
      path.pop_back();
    }
    return;
  }
  out.insert(path);
}

constexpr std::array<std::string_view, 12> kNotOwned = {
    "name",          "namespace",         "uid",
    "generation",    "resourceVersion",   "creationTimestamp",
    "managedFields", "deletionTimestamp", "deletionGracePeriodSeconds",
    "selfLink",      "generateName",      "",
};

void collect_v1(const Json& node, FieldPath& path, FieldSet& out) {
  if (node.empty()) {
    out.insert(path);
  }
  for (const auto& [element, below] : node.items()) {
    if (element == ".") {
      out.insert(path);
      continue;
    }
    path.push_back(element);
    collect_v1(below, path, out);
    path.pop_back();
  }
}

// The member or item of a value that an element names; "field" is the name of the value.
const Json* find_element(const Json& value, const std::string& field, const std::string& element) {
  if (element.starts_with("f:")) {
    const auto found = value.is_object() ? value.find(element.substr(2)) : value.end();
    return found == value.end() ? nullptr : &*found;
  }
  if (!value.is_array()) {
    return nullptr;
  }
  const bool by_key = element.starts_with("k:");
  for (const Json& item : value) {
    if ((by_key && !item.is_object() ? ""
         : by_key                    ? item_element(field, item)
                                     : value_element(item)) == element) {
      return &item;
    }
  }
  return nullptr;
}

void remove_element(Json& value, const std::string& field, const std::string& element) {
  if (element.starts_with("f:")) {
    value.erase(element.substr(2));
  } else if (const Json* item = find_element(value, field, element)) {
    value.erase(value.begin() + (item - &value.front()));
  }
}

void remove_below(Json& value, const std::string& field, const FieldPath& path, size_t depth) {
  if (depth + 1 < path.size()) {
    Json* below = const_cast<Json*>(find_element(value, field, path[depth]));
    if (below == nullptr) {
      return;
    }
    const std::string& element = path[depth];
    remove_below(*below, element.starts_with("f:") ? element.substr(2) : "", path, depth + 1);
    if (!below->empty() || !below->is_structured()) {
      return;
    }
  }
  remove_element(value, field, path[depth]);
}

void merge_value(Json& live, const Json& intent, const std::string& field);

void merge_list(Json& live, const Json& intent, const std::string& field, bool by_key) {
  for (const Json& item : intent) {
    const std::string element = by_key ? item_element(field, item) : value_element(item);
    Json* found = const_cast<Json*>(find_element(live, field, element));
    if (found == nullptr) {
      live.push_back(item);
    } else if (by_key) {
      merge_value(*found, item, "");
    }
  }
}

void merge_value(Json& live, const Json& intent, const std::string& field) {
  if (live.is_object() && intent.is_object() && !is_atomic_map(field)) {
    for (const auto& [name, member] : intent.items()) {
      merge_value(live[name], member, name);
    }
    return;
  }
  const ListKind kind = intent.is_array() ? list_kind(field, intent) : ListKind::kAtomic;
  if (live.is_array() && kind != ListKind::kAtomic && list_kind(field, live) == kind) {
    merge_list(live, intent, field, kind == ListKind::kMap);
    return;
  }
  live = intent;
}

}  // namespace

FieldSet fields_of(const Json& object) {
  FieldSet all;
  FieldPath path;
  for (const auto& [name, member] : object.items()) {
    if (name == "apiVersion" || name == "kind") {
      continue;
    }
    path = {"f:" + name};
    if (name != "metadata") {
      collect(member, name, path, all);
      continue;
    }
    for (const auto& [inner, value] : member.items()) {
      if (std::find(kNotOwned.begin(), kNotOwned.end(), inner) == kNotOwned.end()) {
        path = {"f:metadata", "f:" + inner};
        collect(value, inner, path, all);
      }
    }
  }
  return all;
}

FieldSet fields_from_v1(const Json& fields) {
  FieldSet all;
  FieldPath path;
  for (const auto& [element, below] : fields.items()) {
    path = {element};
    collect_v1(below, path, all);
  }
  return all;
}

Json fields_to_v1(const FieldSet& fields) {
  Json root = Json::object();
  for (const FieldPath& path : fields) {
    Json* node = &root;
    for (const std::string& element : path) {
      Json& below = (*node)[element];
      if (below.is_null()) {
        below = Json::object();
      }
      node = &below;
    }
    if (path.back().starts_with("k:")) {
      (*node)["."] = Json::object();
    }
  }
  return root;
}

bool covers_any(const FieldSet& fields, const FieldPath& path) {
  const auto found = fields.lower_bound(path);
  return found != fields.end() && found->size() >= path.size() &&
         std::equal(path.begin(), path.end(), found->begin());
}

const Json* find_field(const Json& object, const FieldPath& path) {
  const Json* value = &object;
  std::string field;
  for (const std::string& element : path) {
    value = find_element(*value, field, element);
    if (value == nullptr) {
      return nullptr;
    }
    field = element.starts_with("f:") ? element.substr(2) : "";
  }
  return value;
}

void remove_field(Json& object, const FieldPath& path) {
  if (!path.empty()) {
    remove_below(object, "", path, 0);
  }
}

void merge_fields(Json& live, const Json& intent) { merge_value(live, intent, ""); }

std::string describe(const FieldPath& path) {
  std::string text;
  for (const std::string& element : path) {
    const std::string name = element.substr(2);
    text += element.starts_with("f:") ? "." + name : "[" + name + "]";
  }
  return text;
}

}  // namespace petrel::k8s::testing
