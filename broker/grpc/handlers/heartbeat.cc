// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/handlers/handlers.h"
#include "broker/grpc/validation.h"

namespace petrel::grpcfront {
namespace {

Verdict check_heartbeat(const HeartbeatCall& call) {
  if (Verdict verdict = check_context(call.context()); !verdict.ok()) {
    return verdict;
  }
  switch (call.request().client_type()) {
    case rmq::PRODUCER:
      return {};
    case rmq::PUSH_CONSUMER:
    case rmq::SIMPLE_CONSUMER:
    case rmq::LITE_PUSH_CONSUMER:
    case rmq::LITE_SIMPLE_CONSUMER:
      return check_group(full_name(call.context(), call.request().group()));
    default:
      return {rmq::UNRECOGNIZED_CLIENT_TYPE, "this broker serves no clients of that type"};
  }
}

}  // namespace

void heartbeat(FrontEnd& front, HeartbeatCall& call) {
  if (Verdict verdict = check_heartbeat(call); !verdict.ok()) {
    return answer(call, verdict);
  }
  if (front.clients.heard(call.context().client_id) == nullptr) {
    return answer(call,
                  Verdict{rmq::UNRECOGNIZED_CLIENT_TYPE,
                          "the settings of this client are not known: send them over Telemetry"});
  }
  answer(call, Verdict{});
}

}  // namespace petrel::grpcfront
