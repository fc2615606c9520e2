// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Small helpers over absl::Status, which all fallible functions of Petrel return.

namespace petrel {

// Status for a failed system call: "CONTEXT: strerror(error_number)" with the canonical code of the
// errno. Pass errno itself: errno_status(errno, "open /var/lib/x").
absl::Status errno_status(int error_number, std::string_view context);

// The same status with "CONTEXT: " put before its message, and with its payloads. An OK status stays
// OK.
absl::Status annotate(const absl::Status& status, std::string_view context);

}  // namespace petrel

#define PETREL_STATUS_CONCAT_INNER(a, b) a##b
#define PETREL_STATUS_CONCAT(a, b) PETREL_STATUS_CONCAT_INNER(a, b)

// Evaluates an expression of type absl::Status and returns it from the enclosing function when it
// is not OK.
#define PETREL_RETURN_IF_ERROR(expression) \
  PETREL_RETURN_IF_ERROR_INNER(PETREL_STATUS_CONCAT(petrel_status_, __LINE__), expression)
#define PETREL_RETURN_IF_ERROR_INNER(name, expression)               \
  do {                                                               \
    if (absl::Status name = (expression); !name.ok()) [[unlikely]] { \
      return name;                                                   \
    }                                                                \
  } while (false)

// PETREL_ASSIGN_OR_RETURN(auto file, open(path)): declares or assigns from a StatusOr, or returns
// its error.
#define PETREL_ASSIGN_OR_RETURN(target, expression) \
  PETREL_ASSIGN_OR_RETURN_INNER(PETREL_STATUS_CONCAT(petrel_result_, __LINE__), target, expression)
#define PETREL_ASSIGN_OR_RETURN_INNER(name, target, expression) \
  auto name = (expression);                                     \
  if (!name.ok()) [[unlikely]] {                                \
    return std::move(name).status();                            \
  }                                                             \
  target = *std::move(name)
