// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"

// The certificate that a server shows. Blocking calls for the start of a process.

namespace petrel {

// A certificate (chain) and its private key, both as PEM.
struct TlsIdentity {
  std::string certificate_pem;
  std::string private_key_pem;
};

// Reads both files. InvalidArgument when one is not PEM, or when the key is not the certificate's.
absl::StatusOr<TlsIdentity> load_tls_identity(const std::string& certificate_file,
                                              const std::string& key_file);

// A fresh ECDSA P-256 key and a certificate of ten years for localhost, 127.0.0.1, ::1, this
// machine's name and further_names (host names or IP addresses). It vouches for itself, so clients
// must be given it or not check.
absl::StatusOr<TlsIdentity> make_self_signed_identity(const std::vector<std::string>& further_names,
                                                      const Clock& clock);

// The identity kept in the directory (tls-certificate.pem, tls-key.pem, mode 0600). When there is
// none, makes one and keeps it, so that clients which pinned the certificate still trust it after a
// restart.
absl::StatusOr<TlsIdentity> load_or_make_self_signed_identity(
    const std::string& directory, const std::vector<std::string>& further_names,
    const Clock& clock);

}  // namespace petrel
