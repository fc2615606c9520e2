// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/front_end.h"

#include <utility>

#include "proto/resource_name.h"

namespace petrel::grpcfront {
void post(core::CorePort& core, std::unique_ptr<core::Request> request) {
  if (core.try_post(request)) return;
  request->outcome = {core::OutcomeCode::kOverloaded, "the broker has too many requests waiting"};
  request->complete();
}

Verdict check_context(const CallContext& context) {
  if (!context.client_id.empty()) return {};
  return {rmq::CLIENT_ID_REQUIRED, "the header x-mq-client-id is missing or empty"};
}

std::string full_name(const CallContext& context, const rmq::Resource& resource) {
  return petrel::full_name(resource, context.resource_namespace);
}

}  // namespace petrel::grpcfront
