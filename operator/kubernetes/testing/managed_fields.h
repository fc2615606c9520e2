// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "operator/kubernetes/resource_type.h"

// Who owns which field of an object, and what a write changes about that. Pure.

namespace petrel::k8s::testing {

struct FieldWriter {
  std::string manager;
  std::string subresource;
  std::string time;  // RFC 3339
};

// Server-side apply of an intent on an object (an empty one when it is new): sets what the intent
// has, removes what this manager's intent had before and nobody else owns. Aborted (409 Conflict)
// when a field that another manager owns would change and force is not set.
absl::StatusOr<Json> apply_intent(const Json& before, const Json& intent, const FieldWriter& writer,
                                  bool force);

// Gives what differs between before and after to the writer, as a PUT or PATCH does.
void take_ownership(const Json& before, Json& after, const FieldWriter& writer);

}  // namespace petrel::k8s::testing
