// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "broker/core/registry.h"
#include "broker/core/request.h"
#include "broker/engine/engine_slot.h"
#include "broker/frontend/answer_memory.h"
#include "broker/frontend/client_registry.h"
#include "broker/grpc/cluster_routes.h"
#include "broker/registration/registrar.h"
#include "common/clock.h"
#include "common/metrics.h"
#include "common/mutex.h"

namespace petrel::broker {

// Lag and open deliveries of the consumer groups, as the core last told. The housekeeper asks for
// them now and then, so that a scrape costs the core nothing. Any thread.
class GroupLags {
 public:
  using Groups = std::vector<core::ListGroupsRequest::Group>;
  // Asks the core; the answer replaces the groups later.
  static void refresh(const std::shared_ptr<GroupLags>& lags, core::CorePort& core);
  std::shared_ptr<const Groups> groups() const;

 private:
  class Question;
  mutable Mutex mutex_;
  std::shared_ptr<const Groups> groups_ ABSL_GUARDED_BY(mutex_) = std::make_shared<const Groups>();
};

// What the gauges read at each scrape; all of it outlives the serving of the registry. What the
// engine tells is left out of a scrape while none serves.
struct GaugeSources {
  const Clock& clock;
  const core::LogTime& log_time;
  const core::Registry& registry;
  const engine::EngineSlot& engine;
  const frontend::ClientRegistry& clients;
  const frontend::AnswerMemory& answer_memory;
  const Registrar& registrar;
  const grpcfront::ClusterRoutes& routes;
  std::shared_ptr<const GroupLags> lags;
};

void add_gauges(MetricRegistry& metrics, const GaugeSources& sources);

}  // namespace petrel::broker
