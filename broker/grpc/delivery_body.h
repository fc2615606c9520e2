// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "broker/frontend/delivery_loader.h"
#include "broker/grpc/front_end.h"

namespace petrel::grpcfront {

// What answers a ReceiveMessage: a status, the messages, the delivery timestamp. The transport
// pulls one after the other; messages that the connection did not take become visible again soon.
class DeliveryBody final : public StreamBody<rmq::ReceiveMessageResponse> {
 public:
  // An answer without messages. started_us: when the call came, by the front end's clock.
  DeliveryBody(FrontEnd& front, int64_t started_us, Verdict verdict);
  // `topic`: as the client named it.
  DeliveryBody(FrontEnd& front, int64_t started_us, rmq::Resource topic,
               std::unique_ptr<frontend::DeliveryBatch> batch);

  bool next(rmq::ReceiveMessageResponse& into) override;
  void closed(bool complete) override;

 private:
  size_t message_count() const { return batch_ == nullptr ? 0 : batch_->messages().size(); }
  void count_delivered() const;

  FrontEnd& front_;
  const int64_t started_us_;
  const int64_t delivered_ms_;
  const rmq::Resource topic_;
  const std::unique_ptr<frontend::DeliveryBatch> batch_;  // null: no messages
  const Verdict verdict_;
  bool status_given_ = false;
  size_t given_ = 0;  // messages handed to the transport
  size_t taken_ = 0;  // of these, taken by the connection; taken_ <= given_ <= message_count()
};

}  // namespace petrel::grpcfront
