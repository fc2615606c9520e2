// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/dispatch.h"

namespace petrel::grpcfront {

Verdict may_do(const FrontEnd& front, const CallContext& context, const Needs& needs) {
  core::Outcome outcome = frontend::authorize_all(front.access, context.principal, needs);
  return outcome.ok() ? Verdict{} : Verdict{to_code(outcome.code), std::move(outcome.text)};
}

}  // namespace petrel::grpcfront
