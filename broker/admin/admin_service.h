// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/impl/service_type.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "broker/admin/config_watchers.h"
#include "broker/core/registry.h"
#include "broker/engine/engine_host.h"
#include "broker/frontend/access.h"
#include "broker/frontend/client_registry.h"
#include "common/executor.h"

namespace petrel::broker {

// What DescribeBroker tells.
struct BrokerDescription {
  std::string cluster;
  std::string broker_name;
  int32_t broker_id = 0;
  std::string version;
  std::string grpc_address;
  std::string flush_mode;
  int64_t log_retention_ms = 0;
  int64_t started_ms = 0;
};

// What the administration service works with; all of it outlives the server.
struct AdminParts {
  BrokerDescription description;
  const frontend::Access& access;
  engine::EngineSlot& engine;
  Executor& readers;  // run queries, which read files; not those that consumers wait for
  std::function<void(engine::Engine::How how, engine::EngineHost::Done done)> restart_engine;
  const core::Registry& registry;
  ConfigWatchers& watchers;
  const frontend::ClientRegistry& clients;
};

// petrel.admin.v1.BrokerAdmin over core requests; errors are gRPC statuses, PERMISSION_DENIED for
// callers who may not. What the store would
// have to tell is UNAVAILABLE while no engine serves.
std::unique_ptr<grpc::Service> make_admin_service(AdminParts parts);

}  // namespace petrel::broker
