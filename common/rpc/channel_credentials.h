// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace grpc {
class ChannelCredentials;
}  // namespace grpc

namespace petrel {

// What a file of authorities has, which is 1 MiB at most. Whether it is PEM shows when it is used.
absl::StatusOr<std::string> read_authorities(const std::string& ca_file);

// TLS, with which our programs dial our servers: those take it whatever their grpc.tls-mode is, so
// that who dials need not know the mode, nor in which order members change theirs.
//
// ca_file (PEM): the server's certificate must come from an authority in it and name the host that
// is dialled. A file that cannot be read leaves none to trust, and so fails each call. Empty: any
// certificate is taken, as the one that a server makes for itself comes from no authority; what is
// sent is hidden from those who listen then, not from one who answers in the server's place.
//
// Reads the file. Any thread.
std::shared_ptr<grpc::ChannelCredentials> tls_channel_credentials(const std::string& ca_file);

}  // namespace petrel
