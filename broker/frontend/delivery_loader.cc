// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/delivery_loader.h"

#include <algorithm>
#include <utility>

#include "broker/core/record_loader.h"
#include "common/check.h"
#include "common/log.h"
#include "common/status.h"

namespace petrel::frontend {
namespace {

constexpr log::Logger kLog("delivery");

class Acknowledge final : public core::AckRequest {
 public:
  Admission admission() const override { return Admission::kEssential; }
  void complete() override {}
};

void log_unreadable(const std::string& topic, const core::ReceiptHandle& handle,
                    const absl::Status& why) {
  kLog.error("a stored message cannot be read", {{"topic", topic},
                                                 {"queue", handle.queue_id},
                                                 {"queue_offset", handle.queue_offset.value()},
                                                 {"log_offset", handle.log_offset.value()},
                                                 {"error", why.ToString()}});
}

// The queue's file is damaged, or the log, or the message was deleted by retention meanwhile.
bool is_mismatch(const absl::Status& status) {
  return absl::IsDataLoss(status) || absl::IsOutOfRange(status);
}

}  // namespace

DeliveryBatch::DeliveryBatch(core::CorePort& core, ClientRegistry& clients,
                             core::ReceiveRequest& answered)
    : core_(core),
      clients_(clients),
      principal_(answered.principal),
      group_(std::move(answered.group)),
      topic_(std::move(answered.topic)),
      client_id_(answered.client_id),
      filter_(std::move(answered.filter)),
      renewed_(answered.auto_renew),
      delivered_ms_(answered.delivered_ms),
      deliveries_(std::move(answered.deliveries)) {
  PETREL_CHECK(answered.outcome.ok()) << answered.outcome.text;
}

DeliveryBatch::~DeliveryBatch() {
  if (!settled_) {
    settle(0);
  }
}

bool DeliveryBatch::in_memory() const {
  return std::all_of(deliveries_.begin(), deliveries_.end(),
                     [](const auto& delivery) { return delivery.record.has_value(); });
}

int64_t DeliveryBatch::bytes_needed() const {
  int64_t read = 0;
  int64_t largest = 0;
  for (const core::ReceiveRequest::Delivery& delivery : deliveries_) {
    read += delivery.record.has_value() ? 0 : delivery.record_size;
    largest = std::max<int64_t>(largest, delivery.record_size);
  }
  return read + 2 * largest;  // one message at a time, as the protocol has it and as its bytes
}

void DeliveryBatch::let_go_of_memory() {
  for (core::ReceiveRequest::Delivery& delivery : deliveries_) {
    delivery.record.reset();
  }
}

void DeliveryBatch::give_up() {
  std::vector<core::ReceiptHandle> handles;
  for (const core::ReceiveRequest::Delivery& delivery : deliveries_) {
    handles.push_back(delivery.handle);
  }
  deliveries_.clear();
  if (!handles.empty()) {
    give_back(std::move(handles));
  }
}

void DeliveryBatch::load(const ReadRecord& read_record) {
  PETREL_CHECK(messages_.empty());
  std::vector<core::ReceiptHandle> refused;
  std::vector<core::ReceiptHandle> mismatched;
  std::vector<core::ReceiptHandle> unread;
  messages_.reserve(deliveries_.size());
  for (core::ReceiveRequest::Delivery& delivery : deliveries_) {
    Message message{
        .handle = delivery.handle, .attempt = delivery.attempt, .slice = {}, .record = {}};
    const absl::Status loaded = load(delivery, read_record, &message);
    if (absl::IsUnavailable(loaded)) {
      unread.push_back(delivery.handle);
    } else if (!loaded.ok()) {
      log_unreadable(topic_, delivery.handle, loaded);
      if (is_mismatch(loaded)) {
        mismatched.push_back(delivery.handle);
      }
    } else if (filter_ != nullptr && !filter_->takes(message.record)) {
      refused.push_back(delivery.handle);
    } else {
      messages_.push_back(std::move(message));
    }
  }
  deliveries_.clear();
  if (!unread.empty()) {
    give_back(std::move(unread));
  }
  if (!refused.empty()) {
    acknowledge(refused);
  }
  if (!mismatched.empty()) {
    tell_mismatch(std::move(mismatched));
  }
}

absl::Status DeliveryBatch::load(core::ReceiveRequest::Delivery& delivery,
                                 const ReadRecord& read_record, Message* message) const {
  const core::ReceiptHandle& handle = delivery.handle;
  if (delivery.record.has_value()) {
    message->slice = *std::move(delivery.record);
  } else {
    PETREL_ASSIGN_OR_RETURN(message->slice, read_record(handle.log_offset, delivery.record_size));
  }
  PETREL_ASSIGN_OR_RETURN(
      message->record,
      core::record_of_entry(message->slice.bytes(), topic_, handle.queue_id, handle.queue_offset));
  return absl::OkStatus();
}

void DeliveryBatch::settle(size_t taken) {
  PETREL_CHECK(!settled_);
  PETREL_CHECK_LE(taken, messages_.size());
  settled_ = true;
  if (renewed_ && taken > 0) {
    note_sent(taken);
  }
  std::vector<core::ReceiptHandle> not_taken;
  for (size_t i = taken; i < messages_.size(); ++i) {
    not_taken.push_back(messages_[i].handle);
  }
  for (const core::ReceiveRequest::Delivery& delivery : deliveries_) {
    not_taken.push_back(delivery.handle);
  }
  if (!not_taken.empty()) {
    give_back(std::move(not_taken));
  }
}

template <typename RequestT>
std::unique_ptr<RequestT> DeliveryBatch::make_request() const {
  auto request = std::make_unique<RequestT>();
  request->principal = principal_;
  request->group = group_;
  request->topic = topic_;
  return request;
}

void DeliveryBatch::acknowledge(const std::vector<core::ReceiptHandle>& handles) {
  auto request = make_request<Acknowledge>();
  for (const core::ReceiptHandle& handle : handles) {
    request->entries.push_back({.handle = handle, .outcome = {}});
  }
  core_.post_internal(std::move(request));
}

void DeliveryBatch::tell_mismatch(std::vector<core::ReceiptHandle> handles) {
  auto request = make_request<core::EntryMismatchRequest>();
  request->handles = std::move(handles);
  core_.post_internal(std::move(request));
}

void DeliveryBatch::give_back(std::vector<core::ReceiptHandle> handles) {
  auto request = make_request<core::GiveBackRequest>();
  request->handles = std::move(handles);
  request->comes_again_ms = kComesAgainMs;
  core_.post_internal(std::move(request));
}

void DeliveryBatch::note_sent(size_t taken) {
  core::SentAnswer answer{.group = group_, .topic = topic_, .runs = {}};
  for (size_t i = 0; i < taken; ++i) {
    answer.add(messages_[i].handle);
  }
  clients_.answer_sent(std::move(answer));
}

void DeliveryLoader::load(core::ReceiveRequest& answered, Done done) {
  auto batch = std::make_unique<DeliveryBatch>(core_, clients_, answered);
  batch->memory_ = memory_.try_take(batch->client_id_, batch->bytes_needed());
  if (!batch->memory_) {
    return load_when_there_is_memory(std::move(batch), std::move(done));
  }
  if (batch->in_memory()) {
    batch->load(read_record_);
    std::move(done)(std::move(batch));
    return;
  }
  readers_.post([this, batch = std::move(batch), done = std::move(done)]() mutable {
    batch->load(read_record_);
    std::move(done)(std::move(batch));
  });
}

void DeliveryLoader::load_when_there_is_memory(std::unique_ptr<DeliveryBatch> batch, Done done) {
  batch->let_go_of_memory();
  const int64_t bytes = batch->bytes_needed();
  const std::string client_id = batch->client_id_;
  memory_.wait(
      client_id, bytes,
      [this, batch = std::move(batch), done = std::move(done)](AnswerMemory::Share share) mutable {
        readers_.post([this, batch = std::move(batch), done = std::move(done),
                       share = std::move(share)]() mutable {
          if (share) {
            batch->memory_ = std::move(share);
            batch->load(read_record_);
          } else {
            batch->give_up();
          }
          std::move(done)(std::move(batch));
        });
      });
}

}  // namespace petrel::frontend
