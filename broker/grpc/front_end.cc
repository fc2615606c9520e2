// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/front_end.h"

#include <utility>

#include "broker/frontend/post.h"
#include "proto/resource_name.h"

namespace petrel::grpcfront {

void post(FrontEnd& front, const Call& call, std::unique_ptr<core::Request> request) {
  request->principal = call.context().principal;
  frontend::post(front.core, std::move(request));
}

Verdict check_context(const CallContext& context) {
  if (!context.client_id.empty()) {
    return {};
  }
  return {rmq::CLIENT_ID_REQUIRED, "the header x-mq-client-id is missing or empty"};
}

std::string full_name(const CallContext& context, const rmq::Resource& resource) {
  return petrel::full_name(resource, context.resource_namespace);
}

}  // namespace petrel::grpcfront
