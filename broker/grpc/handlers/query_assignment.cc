// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>
#include <utility>

#include "broker/grpc/handlers/handlers.h"
#include "broker/grpc/validation.h"

namespace petrel::grpcfront {
namespace {

bool readable(const rmq::MessageQueue& queue) {
  return queue.permission() == rmq::READ || queue.permission() == rmq::READ_WRITE;
}

// One assignment for each master with readable queues, which stands for all of them.
void fill_assignments(const Route& route, const rmq::Resource& topic,
                      rmq::QueryAssignmentResponse& response) {
  std::set<std::string> brokers;
  for (const rmq::MessageQueue& queue : route.queues) {
    if (!readable(queue) || queue.broker().id() != 0) {
      continue;
    }
    if (!brokers.insert(queue.broker().name()).second) {
      continue;
    }
    rmq::MessageQueue* out = response.add_assignments()->mutable_message_queue();
    *out = queue;
    out->set_id(-1);
    *out->mutable_topic() = topic;
  }
}

}  // namespace

void query_assignment(FrontEnd& front, QueryAssignmentCall& call) {
  if (Verdict verdict = check_context(call.context()); !verdict.ok()) {
    return answer(call, verdict);
  }
  const std::string topic = full_name(call.context(), call.request().topic());
  Verdict verdict = check_topic(topic);
  if (verdict.ok()) {
    verdict = check_group(full_name(call.context(), call.request().group()));
  }
  if (!verdict.ok()) {
    return answer(call, verdict);
  }
  front.routes.find(topic, [&call](std::shared_ptr<const Route> route) {
    if (!route->verdict.ok()) {
      return answer(call, route->verdict);
    }
    fill_assignments(*route, call.request().topic(), call.response());
    if (call.response().assignments().empty()) {
      return answer(call, Verdict{rmq::FORBIDDEN, "no readable queue"});
    }
    answer(call, Verdict{});
  });
}

}  // namespace petrel::grpcfront
