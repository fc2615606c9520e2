// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

namespace petrel {

// Sends what the gRPC library logs to our log, as logger "grpc" and at most a line a second: the
// library writes one for every client that is no client, and a port scan must not fill the disk.
// For the whole process; further calls do nothing. RpcServer::prepare() calls it, programs that are
// only clients may.
void route_grpc_log();

// What the library logs goes nowhere. For programs that are only clients.
void silence_grpc_log();

}  // namespace petrel
