// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/credentials.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/concat.h"
#include "common/temp_directory.h"

namespace petrel::k8s {
namespace {

class CredentialsTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::ofstream(directory_.file(name)) << text;
  }
  TextSource in_file(const std::string& name) const { return {.file = directory_.file(name)}; }

  // A plugin whose nth run gives the token "n", good for so long.
  ExecPlugin counting_plugin(const std::string& expires) {
    return {.api_version = "client.authentication.k8s.io/v1",
            .command = "sh",
            .arguments = {"-c", concat("cd '", directory_.path(), R"(' && echo run >> runs
n=$(wc -l < runs)
echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",
       "status":{"token":"'$n'",)",
                                       expires, "}}'")}};
  }

  const TempDirectory directory_;
  ManualClock clock_;
};

TEST_F(CredentialsTest, ATokenFileIsReadAgainAfterItsAge) {
  write("token", "one\n");
  Credentials credentials({.token = in_file("token")}, clock_);
  EXPECT_EQ(credentials.current()->token, "one");
  write("token", "two");
  EXPECT_EQ(credentials.current()->token, "one");
  clock_.advance_ms(Credentials::kFileAgeMsMax);
  EXPECT_EQ(credentials.current()->token, "two");
}

TEST_F(CredentialsTest, ARefusedTokenIsReadAgainAtOnce) {
  write("token", "one");
  Credentials credentials({.token = in_file("token")}, clock_);
  const Credential refused = *credentials.current();
  write("token", "two");
  const auto renewed = credentials.renewed(refused);
  ASSERT_TRUE(renewed.ok());
  EXPECT_EQ(renewed->token, "two");
  EXPECT_EQ(credentials.current()->token, "two");
}

TEST_F(CredentialsTest, WhatAnotherThreadRenewedIsNotReadAgain) {
  write("token", "one");
  Credentials credentials({.token = in_file("token")}, clock_);
  const Credential refused = *credentials.current();
  write("token", "two");
  ASSERT_TRUE(credentials.renewed(refused).ok());
  write("token", "three");
  EXPECT_EQ(credentials.renewed(refused)->token, "two");
}

TEST_F(CredentialsTest, AuthorityAndCertificateAreReadAgainToo) {
  write("ca", "ca1");
  write("cert", "cert1");
  write("key", "key1");
  Credentials credentials({.certificate_authority = in_file("ca"),
                           .client_certificate = in_file("cert"),
                           .client_key = in_file("key")},
                          clock_);
  EXPECT_EQ(credentials.current()->authorities_pem, "ca1");
  write("ca", "ca2");
  write("cert", "cert2");
  write("key", "key2");
  clock_.advance_ms(Credentials::kFileAgeMsMax);
  EXPECT_EQ(*credentials.current(),
            (Credential{.authorities_pem = "ca2", .certificate_pem = "cert2", .key_pem = "key2"}));
}

TEST_F(CredentialsTest, AFileThatVanishesKeepsItsValue) {
  write("token", "one");
  Credentials credentials({.token = in_file("token")}, clock_);
  EXPECT_EQ(credentials.current()->token, "one");
  std::filesystem::remove(directory_.file("token"));
  clock_.advance_ms(Credentials::kFileAgeMsMax);
  EXPECT_EQ(credentials.current()->token, "one");
}

TEST_F(CredentialsTest, AFileThatNeverWasIsUnauthenticated) {
  Credentials credentials({.token = in_file("token")}, clock_);
  EXPECT_TRUE(absl::IsUnauthenticated(credentials.current().status()));
  write("token", "one");
  EXPECT_EQ(credentials.current()->token, "one");
}

TEST_F(CredentialsTest, APluginRunsAgainBeforeItsTokenExpires) {
  clock_.jump_wall_ms(1'767'323'045'000 - clock_.wall_ms() - 60'000);  // a minute before
  Credentials credentials(
      {.exec = counting_plugin(R"("expirationTimestamp":"2026-01-02T03:04:05Z")")}, clock_);
  EXPECT_EQ(credentials.current()->token, "1");
  EXPECT_EQ(credentials.current()->token, "1");
  clock_.advance_ms(60'000 - Credentials::kExpiryMarginMs);
  EXPECT_EQ(credentials.current()->token, "2");
}

TEST_F(CredentialsTest, APluginRunsAgainWhenItsTokenIsRefused) {
  Credentials credentials({.exec = counting_plugin(R"("other":0)")}, clock_);
  const Credential refused = *credentials.current();
  EXPECT_EQ(refused.token, "1");
  EXPECT_EQ(credentials.renewed(refused)->token, "2");
  EXPECT_EQ(credentials.renewed(refused)->token, "2");
}

TEST_F(CredentialsTest, APluginThatFailsIsUnauthenticated) {
  Credentials credentials({.exec = ExecPlugin{.command = "false"}}, clock_);
  EXPECT_TRUE(absl::IsUnauthenticated(credentials.current().status()));
}

}  // namespace
}  // namespace petrel::k8s
