// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/handlers/handlers.h"
#include "broker/grpc/validation.h"

namespace petrel::grpcfront {

void notify_client_termination(FrontEnd& front, NotifyTerminationCall& call) {
  Verdict verdict = check_context(call.context());
  if (verdict.ok() && call.request().has_group() && !call.request().group().name().empty()) {
    verdict = check_group(full_name(call.context(), call.request().group()));
  }
  if (verdict.ok() && !front.clients.remove(call.context().client_id)) {
    verdict = {rmq::UNRECOGNIZED_CLIENT_TYPE, "the settings of this client are not known"};
  }
  answer(call, verdict);
}

}  // namespace petrel::grpcfront
