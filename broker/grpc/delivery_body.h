// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/grpc/front_end.h"

namespace petrel::grpcfront {

// What answers a ReceiveMessage: a status, the messages, the delivery timestamp.
//
// Made on a reply thread; where records are no longer in memory, prepare() runs on a reader thread.
// Then the transport pulls. Messages that the client did not take become visible again soon.
class DeliveryBody final : public StreamBody<rmq::ReceiveMessageResponse> {
 public:
  struct Source {
    std::string group;
    std::string topic;
    rmq::Resource client_topic;                         // as the client named it
    std::shared_ptr<const core::MessageFilter> filter;  // null: everything
  };

  // An answer without messages. started_us: when the call came, by the front end's clock.
  DeliveryBody(FrontEnd& front, int64_t started_us, Verdict verdict);
  DeliveryBody(FrontEnd& front, int64_t started_us, Source source,
               std::vector<core::ReceiveRequest::Delivery> deliveries, int64_t delivered_wall_ms);

  // Whether prepare() has to read from files, and so must not run on a reply thread.
  bool must_read() const;
  // Reads and decodes the records. Messages whose tag the filter took only because of its hash are
  // acknowledged, and left out. One whose record is not where its queue said is left out, and the
  // core told (EntryMismatchRequest). One that cannot be read just now is left out, and delivered
  // again when its invisible time is over.
  void prepare();

  bool next(rmq::ReceiveMessageResponse& into) override;
  void closed(bool complete) override;

 private:
  struct Message {
    core::ReceiptHandle handle;
    int32_t attempt = 1;
    store::LogSlice slice;
    store::RecordView record;  // of slice
  };
  absl::Status load(core::ReceiveRequest::Delivery& delivery, Message* message);
  void acknowledge(std::vector<core::ReceiptHandle> handles);
  void tell_mismatch(std::vector<core::ReceiptHandle> handles);
  void make_visible(const core::ReceiptHandle& handle);

  FrontEnd& front_;
  const int64_t started_us_;
  const Source source_;
  std::vector<core::ReceiveRequest::Delivery> deliveries_;
  int64_t delivered_wall_ms_ = 0;
  Verdict verdict_;
  std::vector<Message> messages_;
  bool status_given_ = false;
  size_t given_ = 0;  // messages handed to the transport
  size_t taken_ = 0;  // of these, taken by the connection; taken_ <= given_ <= messages_.size()
};

}  // namespace petrel::grpcfront
