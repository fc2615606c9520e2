// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "common/clock.h"
#include "nameserver/nameserver_metrics.h"
#include "nameserver/registry.h"

namespace grpc {
class Service;
}

// The gRPC services of a nameserver, all for one port. They keep references to what they are given
// and end with their server.

namespace petrel::nameserver {

// petrel.nameserver.v1.Registration: a stream per broker, which is evicted as soon as the stream
// ends.
std::unique_ptr<grpc::Service> make_registration_service(Registry& registry);

// petrel.nameserver.v1.NameserverAdmin.
std::unique_ptr<grpc::Service> make_admin_service(const Registry& registry);

// apache.rocketmq.v2.MessagingService, as far as a client's access point needs it: routes,
// assignments, and the settings handshake. Heartbeats are accepted and mean nothing here; whatever
// concerns messages answers NOT_IMPLEMENTED.
std::unique_ptr<grpc::Service> make_messaging_service(const Registry& registry, const Clock& clock,
                                                      NameserverMetrics& metrics);

}  // namespace petrel::nameserver
