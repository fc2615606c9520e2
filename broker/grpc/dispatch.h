// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include "broker/grpc/call.h"
#include "broker/grpc/front_end.h"
#include "broker/grpc/rpc_needs.h"

// The one place between the arrival of a call and its handler: nothing is done for a caller who may
// not ask for it. Every transport hands its calls over here; the commands of a telemetry stream,
// which has no request, are checked by may_do where they are read.
namespace petrel::grpcfront {

// OK, or why the caller may not do what needs this leave.
Verdict may_do(const FrontEnd& front, const CallContext& context, const Needs& needs);

// A streamed answer of a status and nothing else, which is counted for `rpc`.
template <typename ResponseT>
class StatusBody final : public StreamBody<ResponseT> {
 public:
  StatusBody(FrontEnd& front, Rpc rpc, Verdict verdict)
      : front_(front),
        rpc_(rpc),
        started_us_(front.clock.mono_us()),
        verdict_(std::move(verdict)) {}
  bool next(ResponseT& into) override {
    set_status(verdict_, into.mutable_status());
    return false;
  }
  void closed(bool /*complete*/) override {
    front_.metrics.finished(rpc_, verdict_.code, front_.clock.mono_us() - started_us_);
  }

 private:
  FrontEnd& front_;
  const Rpc rpc_;
  const int64_t started_us_;
  const Verdict verdict_;
};

template <typename CallT>
using Handler = void (*)(FrontEnd&, CallT&);

template <typename RequestT, typename ResponseT>
void refuse(FrontEnd& /*front*/, Rpc /*rpc*/, UnaryCall<RequestT, ResponseT>& call,
            Verdict verdict) {
  answer(call, verdict);
}
template <typename RequestT, typename ResponseT>
void refuse(FrontEnd& front, Rpc rpc, StreamCall<RequestT, ResponseT>& call, Verdict verdict) {
  call.send(std::make_unique<StatusBody<ResponseT>>(front, rpc, std::move(verdict)));
}

// Hands the call to its handler, or answers why not. The call may be gone afterwards.
template <typename CallT>
void dispatch(FrontEnd& front, Rpc rpc, Handler<CallT> handler, CallT& call) {
  Verdict verdict = may_do(front, call.context(), needs_of(call.context(), call.request()));
  if (!verdict.ok()) {
    return refuse(front, rpc, call, std::move(verdict));
  }
  handler(front, call);
}

}  // namespace petrel::grpcfront
