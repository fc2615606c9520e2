// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/rpc/channel_credentials.h"

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "common/file_util.h"

namespace petrel {
namespace {

constexpr int64_t kCaBytesMax = 1 << 20;

}  // namespace

absl::StatusOr<std::string> read_authorities(const std::string& ca_file) {
  return read_file(ca_file, kCaBytesMax);
}

std::shared_ptr<grpc::ChannelCredentials> tls_channel_credentials(const std::string& ca_file) {
  if (!ca_file.empty()) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = read_authorities(ca_file).value_or("none");
    return grpc::SslCredentials(options);
  }
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_verify_server_certs(false);
  options.set_check_call_host(false);
  options.set_certificate_verifier(std::make_shared<grpc::experimental::NoOpCertificateVerifier>());
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace petrel
