// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <utility>

#include "broker/grpc/handlers/handlers.h"
#include "broker/grpc/receipt_handle_text.h"
#include "broker/grpc/validation.h"

namespace petrel::grpcfront {
namespace {

class Forward final : public core::DeadLetterRequest {
 public:
  explicit Forward(ForwardToDeadLettersCall& call) : call_(call) {}

  void complete() override {
    set_status(outcome, call_.response().mutable_status());
    call_.finish();
  }

 private:
  ForwardToDeadLettersCall& call_;
};

// What the client says of attempts is not asked: it gives the message up, for whatever reason.
Verdict read_request(FrontEnd& front, const ForwardToDeadLettersCall& call, Forward* forward) {
  const rmq::ForwardMessageToDeadLetterQueueRequest& request = call.request();
  forward->group = full_name(call.context(), request.group());
  forward->topic = full_name(call.context(), request.topic());
  forward->client_id = std::string(call.context().client_id);
  if (Verdict verdict = check_group(forward->group); !verdict.ok()) {
    return verdict;
  }
  if (Verdict verdict = check_topic(forward->topic); !verdict.ok()) {
    return verdict;
  }
  const std::optional<core::ReceiptHandle> handle =
      parse_receipt_handle(request.receipt_handle(), front.options.broker_name);
  if (!handle.has_value()) {
    return {rmq::INVALID_RECEIPT_HANDLE, "no receipt handle of this broker"};
  }
  forward->handle = *handle;
  return {};
}

}  // namespace

void forward_to_dead_letters(FrontEnd& front, ForwardToDeadLettersCall& call) {
  if (Verdict verdict = check_context(call.context()); !verdict.ok()) {
    return answer(call, verdict);
  }
  auto forward = std::make_unique<Forward>(call);
  if (Verdict verdict = read_request(front, call, forward.get()); !verdict.ok()) {
    return answer(call, verdict);
  }
  post(front, call, std::move(forward));
}

}  // namespace petrel::grpcfront
