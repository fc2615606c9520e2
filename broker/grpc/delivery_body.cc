// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/delivery_body.h"

#include <algorithm>
#include <utility>

#include "broker/grpc/message_codec.h"
#include "broker/grpc/receipt_handle_text.h"
#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"

namespace petrel::grpcfront {
namespace {

constexpr log::Logger kLog("grpc");
constexpr int64_t kRetryAfterLossMs = 1'000;

class Acknowledge final : public core::AckRequest {
 public:
  void complete() override {}
};

class MakeVisible final : public core::ChangeInvisibleRequest {
 public:
  void complete() override {}
};

}  // namespace

DeliveryBody::DeliveryBody(FrontEnd& front, int64_t started_us, Verdict verdict)
    : front_(front),
      started_us_(started_us),
      delivered_wall_ms_(front.clock.wall_ms()),
      verdict_(std::move(verdict)) {}

DeliveryBody::DeliveryBody(FrontEnd& front, int64_t started_us, Source source,
                           std::vector<core::ReceiveRequest::Delivery> deliveries,
                           int64_t delivered_wall_ms)
    : front_(front),
      started_us_(started_us),
      source_(std::move(source)),
      deliveries_(std::move(deliveries)),
      delivered_wall_ms_(delivered_wall_ms) {}

bool DeliveryBody::must_read() const {
  return std::any_of(deliveries_.begin(), deliveries_.end(),
                     [](const auto& delivery) { return !delivery.record.has_value(); });
}

void DeliveryBody::prepare() {
  std::vector<core::ReceiptHandle> done;
  std::vector<core::ReceiptHandle> mismatched;
  messages_.reserve(deliveries_.size());
  for (core::ReceiveRequest::Delivery& delivery : deliveries_) {
    Message message{
        .handle = delivery.handle, .attempt = delivery.attempt, .slice = {}, .record = {}};
    if (const absl::Status loaded = load(delivery, &message); !loaded.ok()) {
      if (absl::IsUnavailable(loaded)) {  // no engine serves just now
        make_visible(delivery.handle);
        continue;
      }
      kLog.error("a stored message cannot be read",
                 {{"topic", source_.topic},
                  {"queue", delivery.handle.queue_id},
                  {"queue_offset", delivery.handle.queue_offset.value()},
                  {"log_offset", delivery.handle.log_offset.value()},
                  {"error", loaded.ToString()}});
      // The queue's file is damaged, or the log, or the message was deleted by retention meanwhile.
      if (absl::IsDataLoss(loaded) || absl::IsOutOfRange(loaded))
        mismatched.push_back(delivery.handle);
      continue;
    }
    if (source_.filter == nullptr || source_.filter->takes(message.record)) {
      messages_.push_back(std::move(message));
    } else {
      done.push_back(delivery.handle);
    }
  }
  deliveries_.clear();
  if (!done.empty()) acknowledge(std::move(done));
  if (!mismatched.empty()) tell_mismatch(std::move(mismatched));
  if (messages_.empty()) verdict_ = {rmq::MESSAGE_NOT_FOUND, "no new message"};
}

absl::Status DeliveryBody::load(core::ReceiveRequest::Delivery& delivery, Message* message) {
  if (delivery.record.has_value()) {
    message->slice = *std::move(delivery.record);
  } else {
    PETREL_ASSIGN_OR_RETURN(message->slice,
                            front_.read_record(delivery.handle.log_offset, delivery.record_size));
  }
  PETREL_ASSIGN_OR_RETURN(message->record,
                          store::decode_record(message->slice.bytes(), store::Verify::kStructure));
  const store::RecordView& record = message->record;
  const core::ReceiptHandle& handle = delivery.handle;
  if (record.topic != source_.topic || record.queue_id != handle.queue_id ||
      record.queue_offset != handle.queue_offset) {
    return absl::DataLossError(concat("the queue's file leads to ", record.topic, "/",
                                      record.queue_id, " ", record.queue_offset.value()));
  }
  return absl::OkStatus();
}

bool DeliveryBody::next(rmq::ReceiveMessageResponse& into) {
  taken_ = given_;
  if (!status_given_) {
    set_status(verdict_, into.mutable_status());
    status_given_ = true;
    return true;
  }
  if (given_ < messages_.size()) {
    const Message& message = messages_[given_++];
    decode_message(
        message.record,
        {.topic = source_.client_topic,
         .receipt_handle = format_receipt_handle(message.handle, front_.options.broker_name),
         .attempt = message.attempt},
        into.mutable_message());
    return true;
  }
  set_timestamp_ms(delivered_wall_ms_, into.mutable_delivery_timestamp());
  return false;
}

void DeliveryBody::closed(bool complete) {
  front_.metrics.finished(Rpc::kReceiveMessage, verdict_.code,
                          front_.clock.mono_us() - started_us_);
  if (complete) taken_ = given_;
  for (size_t i = taken_; i < messages_.size(); ++i) make_visible(messages_[i].handle);
  if (taken_ == 0) return;
  int64_t bytes = 0;
  for (size_t i = 0; i < taken_; ++i)
    bytes += static_cast<int64_t>(messages_[i].record.body.size());
  front_.metrics.delivered(source_.topic, source_.group, static_cast<int64_t>(taken_), bytes);
}

void DeliveryBody::acknowledge(std::vector<core::ReceiptHandle> handles) {
  auto request = std::make_unique<Acknowledge>();
  request->group = source_.group;
  request->topic = source_.topic;
  for (const core::ReceiptHandle& handle : handles) {
    request->entries.push_back({.handle = handle, .outcome = {}});
  }
  front_.core.post_internal(std::move(request));
}

void DeliveryBody::tell_mismatch(std::vector<core::ReceiptHandle> handles) {
  auto request = std::make_unique<core::EntryMismatchRequest>();
  request->group = source_.group;
  request->topic = source_.topic;
  request->handles = std::move(handles);
  front_.core.post_internal(std::move(request));
}

void DeliveryBody::make_visible(const core::ReceiptHandle& handle) {
  auto request = std::make_unique<MakeVisible>();
  request->group = source_.group;
  request->topic = source_.topic;
  request->handle = handle;
  request->invisible_ms = kRetryAfterLossMs;
  request->suspend = true;
  front_.core.post_internal(std::move(request));
}

}  // namespace petrel::grpcfront
