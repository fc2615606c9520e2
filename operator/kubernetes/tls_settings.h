// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ossl_typ.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace petrel::k8s {

struct TlsInput {
  // The server's: a DNS name or an IP address. Its certificate must be for it.
  std::string server_name;
  // Who may have signed it, as PEM; the system's authorities when empty.
  std::string authorities_pem;
  // Ours, with its chain; both or none.
  std::string certificate_pem;
  std::string key_pem;
};

// How to speak TLS to one server: TLS 1.2 and later, the server always verified. Made from PEM in
// memory; immutable, any thread.
class TlsSettings {
 public:
  static absl::StatusOr<std::shared_ptr<const TlsSettings>> make(TlsInput input);
  ~TlsSettings();
  TlsSettings(const TlsSettings&) = delete;
  TlsSettings& operator=(const TlsSettings&) = delete;

  const TlsInput& input() const { return input_; }

  // What went wrong in a handshake, for its error's text. Outlives the context.
  struct Outcome {
    const TlsSettings* settings = nullptr;
    std::string verify_error;  // empty when the certificate was fine or not seen
  };
  // Makes a fresh client context do as these settings say.
  absl::Status configure(SSL_CTX* context, Outcome* outcome) const;

 private:
  explicit TlsSettings(TlsInput input);
  absl::Status load();
  absl::Status load_authorities();
  absl::Status load_certificate();

  const TlsInput input_;
  bool server_is_address_ = false;
  X509_STORE* authorities_ = nullptr;
  std::vector<X509*> certificates_;  // ours first, then its chain
  EVP_PKEY* key_ = nullptr;
};

}  // namespace petrel::k8s
