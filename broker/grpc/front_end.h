// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "broker/core/core_port.h"
#include "broker/core/registry.h"
#include "broker/grpc/call.h"
#include "broker/grpc/client_registry.h"
#include "broker/grpc/front_metrics.h"
#include "broker/grpc/route_source.h"
#include "broker/grpc/status_map.h"
#include "common/clock.h"
#include "common/executor.h"
#include "proto/settings.h"
#include "store/log/commit_log.h"

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
  ClientRegistry& clients;
  RouteSource& routes;
  // May block: only on `readers`.
  std::function<absl::StatusOr<store::LogSlice>(store::LogOffset, int32_t)> read_record;
  Executor& readers;
  FrontMetrics& metrics;
};

// Hands a request to the core; when the core has no room it is completed here, with kOverloaded.
void post(core::CorePort& core, std::unique_ptr<core::Request> request);

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
