// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/brokers/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "common/concat.h"
#include "common/rpc/channel_credentials.h"

namespace petrel::ops {

namespace {

// Of the library's words for a connection that could not be used, those for one that was there and
// went away: nothing else tells a plaintext client that a server takes TLS only, nor any client
// that a server has as many connections as it may.
bool was_closed_at_once(const std::string& message) {
  const auto says = [&](const char* words) { return message.find(words) != std::string::npos; };
  return says("failed to connect") && (says("Socket closed") || says("Connection reset by peer"));
}

}  // namespace

std::shared_ptr<grpc::Channel> make_channel(const Connection& connection) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  // A new channel asks for the address anew, and waits for no other's tries.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // A server that starts anew may have another address.
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, connection.silence_ms_max / 3 * 2);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, connection.silence_ms_max / 3);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // Not even for a name that the environment's proxy would take.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(connection.address,
                                   connection.tls ? tls_channel_credentials(connection.ca_file)
                                                  : grpc::InsecureChannelCredentials(),
                                   arguments);
}

absl::Status from_grpc(const grpc::Status& status, const Connection& connection) {
  const std::string& address = connection.address;
  if (status.ok()) {
    return absl::OkStatus();
  }
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  if (code == absl::StatusCode::kUnavailable && was_closed_at_once(status.error_message())) {
    return absl::UnavailableError(
        concat("cannot talk to ", address, ": it closed the connection at once; ",
               connection.tls ? "" : "does it take TLS only? Or ",
               "does it have as many connections as its grpc.connections-max permits? (",
               status.error_message(), ")"));
  }
  if (code == absl::StatusCode::kUnavailable) {
    return absl::UnavailableError(concat("cannot reach ", address,
                                         "; is the server running and the address right? (",
                                         status.error_message(), ")"));
  }
  if (code == absl::StatusCode::kDeadlineExceeded) {
    return absl::DeadlineExceededError(concat(address, " did not answer in time"));
  }
  return absl::Status(code, concat(address, ": ", status.error_message()));
}

bool is_unreached(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

}  // namespace petrel::ops
