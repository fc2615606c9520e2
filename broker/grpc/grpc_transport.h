// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "broker/grpc/front_end.h"

namespace petrel::grpcfront {

// The MessagingService over the gRPC library's callback API: one transport for the handlers. The
// service is registered with a server; `front` outlives that server.
std::unique_ptr<grpc::Service> make_messaging_service(FrontEnd& front);

}  // namespace petrel::grpcfront
