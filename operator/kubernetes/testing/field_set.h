// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "operator/kubernetes/resource_type.h"

// Sets of fields of an object, as managedFields holds them (fieldsV1). Pure.
//
// Which lists are merged by item, and by which keys, is known by the name of the field, for the
// types that the tests use. All other lists are atomic, as in the API.

namespace petrel::k8s::testing {

// Elements in the words of fieldsV1: "f:spec", "k:{\"name\":\"a\"}", "v:\"x\"".
using FieldPath = std::vector<std::string>;
using FieldSet = std::set<FieldPath>;

// The fields that a client may own: all leaves but those by which the object is identified and
// those that the server sets.
FieldSet fields_of(const Json& object);

FieldSet fields_from_v1(const Json& fields);
Json fields_to_v1(const FieldSet& fields);

// Whether the set has the path or a path below it.
bool covers_any(const FieldSet& fields, const FieldPath& path);

// The value at the path; null when there is none.
const Json* find_field(const Json& object, const FieldPath& path);

// Removes the value, and what became empty above it.
void remove_field(Json& object, const FieldPath& path);

// "live" with everything in "intent" set, lists with keys item by item.
void merge_fields(Json& live, const Json& intent);

// ".spec.replicas": for messages.
std::string describe(const FieldPath& path);

}  // namespace petrel::k8s::testing
