// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "absl/status/status.h"

// Answers of the API server that are no success, as absl::Status with the server's message:
//
//   HTTP 404                             NotFound
//   409 with reason AlreadyExists        AlreadyExists
//   409 otherwise (Conflict)             Aborted: read again, decide again
//   410                                  OutOfRange: the resourceVersion or continue token expired;
//   list again 400 405 406 413 415 422              InvalidArgument 401 Unauthenticated 403
//   PermissionDenied 429                                  ResourceExhausted other 5xx, broken
//   connections        Unavailable 408, the deadline of the call        DeadlineExceeded
//
// Only the first column's answers have an HTTP code; http_code() is 0 when the server was not
// reached.

namespace petrel::k8s {

// Makes the status of an answer. `body` is a Status object of the API or any text; `retry_after_ms`
// is the header's, -1 when there was none (the body may have one, too).
absl::Status error_of_response(int http_code, std::string_view body, int64_t retry_after_ms);

// The same for a Status object, such as that of a watch's ERROR event.
absl::Status error_of_object(const nlohmann::json& status_object);

// What an error made above carries.
int http_code(const absl::Status& status);
// The API's reason: "AlreadyExists", "Conflict", "Expired", "Invalid" ...; empty when there is
// none.
std::string api_reason(const absl::Status& status);
// How long the server asks to wait before the call is repeated; -1 when it does not say.
int64_t retry_after_ms(const absl::Status& status);

// "30" or an HTTP date as it stands in Retry-After. -1 for anything else.
int64_t parse_retry_after_ms(std::string_view header, int64_t now_wall_ms);

}  // namespace petrel::k8s
