// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "broker/frontend/post.h"
#include "broker/grpc/delivery_body.h"
#include "broker/grpc/handlers/handlers.h"
#include "broker/grpc/validation.h"

namespace petrel::grpcfront {
namespace {

// The answer leaves this long before the call's deadline.
constexpr int64_t kDeadlineMarginMs = 100;
constexpr int64_t kRenewedInvisibleMs = 60'000;

void refuse(FrontEnd& front, ReceiveMessageCall& call, int64_t started_us, Verdict verdict) {
  call.send(std::make_unique<DeliveryBody>(front, started_us, std::move(verdict)));
}

class Receive final : public core::ReceiveRequest {
 public:
  Receive(FrontEnd& front, ReceiveMessageCall& call)
      : front_(front), call_(call), started_us_(front.clock.mono_us()) {}

  int64_t started_us() const { return started_us_; }

  void complete() override {
    if (!outcome.ok()) {
      std::string text = outcome.text.empty() ? "no new message" : std::move(outcome.text);
      return refuse(front_, call_, started_us_, {to_code(outcome.code), std::move(text)});
    }
    front_.deliveries.load(*this, [&front = front_, &call = call_, started_us = started_us_](
                                      std::unique_ptr<frontend::DeliveryBatch> batch) {
      call.send(std::make_unique<DeliveryBody>(
          front, started_us, call.request().message_queue().topic(), std::move(batch)));
    });
  }

 private:
  FrontEnd& front_;
  ReceiveMessageCall& call_;
  const int64_t started_us_;
};

Verdict read_names(const ReceiveMessageCall& call, Receive* receive) {
  const rmq::ReceiveMessageRequest& request = call.request();
  receive->client_id = std::string(call.context().client_id);
  receive->group = full_name(call.context(), request.group());
  receive->topic = full_name(call.context(), request.message_queue().topic());
  if (Verdict verdict = check_group(receive->group); !verdict.ok()) {
    return verdict;
  }
  return check_topic(receive->topic);
}

Verdict read_batch(const rmq::ReceiveMessageRequest& request, Receive* receive) {
  // Whichever queue a client names, RocketMQ's proxy takes from all queues of the broker, and the
  // Node.js client counts on it: it names queue 0 alone.
  receive->queue_id = -1;
  if (request.batch_size() < 1) {
    return {rmq::BAD_REQUEST, "the batch size is less than 1"};
  }
  receive->batch_size = std::min(request.batch_size(), kReceiveBatchMax);
  receive->auto_renew = request.auto_renew();
  receive->invisible_ms =
      request.auto_renew() ? kRenewedInvisibleMs : to_ms(request.invisible_duration());
  if (Verdict verdict = check_invisible_ms(receive->invisible_ms, kReceiveInvisibleMsMin);
      !verdict.ok()) {
    return verdict;
  }
  return parse_filter(request.filter_expression(), &receive->filter);
}

Verdict read_wait(FrontEnd& front, const ReceiveMessageCall& call, Receive* receive) {
  PollTimes times{.asked_ms = -1, .remaining_ms = call.context().remaining_ms};
  if (call.request().has_long_polling_timeout()) {
    times.asked_ms = std::max<int64_t>(0, to_ms(call.request().long_polling_timeout()));
  } else if (const auto client = front.clients.find(call.context().client_id)) {
    times.request_timeout_ms = client->request_timeout_ms;
  }
  int64_t poll_ms = 0;
  Verdict verdict =
      choose_poll_ms(times, illegal_polling_code(call.context().client_version), &poll_ms);
  if (!verdict.ok()) {
    return verdict;
  }
  if (times.remaining_ms >= 0) {
    poll_ms = std::min(poll_ms, times.remaining_ms - kDeadlineMarginMs);
  }
  receive->wait_until_us = front.clock.mono_us() + poll_ms * 1000;
  return {};
}

}  // namespace

void receive_message(FrontEnd& front, ReceiveMessageCall& call) {
  auto receive = std::make_unique<Receive>(front, call);
  Verdict verdict = check_context(call.context());
  if (verdict.ok()) {
    verdict = read_names(call, receive.get());
  }
  if (verdict.ok()) {
    verdict = read_batch(call.request(), receive.get());
  }
  if (verdict.ok()) {
    verdict = read_wait(front, call, receive.get());
  }
  if (!verdict.ok()) {
    return refuse(front, call, receive->started_us(), std::move(verdict));
  }

  const core::CancelId cancel_id = front.core.new_cancel_id();
  receive->cancel_id = cancel_id;
  call.on_cancel([&front, cancel_id] {
    frontend::post(front.core, std::make_unique<core::CancelReceive>(cancel_id));
  });
  post(front, call, std::move(receive));
}

}  // namespace petrel::grpcfront
