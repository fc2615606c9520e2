// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "broker/grpc/handlers/handlers.h"
#include "broker/grpc/validation.h"

namespace petrel::grpcfront {

void query_route(FrontEnd& front, QueryRouteCall& call) {
  if (Verdict verdict = check_context(call.context()); !verdict.ok()) {
    return answer(call, verdict);
  }
  const std::string topic = full_name(call.context(), call.request().topic());
  if (Verdict verdict = check_topic(topic); !verdict.ok()) {
    return answer(call, verdict);
  }
  front.routes.find(topic, [&call](std::shared_ptr<const Route> route) {
    rmq::QueryRouteResponse& response = call.response();
    for (const rmq::MessageQueue& queue : route->queues) {
      rmq::MessageQueue* out = response.add_message_queues();
      *out = queue;
      *out->mutable_topic() = call.request().topic();
    }
    answer(call, route->verdict);
  });
}

}  // namespace petrel::grpcfront
