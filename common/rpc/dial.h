// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

namespace grpc {
class Channel;
}  // namespace grpc

namespace petrel {

// How a broker dials a nameserver (host:port): TLS as tls_channel_credentials() says, a connection
// of the channel's own, found dead within 15 s.
//
// The file of authorities is read here, and a channel keeps what was read for good, however often
// it connects. So who cannot reach the server dials again: else a change of authorities would keep
// a process out until it is restarted. Connects when the channel is used; any thread.
std::shared_ptr<grpc::Channel> dial(const std::string& address, const std::string& ca_file);

}  // namespace petrel
