// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/status.h"

#include <string>

#include "absl/strings/cord.h"
#include "common/concat.h"

namespace petrel {

absl::Status errno_status(int error_number, std::string_view context) {
  return absl::ErrnoToStatus(error_number, std::string(context));
}

absl::Status annotate(const absl::Status& status, std::string_view context) {
  if (status.ok()) {
    return status;
  }
  absl::Status annotated(status.code(), concat(context, ": ", status.message()));
  status.ForEachPayload([&](absl::string_view type_url, const absl::Cord& payload) {
    annotated.SetPayload(type_url, payload);
  });
  return annotated;
}

}  // namespace petrel
