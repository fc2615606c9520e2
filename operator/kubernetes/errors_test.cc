// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/errors.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace petrel::k8s {
namespace {

std::string status_body(int code, const std::string& reason, const std::string& message) {
  return nlohmann::json{{"kind", "Status"}, {"apiVersion", "v1"}, {"status", "Failure"},
                        {"reason", reason}, {"message", message}, {"code", code}}
      .dump();
}

absl::StatusCode code_of(int http, const std::string& reason = "") {
  return error_of_response(http, status_body(http, reason, "m"), -1).code();
}

TEST(ErrorsTest, EachAnswerHasItsCode) {
  EXPECT_EQ(code_of(400), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code_of(401), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(code_of(403), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(code_of(404), absl::StatusCode::kNotFound);
  EXPECT_EQ(code_of(408), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(code_of(410), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(code_of(415), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code_of(422), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code_of(429), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code_of(500), absl::StatusCode::kUnavailable);
  EXPECT_EQ(code_of(503), absl::StatusCode::kUnavailable);
  EXPECT_EQ(code_of(504), absl::StatusCode::kUnavailable);
  EXPECT_EQ(code_of(302), absl::StatusCode::kUnknown);
}

TEST(ErrorsTest, TheReasonTellsTheTwoConflictsApart) {
  EXPECT_EQ(code_of(409, "AlreadyExists"), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(code_of(409, "Conflict"), absl::StatusCode::kAborted);
}

TEST(ErrorsTest, AStatusKeepsWhatTheServerSaid) {
  const absl::Status status =
      error_of_response(422, status_body(422, "Invalid", "spec.replicas: must be >= 0"), -1);
  EXPECT_EQ(status.message(), "spec.replicas: must be >= 0");
  EXPECT_EQ(http_code(status), 422);
  EXPECT_EQ(api_reason(status), "Invalid");
  EXPECT_EQ(retry_after_ms(status), -1);
}

TEST(ErrorsTest, ABodyThatIsNoStatusIsShown) {
  const absl::Status status = error_of_response(502, "upstream is away", 2000);
  EXPECT_EQ(status.message(), "HTTP 502: upstream is away");
  EXPECT_EQ(api_reason(status), "");
  EXPECT_EQ(retry_after_ms(status), 2000);
  EXPECT_EQ(error_of_response(503, "", -1).message(), "HTTP 503");
  EXPECT_EQ(error_of_response(500, "[1,2]", -1).message(), "HTTP 500: [1,2]");
}

TEST(ErrorsTest, ALongBodyIsCut) {
  EXPECT_LT(error_of_response(500, std::string(1 << 20, 'x'), -1).message().size(), 4096U);
}

TEST(ErrorsTest, TheHeaderWinsOverTheBodysRetryAfter) {
  const auto body = nlohmann::json{{"kind", "Status"}, {"details", {{"retryAfterSeconds", 7}}}};
  EXPECT_EQ(retry_after_ms(error_of_response(429, body.dump(), -1)), 7000);
  EXPECT_EQ(retry_after_ms(error_of_response(429, body.dump(), 1000)), 1000);
}

TEST(ErrorsTest, AnErrorEventHasTheCodeOfItsStatus) {
  const absl::Status status = error_of_object(
      {{"kind", "Status"}, {"code", 410}, {"reason", "Expired"}, {"message", "too old"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(http_code(status), 410);
  EXPECT_EQ(api_reason(status), "Expired");
}

TEST(ErrorsTest, ErrorEventsOfOddShapesAreServerErrors) {
  EXPECT_EQ(error_of_object(nullptr).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(error_of_object({{"code", 200}}).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(error_of_object({{"code", "410"}}).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(error_of_object({{"code", 500}, {"details", nullptr}}).code(),
            absl::StatusCode::kUnavailable);
}

TEST(ErrorsTest, OtherStatusesCarryNothing) {
  EXPECT_EQ(http_code(absl::UnavailableError("no connection")), 0);
  EXPECT_EQ(api_reason(absl::OkStatus()), "");
  EXPECT_EQ(retry_after_ms(absl::OkStatus()), -1);
}

TEST(ErrorsTest, RetryAfterIsSecondsOrADate) {
  EXPECT_EQ(parse_retry_after_ms("30", 0), 30'000);
  EXPECT_EQ(parse_retry_after_ms("0", 0), 0);
  EXPECT_EQ(parse_retry_after_ms("999999999", 0), 86'400'000);
  EXPECT_EQ(parse_retry_after_ms("Wed, 21 Oct 2015 07:28:00 GMT", 1'445'412'470'000), 10'000);
  EXPECT_EQ(parse_retry_after_ms("Wed, 21 Oct 2015 07:28:00 GMT", 1'600'000'000'000), 0);
  EXPECT_EQ(parse_retry_after_ms("", 0), -1);
  EXPECT_EQ(parse_retry_after_ms("-5", 0), -1);
  EXPECT_EQ(parse_retry_after_ms("soon", 0), -1);
  EXPECT_EQ(parse_retry_after_ms("99999999999999999999", 0), -1);
}

}  // namespace
}  // namespace petrel::k8s
