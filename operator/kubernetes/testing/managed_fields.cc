// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/testing/managed_fields.h"

#include <map>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "common/concat.h"
#include "operator/kubernetes/errors.h"
#include "operator/kubernetes/testing/field_set.h"

namespace petrel::k8s::testing {
namespace {

// Manager, "Apply" or "Update", subresource.
using Owner = std::tuple<std::string, std::string, std::string>;

struct Ownership {
  FieldSet fields;
  std::string time;
};

using Owners = std::map<Owner, Ownership>;

Owners read_owners(const Json& object) {
  Owners owners;
  const Json entries = object.value(Json::json_pointer("/metadata/managedFields"), Json::array());
  for (const Json& entry : entries) {
    const Owner owner{entry.value("manager", ""), entry.value("operation", ""),
                      entry.value("subresource", "")};
    owners[owner] = {fields_from_v1(entry.value("fieldsV1", Json::object())),
                     entry.value("time", "")};
  }
  return owners;
}

void write_owners(Json& object, const Owners& owners) {
  Json entries = Json::array();
  for (const auto& [owner, ownership] : owners) {
    if (ownership.fields.empty()) {
      continue;
    }
    const auto& [manager, operation, subresource] = owner;
    Json entry = {{"manager", manager},
                  {"operation", operation},
                  {"apiVersion", object.value("apiVersion", "")},
                  {"time", ownership.time},
                  {"fieldsType", "FieldsV1"},
                  {"fieldsV1", fields_to_v1(ownership.fields)}};
    if (!subresource.empty()) {
      entry["subresource"] = subresource;
    }
    entries.push_back(std::move(entry));
  }
  if (entries.empty()) {
    object["metadata"].erase("managedFields");
  } else {
    object["metadata"]["managedFields"] = std::move(entries);
  }
}

bool is_item(const FieldPath& path) { return path.back().starts_with("k:"); }

bool same_value(const Json* a, const Json* b) {
  return a != nullptr && b != nullptr ? *a == *b : a == b;
}

absl::Status conflict_error(const Owner& owner, const FieldPath& path) {
  return error_of_object(Json{{"kind", "Status"},
                              {"code", 409},
                              {"reason", "Conflict"},
                              {"message", concat("Apply failed with 1 conflict: conflict with \"",
                                                 std::get<0>(owner), "\": ", describe(path))}});
}

// Takes the fields that the intent changes from all others; an error instead without force.
absl::Status settle_conflicts(const Json& before, const Json& intent, const FieldSet& wanted,
                              const Owner& self, Owners& owners, bool force) {
  for (auto& [owner, ownership] : owners) {
    if (owner == self) {
      continue;
    }
    for (const FieldPath& path : wanted) {
      if (is_item(path) || !covers_any(ownership.fields, path) ||
          same_value(find_field(before, path), find_field(intent, path))) {
        continue;
      }
      if (!force) {
        return conflict_error(owner, path);
      }
      std::erase_if(ownership.fields, [&](const FieldPath& owned) {
        return owned.size() >= path.size() && std::equal(path.begin(), path.end(), owned.begin());
      });
    }
  }
  return absl::OkStatus();
}

bool owned_by_anybody(const Owners& owners, const FieldPath& path) {
  for (const auto& [owner, ownership] : owners) {
    if (covers_any(ownership.fields, path)) {
      return true;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<Json> apply_intent(const Json& before, const Json& intent, const FieldWriter& writer,
                                  bool force) {
  Owners owners = read_owners(before);
  const Owner self{writer.manager, "Apply", writer.subresource};
  const FieldSet wanted = fields_of(intent);
  const absl::Status settled = settle_conflicts(before, intent, wanted, self, owners, force);
  if (!settled.ok()) {
    return settled;
  }
  Json after = before;
  merge_fields(after, intent);
  Ownership& mine = owners[self];
  const FieldSet had = std::exchange(mine.fields, wanted);
  // An item comes before its fields, and takes them with it when nobody owns anything in it.
  for (const FieldPath& path : had) {
    if (!owned_by_anybody(owners, path)) {
      remove_field(after, path);
    }
  }
  if (had != wanted || mine.time.empty()) {
    mine.time = writer.time;
  }
  write_owners(after, owners);
  return after;
}

void take_ownership(const Json& before, Json& after, const FieldWriter& writer) {
  Owners owners = read_owners(before);
  const FieldSet fields_before = fields_of(before);
  const FieldSet fields_after = fields_of(after);
  FieldSet changed;
  for (const FieldPath& path : fields_after) {
    const bool is_new = !fields_before.contains(path);
    if (is_new ||
        (!is_item(path) && !same_value(find_field(before, path), find_field(after, path)))) {
      changed.insert(path);
    }
  }
  for (auto& [owner, ownership] : owners) {
    std::erase_if(ownership.fields, [&](const FieldPath& path) {
      return changed.contains(path) ||
             (fields_before.contains(path) && !fields_after.contains(path));
    });
  }
  if (!changed.empty()) {
    Ownership& mine = owners[Owner{writer.manager, "Update", writer.subresource}];
    mine.fields.insert(changed.begin(), changed.end());
    mine.time = writer.time;
  }
  write_owners(after, owners);
}

}  // namespace petrel::k8s::testing
