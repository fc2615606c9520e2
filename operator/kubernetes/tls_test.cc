// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <openssl/pem.h>

#include <fstream>
#include <thread>

#include "common/concat.h"
#include "common/temp_directory.h"
#include "operator/kubernetes/credentials.h"
#include "operator/kubernetes/testing/raw_server.h"
#include "operator/kubernetes/tls_settings.h"
#include "operator/kubernetes/transport.h"

namespace petrel::k8s {
namespace {

using ::testing::HasSubstr;

TlsIdentity identity_for(const std::vector<std::string>& names) {
  return *make_self_signed_identity(names, SystemClock());
}

// An HTTPS server on 127.0.0.1 that shows one certificate and takes every client's.
class TlsServer {
 public:
  explicit TlsServer(const TlsIdentity& identity, bool wants_certificate = false)
      : server_([&](SSL_CTX& context) {
          BIO* certificate = BIO_new_mem_buf(identity.certificate_pem.data(), -1);
          BIO* key = BIO_new_mem_buf(identity.private_key_pem.data(), -1);
          X509* x509 = PEM_read_bio_X509(certificate, nullptr, nullptr, nullptr);
          EVP_PKEY* private_key = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
          SSL_CTX_use_certificate(&context, x509);
          SSL_CTX_use_PrivateKey(&context, private_key);
          X509_free(x509);
          EVP_PKEY_free(private_key);
          BIO_free_all(certificate);
          BIO_free_all(key);
          if (wants_certificate) {
            SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                               [](int, X509_STORE_CTX*) { return 1; });
          }
          return true;
        }) {
    server_.Get("/large", [](const httplib::Request&, httplib::Response& answer) {
      answer.set_content(std::string(4 << 20, 'x'), "application/json");
    });
    server_.Get(".*", [this](const httplib::Request& request, httplib::Response& answer) {
      ++requests;
      const char* name = SSL_get_servername(request.ssl, TLSEXT_NAMETYPE_host_name);
      X509* client = SSL_get1_peer_certificate(request.ssl);
      answer.set_content(concat("server name ", name == nullptr ? "none" : name,
                                client == nullptr ? "" : ", with a certificate"),
                         "text/plain");
      X509_free(client);
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ~TlsServer() {
    server_.stop();
    thread_.join();
  }

  std::string url(const std::string& host) const { return concat("https://", host, ":", port_); }

  std::atomic<int> requests{0};

 private:
  httplib::SSLServer server_;
  int port_ = 0;
  std::thread thread_;
};

class TlsTest : public ::testing::Test {
 protected:
  absl::StatusOr<Response> get(const ClientConfig& config, HttpTransportOptions options = {},
                               const std::string& path = "/x") {
    auto transport = make_http_transport(config, options, clock_);
    if (!transport.ok()) {
      return transport.status();
    }
    return (*transport)->send({.method = "GET", .path = path, .deadline_ms = 5000});
  }

  ManualClock clock_;
};

TEST_F(TlsTest, TheNamedAuthorityIsTrustedForNamesAndAddresses) {
  const TlsIdentity identity = identity_for({});
  const TlsServer server(identity);
  const auto by_address = get({.server = server.url("127.0.0.1"),
                               .certificate_authority = {.text = identity.certificate_pem}});
  ASSERT_TRUE(by_address.ok()) << by_address.status();
  EXPECT_EQ(by_address->body, "server name none");
  const auto by_name = get({.server = server.url("localhost"),
                            .certificate_authority = {.text = identity.certificate_pem}});
  ASSERT_TRUE(by_name.ok()) << by_name.status();
  EXPECT_EQ(by_name->body, "server name localhost");
}

TEST_F(TlsTest, AnotherAuthorityIsNotTrusted) {
  const TlsServer server(identity_for({}));
  const auto result = get({.server = server.url("localhost"),
                           .certificate_authority = {.text = identity_for({}).certificate_pem}});
  EXPECT_TRUE(absl::IsFailedPrecondition(result.status())) << result.status();
  EXPECT_THAT(result.status().message(), HasSubstr("self-signed"));
  EXPECT_EQ(server.requests, 0);
}

TEST_F(TlsTest, WithoutAnAuthorityTheSystemsAreAsked) {
  const TlsServer server(identity_for({}));
  EXPECT_TRUE(absl::IsFailedPrecondition(get({.server = server.url("localhost")}).status()));
  EXPECT_EQ(server.requests, 0);
}

TEST_F(TlsTest, TheCertificateMustBeForTheExpectedName) {
  const TlsIdentity identity = identity_for({"kubernetes.default"});
  const TlsServer server(identity);
  ClientConfig config{.server = server.url("127.0.0.1"),
                      .tls_server_name = "kubernetes.default",
                      .certificate_authority = {.text = identity.certificate_pem}};
  const auto as_expected = get(config);
  ASSERT_TRUE(as_expected.ok()) << as_expected.status();
  EXPECT_EQ(as_expected->body, "server name kubernetes.default");

  config.tls_server_name = "other.default";
  const auto other_name = get(config);
  EXPECT_TRUE(absl::IsFailedPrecondition(other_name.status()));
  EXPECT_THAT(other_name.status().message(), HasSubstr("as other.default: hostname mismatch"));

  config.tls_server_name = "10.1.2.3";
  const auto other_address = get(config);
  EXPECT_TRUE(absl::IsFailedPrecondition(other_address.status()));
  EXPECT_THAT(other_address.status().message(), HasSubstr("IP address mismatch"));
}

TEST_F(TlsTest, TheClientsCertificateIsShown) {
  const TlsIdentity identity = identity_for({});
  const TlsIdentity client = identity_for({"client"});
  const TlsServer server(identity, /*wants_certificate=*/true);
  ClientConfig config{.server = server.url("127.0.0.1"),
                      .certificate_authority = {.text = identity.certificate_pem}};
  EXPECT_FALSE(get(config).ok());
  config.client_certificate.text = client.certificate_pem;
  config.client_key.text = client.private_key_pem;
  const auto response = get(config);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_THAT(response->body, HasSubstr("with a certificate"));
}

TEST_F(TlsTest, ANewAuthorityInTheFileIsTrustedWithoutARestart) {
  const TempDirectory directory;
  const TlsIdentity identity = identity_for({});
  const TlsServer server(identity);
  std::ofstream(directory.file("ca")) << identity_for({}).certificate_pem;
  auto transport = make_http_transport(
      {.server = server.url("127.0.0.1"), .certificate_authority = {.file = directory.file("ca")}},
      {}, clock_);
  ASSERT_TRUE(transport.ok());
  const Request request{.method = "GET", .path = "/x"};
  EXPECT_TRUE(absl::IsFailedPrecondition((*transport)->send(request).status()));
  std::ofstream(directory.file("ca")) << identity.certificate_pem;
  clock_.advance_ms(Credentials::kFileAgeMsMax);
  EXPECT_TRUE((*transport)->send(request).ok());
}

TEST_F(TlsTest, ConnectionsAreKeptOverTls) {
  const TlsIdentity identity = identity_for({});
  const TlsServer server(identity);
  auto transport =
      make_http_transport({.server = server.url("127.0.0.1"),
                           .certificate_authority = {.text = identity.certificate_pem}},
                          {}, clock_);
  ASSERT_TRUE(transport.ok());
  // The library's server closes after five requests: the sixth opens another connection.
  for (int i = 0; i < 12; ++i) {
    const auto response = (*transport)->send({.method = "GET", .path = "/x"});
    EXPECT_TRUE(response.ok()) << response.status();
  }
  EXPECT_EQ(server.requests, 12);
}

TEST_F(TlsTest, CompressedAnswersAreInflatedWithinTheLimit) {
  const TlsIdentity identity = identity_for({});
  const TlsServer server(identity);
  const ClientConfig config{.server = server.url("127.0.0.1"),
                            .certificate_authority = {.text = identity.certificate_pem}};
  const auto response = get(config, {}, "/large");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body.size(), 4U << 20);
  EXPECT_TRUE(
      absl::IsResourceExhausted(get(config, {.body_bytes_max = 1 << 20}, "/large").status()));
}

TEST_F(TlsTest, AServerThatIsSilentInTheHandshakeEndsAtTheDeadline) {
  const testing::RawServer server([](testing::RawServer::Peer& peer, int) { peer.wait_for_end(); });
  auto transport =
      make_http_transport({.server = concat("https://127.0.0.1:", server.port())}, {}, clock_);
  ASSERT_TRUE(transport.ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      (*transport)->send({.method = "GET", .path = "/x", .deadline_ms = 30}).status()));
}

TEST_F(TlsTest, AServerWithoutTlsIsUnavailable) {
  const testing::RawServer server([](testing::RawServer::Peer& peer, int) {
    peer.write(testing::http_answer(400, "speak HTTP"));
    peer.wait_for_end();
  });
  EXPECT_TRUE(
      absl::IsUnavailable(get({.server = concat("https://127.0.0.1:", server.port())}).status()));
}

TEST_F(TlsTest, PemThatIsNoneIsNamed) {
  const TlsIdentity one = identity_for({});
  const TlsIdentity other = identity_for({});
  const auto error = [](TlsInput input) {
    input.server_name = std::string("server");
    return std::string(TlsSettings::make(std::move(input)).status().message());
  };
  EXPECT_THAT(error({.authorities_pem = "x"}), HasSubstr("certificate authority is not PEM"));
  EXPECT_THAT(error({.certificate_pem = "x", .key_pem = "x"}),
              HasSubstr("client certificate is not PEM"));
  EXPECT_THAT(error({.certificate_pem = one.certificate_pem, .key_pem = "x"}),
              HasSubstr("client key is not PEM"));
  EXPECT_THAT(error({.certificate_pem = one.certificate_pem, .key_pem = other.private_key_pem}),
              HasSubstr("not the certificate's"));
  EXPECT_THAT(
      error({.authorities_pem = one.certificate_pem.substr(0, one.certificate_pem.size() / 2)}),
      HasSubstr("certificate authority is not PEM"));
  EXPECT_TRUE(TlsSettings::make({.server_name = "x",
                                 .authorities_pem = one.certificate_pem + other.certificate_pem})
                  .ok());
}

TEST_F(TlsTest, ProxiesOverTlsAndBadUrlsAreRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(
      make_http_transport({.server = "https://h", .proxy_url = "https://p"}, {}, clock_).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      make_http_transport({.server = "https://h", .proxy_url = "socks5://p"}, {}, clock_)
          .status()));
  EXPECT_TRUE(absl::IsInvalidArgument(make_http_transport({.server = "h"}, {}, clock_).status()));
}

}  // namespace
}  // namespace petrel::k8s
