// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <memory>

#include "common/concat.h"
#include "common/file_util.h"
#include "common/temp_directory.h"
#include "common/tls_config.h"

namespace petrel {
namespace {

using testing::HasSubstr;

class Tls : public testing::Test {
 protected:
  const SystemClock clock_{};
  TempDirectory directory_;
};

std::shared_ptr<X509> parse(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  std::shared_ptr<X509> certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr), X509_free);
  BIO_free_all(bio);
  return certificate;
}

TEST_F(Tls, SelfSignedCertificateIsGoodForThisMachineForTenYears) {
  const auto identity = make_self_signed_identity({"broker.example", "10.1.2.3"}, clock_);
  ASSERT_TRUE(identity.ok()) << identity.status();
  const auto certificate = parse(identity->certificate_pem);
  ASSERT_NE(certificate, nullptr);
  for (const char* host : {"localhost", "broker.example"}) {
    EXPECT_EQ(X509_check_host(certificate.get(), host, 0, 0, nullptr), 1) << host;
  }
  for (const char* address : {"127.0.0.1", "::1", "10.1.2.3"}) {
    EXPECT_EQ(X509_check_ip_asc(certificate.get(), address, 0), 1) << address;
  }
  EXPECT_NE(X509_check_host(certificate.get(), "elsewhere.example", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_verify(certificate.get(), X509_get0_pubkey(certificate.get())), 1);
  time_t in_nine_years = static_cast<time_t>(clock_.wall_ms() / 1000 + 9LL * 365 * 86'400);
  EXPECT_LT(X509_cmp_current_time(X509_get0_notBefore(certificate.get())), 0);
  EXPECT_GT(X509_cmp_time(X509_get0_notAfter(certificate.get()), &in_nine_years), 0);
}

TEST_F(Tls, SelfSignedCertificateMayBeTrustedBesideOthersOfItsName) {
  const auto identity = make_self_signed_identity({}, clock_);
  ASSERT_TRUE(identity.ok()) << identity.status();
  const auto certificate = parse(identity->certificate_pem);
  EXPECT_EQ(X509_get_key_usage(certificate.get()), UINT32_MAX) << "any";
  ASSERT_NE(X509_get0_authority_key_id(certificate.get()), nullptr);
  EXPECT_EQ(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(certificate.get()),
                                  X509_get0_subject_key_id(certificate.get())),
            0);
}

TEST_F(Tls, NamesThatCouldForgeExtensionsAreRefused) {
  EXPECT_EQ(make_self_signed_identity({"a,DNS:evil"}, clock_).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(make_self_signed_identity({""}, clock_).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(Tls, IdentityIsMadeOnceAndKeptPrivate) {
  const std::string directory = directory_.file("tls");
  const auto first = load_or_make_self_signed_identity(directory, {}, clock_);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = load_or_make_self_signed_identity(directory, {}, clock_);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(first->certificate_pem, second->certificate_pem);
  EXPECT_EQ(first->private_key_pem, second->private_key_pem);
  for (const char* name : {"/tls-key.pem", "/tls-certificate.pem"}) {
    struct stat info {};
    ASSERT_EQ(stat((directory + name).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600U);
  }
}

TEST_F(Tls, CrashBetweenTheTwoFilesIsRepaired) {
  const std::string directory = directory_.file("tls");
  const auto first = load_or_make_self_signed_identity(directory, {}, clock_);
  ASSERT_TRUE(first.ok());
  ASSERT_EQ(std::remove((directory + "/tls-certificate.pem").c_str()), 0);
  const auto second = load_or_make_self_signed_identity(directory, {}, clock_);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NE(first->private_key_pem, second->private_key_pem);
  EXPECT_TRUE(load_or_make_self_signed_identity(directory, {}, clock_).ok());
}

TEST_F(Tls, FilesThatDoNotFitTogetherAreRefusedByName) {
  const auto one = make_self_signed_identity({}, clock_);
  const auto two = make_self_signed_identity({}, clock_);
  const std::string certificate = directory_.file("c.pem");
  const std::string key = directory_.file("k.pem");
  ASSERT_TRUE(write_file_atomic(certificate, one->certificate_pem, 0600).ok());
  ASSERT_TRUE(write_file_atomic(key, two->private_key_pem, 0600).ok());
  const absl::Status status = load_tls_identity(certificate, key).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), concat(certificate, " and ", key,
                                     ": the private key does not belong to the certificate"));
  EXPECT_THAT(std::string(load_tls_identity(key, key).status().message()),
              HasSubstr("certificate is not in PEM form"));
  EXPECT_THAT(std::string(load_tls_identity(certificate, certificate).status().message()),
              HasSubstr("private key is not in PEM form"));
  EXPECT_EQ(load_tls_identity(certificate, "/no/key").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(Tls, ConfigurationTakesBothFilesOrADirectoryOrNeither) {
  TlsConfig config;
  ConfigSchema schema;
  config.declare(schema);
  EXPECT_NE(config.identity({}, clock_)->certificate_pem,
            config.identity({}, clock_)->certificate_pem);
  config.directory = directory_.file("tls");
  EXPECT_EQ(config.identity({}, clock_)->certificate_pem,
            config.identity({}, clock_)->certificate_pem);
  config.certificate_file = directory_.file("tls/tls-certificate.pem");
  EXPECT_EQ(schema.run_checks().code(), absl::StatusCode::kInvalidArgument);
  config.key_file = directory_.file("tls/tls-key.pem");
  EXPECT_TRUE(schema.run_checks().ok());
  EXPECT_TRUE(config.identity({}, clock_).ok());
}

}  // namespace
}  // namespace petrel
