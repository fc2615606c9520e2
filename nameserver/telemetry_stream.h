// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/server_callback.h>

#include <string>

#include "apache/rocketmq/v2/service.pb.h"

namespace petrel::nameserver {

// Begins a client's telemetry stream: settings are answered with the server's values merged in,
// other commands need no answer, and the stream ends when the client is done with it. Settings with
// an illegal name, or of a client without id, get their status and end the stream. `name_space`
// belongs to names without one. The stream deletes itself.
grpc::ServerBidiReactor<apache::rocketmq::v2::TelemetryCommand,
                        apache::rocketmq::v2::TelemetryCommand>*
start_telemetry_stream(bool has_client_id, const std::string& name_space);

}  // namespace petrel::nameserver
