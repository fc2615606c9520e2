// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/tls_config.h"

namespace petrel {

void TlsConfig::declare(ConfigSchema& schema) {
  schema.section("tls", "The certificate of the gRPC port");
  schema.add(
      "tls.certificate-file", &certificate_file,
      {.help = "PEM file with the certificate and its chain; empty: one that this server makes"});
  schema.add("tls.key-file", &key_file, {.help = "PEM file with the certificate's key"});
  schema.add("tls.directory", &directory,
             {.help = "Directory that keeps the certificate which this server makes; empty: a new "
                      "one at each start"});
  schema.add_check([this] {
    return certificate_file.empty() == key_file.empty()
               ? absl::OkStatus()
               : absl::InvalidArgumentError(
                     "tls.certificate-file and tls.key-file are given together or not at all");
  });
}

absl::StatusOr<TlsIdentity> TlsConfig::identity(const std::vector<std::string>& further_names,
                                                const Clock& clock) const {
  if (!certificate_file.empty()) {
    return load_tls_identity(certificate_file, key_file);
  }
  if (!directory.empty()) {
    return load_or_make_self_signed_identity(directory, further_names, clock);
  }
  return make_self_signed_identity(further_names, clock);
}

}  // namespace petrel
