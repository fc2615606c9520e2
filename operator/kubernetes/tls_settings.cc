// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/tls_settings.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <utility>

#include "common/concat.h"
#include "common/status.h"

namespace petrel::k8s {
namespace {

struct BioFree {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Bio = std::unique_ptr<BIO, BioFree>;

Bio read_only_bio(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Nobody is there to type a password.
int no_password(char*, int, int, void*) { return 0; }

absl::Status openssl_error(std::string_view what) {
  char reason[256] = "unknown";
  const unsigned long code = ERR_peek_last_error();
  if (code != 0) {
    ERR_error_string_n(code, reason, sizeof(reason));
  }
  ERR_clear_error();
  return absl::InvalidArgumentError(concat(what, ": ", reason));
}

// All certificates of a text, of which there must be one at least.
absl::StatusOr<std::vector<X509*>> read_certificates(const std::string& pem,
                                                     std::string_view what) {
  ERR_clear_error();
  std::vector<X509*> certificates;
  const Bio bio = read_only_bio(pem);
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)) {
    certificates.push_back(certificate);
  }
  // The end of the text is an error of the last, failed read.
  if (certificates.empty() || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    for (X509* certificate : certificates) {
      X509_free(certificate);
    }
    return openssl_error(concat(what, " is not PEM"));
  }
  ERR_clear_error();
  return certificates;
}

bool is_ip_address(const std::string& name) {
  unsigned char address[16];
  return inet_pton(AF_INET, name.c_str(), address) == 1 ||
         inet_pton(AF_INET6, name.c_str(), address) == 1;
}

// Instead of OpenSSL's own verification: the same, with the reason of a refusal kept.
int verify(X509_STORE_CTX* store_context, void* argument) {
  const int verified = X509_verify_cert(store_context);
  if (verified <= 0) {
    const int error = X509_STORE_CTX_get_error(store_context);
    static_cast<TlsSettings::Outcome*>(argument)->verify_error =
        X509_verify_cert_error_string(error);
  }
  return verified;
}

// The HTTP library names the host that it connects to in the ClientHello. What belongs there is the
// name that the certificate shall have, and nothing when that is an address (RFC 6066).
void set_server_name(const SSL* ssl, int where, int) {
  if ((where & SSL_CB_HANDSHAKE_START) == 0) {
    return;
  }
  const SSL_CTX* const context = SSL_get_SSL_CTX(ssl);
  const auto* const outcome =
      static_cast<const TlsSettings::Outcome*>(SSL_CTX_get_app_data(context));
  const std::string& expected = outcome->settings->input().server_name;
  const char* const name = is_ip_address(expected) ? nullptr : expected.c_str();
  SSL_set_tlsext_host_name(const_cast<SSL*>(ssl), name);
}

}  // namespace

TlsSettings::TlsSettings(TlsInput input)
    : input_(std::move(input)), server_is_address_(is_ip_address(input_.server_name)) {}

TlsSettings::~TlsSettings() {
  X509_STORE_free(authorities_);
  for (X509* certificate : certificates_) {
    X509_free(certificate);
  }
  EVP_PKEY_free(key_);
}

absl::StatusOr<std::shared_ptr<const TlsSettings>> TlsSettings::make(TlsInput input) {
  std::shared_ptr<TlsSettings> settings(new TlsSettings(std::move(input)));
  PETREL_RETURN_IF_ERROR(settings->load());
  return std::shared_ptr<const TlsSettings>(std::move(settings));
}

absl::Status TlsSettings::load() {
  PETREL_RETURN_IF_ERROR(load_authorities());
  return load_certificate();
}

absl::Status TlsSettings::load_authorities() {
  authorities_ = X509_STORE_new();
  if (authorities_ == nullptr) {
    return openssl_error("X509_STORE_new");
  }
  if (input_.authorities_pem.empty()) {
    return X509_STORE_set_default_paths(authorities_) == 1
               ? absl::OkStatus()
               : openssl_error("the system's certificate authorities");
  }
  PETREL_ASSIGN_OR_RETURN(const std::vector<X509*> authorities,
                          read_certificates(input_.authorities_pem, "the certificate authority"));
  for (X509* authority : authorities) {
    X509_STORE_add_cert(authorities_, authority);  // takes a reference; fails only without memory
    X509_free(authority);
  }
  return absl::OkStatus();
}

absl::Status TlsSettings::load_certificate() {
  if (input_.certificate_pem.empty() && input_.key_pem.empty()) {
    return absl::OkStatus();
  }
  PETREL_ASSIGN_OR_RETURN(certificates_,
                          read_certificates(input_.certificate_pem, "the client certificate"));
  const Bio bio = read_only_bio(input_.key_pem);
  key_ = PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr);
  if (key_ == nullptr) {
    return openssl_error("the client key is not PEM without a password");
  }
  if (X509_check_private_key(certificates_.front(), key_) != 1) {
    return openssl_error("the client key is not the certificate's");
  }
  return absl::OkStatus();
}

absl::Status TlsSettings::configure(SSL_CTX* context, Outcome* outcome) const {
  outcome->settings = this;
  SSL_CTX_set_app_data(context, outcome);
  SSL_CTX_set_info_callback(context, set_server_name);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);

  SSL_CTX_set1_cert_store(context, authorities_);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, verify, outcome);
  X509_VERIFY_PARAM* const expected = SSL_CTX_get0_param(context);
  // A certificate that is named as trusted is, even when it is not its own authority.
  X509_VERIFY_PARAM_set_flags(expected, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int named = server_is_address_
                        ? X509_VERIFY_PARAM_set1_ip_asc(expected, input_.server_name.c_str())
                        : X509_VERIFY_PARAM_set1_host(expected, input_.server_name.c_str(), 0);
  if (named != 1) {
    return openssl_error(concat("server name ", input_.server_name));
  }

  if (key_ == nullptr) {
    return absl::OkStatus();
  }
  if (SSL_CTX_use_certificate(context, certificates_.front()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key_) != 1) {
    return openssl_error("the client certificate");
  }
  for (size_t i = 1; i < certificates_.size(); ++i) {
    SSL_CTX_add1_chain_cert(context, certificates_[i]);
  }
  return absl::OkStatus();
}

}  // namespace petrel::k8s
