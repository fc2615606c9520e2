// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "operator/resources/schema.h"

namespace petrel::ops {

// The CustomResourceDefinition (apiextensions.k8s.io/v1) of a kind, as YAML: a structural schema
// with defaults, bounds and rules in CEL, so that the API server accepts what parse_documents
// accepts; the columns of `kubectl get`; the status and scale subresources.
std::string crd_yaml(const Kind& kind);

}  // namespace petrel::ops
