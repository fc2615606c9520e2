// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/server_context.h>

#include "broker/grpc/call.h"

namespace petrel::grpcfront {

// The gRPC library's view of a call as ours. Views in the result live as long as `context`.
CallContext read_context(const grpc::CallbackServerContext& context);

// Zeros for a peer that is none of IP.
store::HostAddress read_peer(const grpc::CallbackServerContext& context);

}  // namespace petrel::grpcfront
