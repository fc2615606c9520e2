// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "broker/grpc/dispatch.h"

// For RPCs that this broker does not offer: in-band NOT_IMPLEMENTED, as RocketMQ answers.
namespace petrel::grpcfront {

// `request`: the name of the RPC's request message.
Verdict not_offered_verdict(const CallContext& context, std::string_view request);

template <typename CallT>
void not_offered(FrontEnd& front, CallT& call) {
  refuse(front, Rpc::kOther, call,
         not_offered_verdict(call.context(), CallT::Request::descriptor()->name()));
}

}  // namespace petrel::grpcfront
