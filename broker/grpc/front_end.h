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
#include "broker/frontend/silence_timers.h"
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
  store::HostAddress store_host;       // written into records
  ServerSettings settings;             // told to clients; body_size_bytes_max is enforced here too
  int64_t stalled_answer_ms = 15'000;  // a message of an answer is taken by then, or the call ends
  int64_t settings_ms = 10'000;        // a telemetry stream says by then who its client is ...
  size_t undescribed_streams_max = 4'096;  // ... and so many have not yet
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
  frontend::SilenceTimers& answers_under_way;
  frontend::SilenceTimers& undescribed_streams;
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
