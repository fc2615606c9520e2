// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/delivery_body.h"

#include <utility>

#include "broker/grpc/message_codec.h"
#include "broker/grpc/receipt_handle_text.h"
#include "common/check.h"

namespace petrel::grpcfront {
namespace {

Verdict verdict_of(const frontend::DeliveryBatch& batch) {
  if (batch.messages().empty()) {
    return {rmq::MESSAGE_NOT_FOUND, "no new message"};
  }
  return {};
}

}  // namespace

DeliveryBody::DeliveryBody(FrontEnd& front, int64_t started_us, Verdict verdict)
    : front_(front),
      started_us_(started_us),
      delivered_ms_(front.clock.wall_ms()),
      verdict_(std::move(verdict)) {}

DeliveryBody::DeliveryBody(FrontEnd& front, int64_t started_us, rmq::Resource topic,
                           std::unique_ptr<frontend::DeliveryBatch> batch)
    : front_(front),
      started_us_(started_us),
      delivered_ms_(batch->delivered_ms()),
      topic_(std::move(topic)),
      batch_(std::move(batch)),
      verdict_(verdict_of(*batch_)) {}

bool DeliveryBody::next(rmq::ReceiveMessageResponse& into) {
  taken_ = given_;
  if (!status_given_) {
    set_status(verdict_, into.mutable_status());
    status_given_ = true;
    return true;
  }
  if (given_ < message_count()) {
    const frontend::DeliveryBatch::Message& message = batch_->messages()[given_++];
    decode_message(
        message.record,
        {.topic = topic_,
         .receipt_handle = format_receipt_handle(message.handle, front_.options.broker_name),
         .attempt = message.attempt},
        into.mutable_message());
    return true;
  }
  set_timestamp_ms(delivered_ms_, into.mutable_delivery_timestamp());
  return false;
}

void DeliveryBody::closed(bool complete) {
  front_.metrics.finished(Rpc::kReceiveMessage, verdict_.code,
                          front_.clock.mono_us() - started_us_);
  if (complete) {
    taken_ = given_;
  }
  PETREL_CHECK_LE(taken_, given_);
  if (batch_ == nullptr) {
    return;
  }
  batch_->settle(taken_);
  if (taken_ > 0) {
    count_delivered();
  }
}

void DeliveryBody::count_delivered() const {
  int64_t bytes = 0;
  for (size_t i = 0; i < taken_; ++i) {
    bytes += static_cast<int64_t>(batch_->messages()[i].record.body.size());
  }
  front_.metrics.delivered(batch_->topic(), batch_->group(), static_cast<int64_t>(taken_), bytes);
}

}  // namespace petrel::grpcfront
