// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/errors.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "common/concat.h"

namespace petrel::k8s {
namespace {

// The payload is "HTTP code\nretry_after_ms\nreason".
constexpr char kPayloadUrl[] = "kubernetes/api-error";
constexpr size_t kMessageBytesMax = 2048;

struct Answer {
  int http_code = 0;
  int64_t retry_after_ms = -1;
  std::string reason;
};

// Later when a server would ask for more than a day.
constexpr int64_t kRetryAfterSecondsMax = 86'400;

absl::StatusCode canonical_code(int http_code, std::string_view reason) {
  switch (http_code) {
    case 401:
      return absl::StatusCode::kUnauthenticated;
    case 403:
      return absl::StatusCode::kPermissionDenied;
    case 404:
      return absl::StatusCode::kNotFound;
    case 408:
      return absl::StatusCode::kDeadlineExceeded;
    case 409:
      return reason == "AlreadyExists" ? absl::StatusCode::kAlreadyExists
                                       : absl::StatusCode::kAborted;
    case 410:
      return absl::StatusCode::kOutOfRange;
    case 429:
      return absl::StatusCode::kResourceExhausted;
    default:
      break;
  }
  if (http_code >= 400 && http_code < 500) {
    return absl::StatusCode::kInvalidArgument;
  }
  return http_code >= 500 ? absl::StatusCode::kUnavailable : absl::StatusCode::kUnknown;
}

std::string text_member(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) {
    return "";
  }
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::optional<int64_t> integer_member(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) {
    return std::nullopt;
  }
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) {
    return std::nullopt;
  }
  return found->get<int64_t>();
}

absl::Status make_error(const Answer& answer, std::string message) {
  if (message.size() > kMessageBytesMax) {
    message.resize(kMessageBytesMax);
  }
  absl::Status status(canonical_code(answer.http_code, answer.reason), message);
  status.SetPayload(kPayloadUrl, absl::Cord(concat(answer.http_code, "\n", answer.retry_after_ms,
                                                   "\n", answer.reason)));
  return status;
}

absl::Status error_of_status_object(const nlohmann::json& object, Answer answer) {
  answer.reason = text_member(object, "reason");
  if (const auto details = object.find("details"); details != object.end()) {
    const auto seconds = integer_member(*details, "retryAfterSeconds");
    if (answer.retry_after_ms < 0 && seconds && *seconds > 0) {
      answer.retry_after_ms = std::min(*seconds, kRetryAfterSecondsMax) * 1000;
    }
  }
  std::string message = text_member(object, "message");
  if (message.empty()) {
    message = concat("HTTP ", answer.http_code, " ", answer.reason);
  }
  return make_error(answer, std::move(message));
}

Answer answer_of(const absl::Status& status) {
  Answer answer;
  const auto payload = status.GetPayload(kPayloadUrl);
  if (!payload) {
    return answer;
  }
  const std::string text(*payload);
  const char* const end = text.data() + text.size();
  auto read = std::from_chars(text.data(), end, answer.http_code);
  read = std::from_chars(read.ptr + 1, end, answer.retry_after_ms);
  answer.reason.assign(read.ptr + 1, end);
  return answer;
}

}  // namespace

absl::Status error_of_response(int http_code, std::string_view body, int64_t retry_after_ms) {
  const Answer answer{.http_code = http_code, .retry_after_ms = retry_after_ms};
  const nlohmann::json object = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (text_member(object, "kind") == "Status") {
    return error_of_status_object(object, answer);
  }
  // Something between us and the API server, or one of its filters, answered.
  return make_error(answer, concat("HTTP ", http_code, body.empty() ? "" : ": ", body));
}

absl::Status error_of_object(const nlohmann::json& status_object) {
  const int64_t code = integer_member(status_object, "code").value_or(0);
  Answer answer;
  answer.http_code = code >= 400 && code < 600 ? static_cast<int>(code) : 500;
  if (!status_object.is_object()) {
    return make_error(answer, "an error that is no object");
  }
  return error_of_status_object(status_object, answer);
}

int http_code(const absl::Status& status) { return answer_of(status).http_code; }

std::string api_reason(const absl::Status& status) { return answer_of(status).reason; }

int64_t retry_after_ms(const absl::Status& status) { return answer_of(status).retry_after_ms; }

int64_t parse_retry_after_ms(std::string_view header, int64_t now_wall_ms) {
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (error == std::errc() && end == header.data() + header.size() && seconds >= 0) {
    return std::min(seconds, kRetryAfterSecondsMax) * 1000;
  }
  absl::Time time;
  if (!absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", std::string(header), &time, nullptr)) {
    return -1;
  }
  const int64_t wait_ms = absl::ToUnixMillis(time) - now_wall_ms;
  return std::clamp<int64_t>(wait_ms, 0, kRetryAfterSecondsMax * 1000);
}

}  // namespace petrel::k8s
