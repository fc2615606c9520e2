// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "broker/grpc/front_end.h"

namespace petrel::grpcfront {

// A telemetry stream over the gRPC library; the result is for the library.
grpc::ServerBidiReactor<rmq::TelemetryCommand, rmq::TelemetryCommand>* start_telemetry(
    FrontEnd& front, grpc::CallbackServerContext* context);

}  // namespace petrel::grpcfront
