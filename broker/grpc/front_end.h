// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "broker/core/core_port.h"
#include "broker/core/registry.h"
#include "broker/frontend/access.h"
#include "broker/frontend/client_registry.h"
#include "broker/frontend/delivery_loader.h"
#include "broker/grpc/call.h"
#include "broker/grpc/front_metrics.h"
#include "broker/grpc/route_source.h"
#include "broker/grpc/status_map.h"
#include "common/clock.h"
#include "proto/settings.h"
#include "store/log/record.h"

namespace petrel::grpcfront {

struct FrontEndOptions {
  std::string broker_name;
  store::HostAddress store_host;  // written into records
  ServerSettings settings;        // told to clients; body_size_bytes_max is enforced here too
};

// What the handlers work with. All of it outlives every call; handlers run on any thread.
struct FrontEnd {
  FrontEndOptions options;
  const Clock& clock;
  core::CorePort& core;
  const core::Registry& registry;
  frontend::ClientRegistry& clients;
  const frontend::Access& access;
  RouteSource& routes;
  frontend::DeliveryLoader& deliveries;
  FrontMetrics& metrics;
};

// Hands the request of a call to the core, in the name of its caller. It may be completed, and the
// call be gone, when this returns.
void post(FrontEnd& front, const Call& call, std::unique_ptr<core::Request> request);

// What every call needs to say.
Verdict check_context(const CallContext& context);

// The name with its namespace: the resource's own, or else that of the call.
std::string full_name(const CallContext& context, const rmq::Resource& resource);

// Ends the call with a status and nothing else.
template <typename UnaryCallT>
void answer(UnaryCallT& call, const Verdict& verdict) {
  set_status(verdict, call.response().mutable_status());
  call.finish();
}

}  // namespace petrel::grpcfront
