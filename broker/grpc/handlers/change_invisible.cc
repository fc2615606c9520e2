// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <utility>

#include "broker/grpc/handlers/handlers.h"
#include "broker/grpc/receipt_handle_text.h"
#include "broker/grpc/validation.h"

namespace petrel::grpcfront {
namespace {

class ChangeInvisible final : public core::ChangeInvisibleRequest {
 public:
  ChangeInvisible(FrontEnd& front, ChangeInvisibleCall& call) : front_(front), call_(call) {}

  void complete() override {
    if (outcome.ok()) {
      set_ok(call_.response().mutable_status());
      call_.response().set_receipt_handle(
          format_receipt_handle(handle, front_.options.broker_name));
    } else {
      set_status(outcome, call_.response().mutable_status());
    }
    call_.finish();
  }

 private:
  FrontEnd& front_;
  ChangeInvisibleCall& call_;
};

Verdict read_request(FrontEnd& front, const ChangeInvisibleCall& call, ChangeInvisible* change) {
  const rmq::ChangeInvisibleDurationRequest& request = call.request();
  change->group = full_name(call.context(), request.group());
  change->topic = full_name(call.context(), request.topic());
  change->invisible_ms = to_ms(request.invisible_duration());
  change->suspend = request.suspend();
  if (Verdict verdict = check_group(change->group); !verdict.ok()) {
    return verdict;
  }
  if (Verdict verdict = check_topic(change->topic); !verdict.ok()) {
    return verdict;
  }
  if (Verdict verdict = check_invisible_ms(change->invisible_ms, 0); !verdict.ok()) {
    return verdict;
  }
  const std::optional<core::ReceiptHandle> handle =
      parse_receipt_handle(request.receipt_handle(), front.options.broker_name);
  if (!handle.has_value()) {
    return {rmq::INVALID_RECEIPT_HANDLE, "no receipt handle of this broker"};
  }
  change->handle = *handle;
  return {};
}

}  // namespace

void change_invisible_duration(FrontEnd& front, ChangeInvisibleCall& call) {
  if (Verdict verdict = check_context(call.context()); !verdict.ok()) {
    return answer(call, verdict);
  }
  auto change = std::make_unique<ChangeInvisible>(front, call);
  if (Verdict verdict = read_request(front, call, change.get()); !verdict.ok()) {
    return answer(call, verdict);
  }
  post(front, call, std::move(change));
}

}  // namespace petrel::grpcfront
