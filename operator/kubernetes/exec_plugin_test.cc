// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/exec_plugin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/concat.h"

namespace petrel::k8s {
namespace {

using ::testing::HasSubstr;

constexpr char kV1[] = "client.authentication.k8s.io/v1";

ExecPlugin shell(const std::string& script) {
  return {.api_version = kV1, .command = "sh", .arguments = {"-c", script}};
}

std::string credential_text(const std::string& status) {
  return concat(R"({"kind":"ExecCredential","apiVersion":")", kV1, R"(","status":)", status, "}");
}

std::string error_of(const ExecPlugin& plugin, const ExecLimits& limits = {}) {
  const auto result = run_exec_plugin(plugin, limits);
  EXPECT_TRUE(absl::IsUnauthenticated(result.status())) << result.status();
  return std::string(result.status().message());
}

TEST(ExecPluginTest, TheTokenIsWhatThePluginPrints) {
  const auto credential =
      run_exec_plugin(shell(concat("echo '", credential_text(R"({"token":"t"})"), "'")));
  ASSERT_TRUE(credential.ok()) << credential.status();
  EXPECT_EQ(credential->token, "t");
  EXPECT_EQ(credential->expires_wall_ms, INT64_MAX);
}

TEST(ExecPluginTest, ThePluginHasItsEnvironmentAndNoInput) {
  ExecPlugin plugin = shell(R"(
cat
printf '{"kind":"ExecCredential","apiVersion":"%s","status":{"token":"%s-%s"}}' \
  client.authentication.k8s.io/v1 "$REGION" "$KUBERNETES_EXEC_INFO")");
  plugin.environment = {{"REGION", "north"}, {"PATH", "/usr/bin:/bin"}};
  plugin.exec_info = "info";
  const auto credential = run_exec_plugin(plugin);
  ASSERT_TRUE(credential.ok()) << credential.status();
  EXPECT_EQ(credential->token, "north-info");
}

TEST(ExecPluginTest, AFailureShowsWhatThePluginSaid) {
  ExecPlugin plugin = shell("echo please log in >&2; exit 3");
  plugin.install_hint = "apt install it";
  const std::string message = error_of(plugin);
  EXPECT_THAT(message, HasSubstr("please log in"));
  EXPECT_THAT(message, HasSubstr("apt install it"));
}

TEST(ExecPluginTest, AMissingPluginIsNamed) {
  EXPECT_THAT(error_of({.api_version = kV1, .command = "no-such-plugin-here"}),
              HasSubstr("no-such-plugin-here does not start"));
}

TEST(ExecPluginTest, AHangingPluginIsKilled) {
  EXPECT_THAT(error_of(shell("exec sleep 1000"), {.deadline_ms = 20}), HasSubstr("took too long"));
}

TEST(ExecPluginTest, EndlessOutputIsCut) {
  EXPECT_THAT(error_of(shell("exec yes"), {.output_bytes_max = 10'000}),
              HasSubstr("printed too much"));
}

TEST(ExecPluginTest, ACertificateWithItsKeyIsACredential) {
  const auto credential =
      parse_exec_credential(credential_text(R"({"clientCertificateData":"C","clientKeyData":"K",
                          "expirationTimestamp":"2026-01-02T03:04:05Z"})"),
                            kV1);
  ASSERT_TRUE(credential.ok()) << credential.status();
  EXPECT_EQ(credential->certificate_pem, "C");
  EXPECT_EQ(credential->key_pem, "K");
  EXPECT_EQ(credential->expires_wall_ms, 1'767'323'045'000);
}

TEST(ExecPluginTest, WhatIsNoCredentialIsRefused) {
  const auto refused = [](const std::string& text) {
    return !parse_exec_credential(text, kV1).ok();
  };
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("[]"));
  EXPECT_TRUE(refused("{}"));
  EXPECT_TRUE(refused(credential_text("{}")));
  EXPECT_TRUE(refused(credential_text("null")));
  EXPECT_TRUE(refused(credential_text(R"({"token":5})")));
  EXPECT_TRUE(refused(credential_text(R"({"clientCertificateData":"C"})")));
  EXPECT_TRUE(refused(credential_text(R"({"token":"t","expirationTimestamp":"soon"})")));
  EXPECT_TRUE(refused(
      R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1",
          "status":{"token":"t"}})"));
}

}  // namespace
}  // namespace petrel::k8s
