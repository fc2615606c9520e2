// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "operator/resources/resource.h"
#include "operator/resources/schema.h"

// Objects of the Kubernetes API to resources.

namespace petrel::ops {

// Checks and completes the spec exactly as parse_documents does. InvalidArgument with one line
// "kind/name: path: what is wrong" for each thing that is wrong. What `metadata` may hold is the
// API server's to check. Fields of the spec that are not known are dropped: the API server lets
// through those of a newer CustomResourceDefinition only, which comes before the newer operator.
absl::StatusOr<Resource> read_object(const nlohmann::json& object);

// For whoever makes a Resource: gives a spec without a name that of its document, where the kind
// says so, and checks it.
void default_to_document_name(const Kind& kind, const std::string& document_name,
                              nlohmann::json& spec, const Report& report);
// Resource::spec of a checked spec.
std::string spec_text(const nlohmann::json& spec);

}  // namespace petrel::ops
