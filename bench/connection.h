// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "apache/rocketmq/v2/definition.pb.h"

namespace petrel::bench {

// A channel with a connection of its own. With tls any certificate is accepted: the generator runs
// beside the server, which mostly signed its certificate itself.
std::shared_ptr<grpc::Channel> make_channel(const std::string& address, bool tls);

// host@pid@index@time, as official clients name themselves; another one at each call.
std::string make_client_id();

// The metadata that every call needs.
void add_client_metadata(grpc::ClientContext& context, const std::string& client_id);

// The protocol's form of host:port or [v6]:port; InvalidArgument when it is neither.
absl::StatusOr<apache::rocketmq::v2::Endpoints> parse_endpoint(const std::string& text);

}  // namespace petrel::bench
