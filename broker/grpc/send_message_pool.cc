// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/send_message_pool.h"

#include <utility>

namespace petrel::grpcfront {

namespace rmq = ::apache::rocketmq::v2;

class SendMessagePool::Holder final
    : public grpc::MessageHolder<rmq::SendMessageRequest, rmq::SendMessageResponse> {
 public:
  explicit Holder(SendMessagePool& pool) : pool_(pool) {
    set_request(&request_);
    set_response(&response_);
  }

  void Release() override { pool_.give_back(std::unique_ptr<Holder>(this)); }

  // False when it holds more than the pool keeps.
  bool clear() {
    size_t body_bytes = 0;
    for (const rmq::Message& message : request_.messages()) {
      body_bytes += message.body().capacity();
    }
    request_.Clear();
    response_.Clear();
    return body_bytes <= kBodyBytesMax;
  }

 private:
  SendMessagePool& pool_;
  rmq::SendMessageRequest request_;
  rmq::SendMessageResponse response_;
};

SendMessagePool::SendMessagePool() { idle_.reserve(kIdleMax); }
SendMessagePool::~SendMessagePool() = default;

grpc::MessageHolder<rmq::SendMessageRequest, rmq::SendMessageResponse>*
SendMessagePool::AllocateMessages() {
  {
    const MutexLock lock(mutex_);
    if (!idle_.empty()) {
      Holder* holder = idle_.back().release();
      idle_.pop_back();
      return holder;
    }
  }
  return new Holder(*this);
}

void SendMessagePool::give_back(std::unique_ptr<Holder> holder) {
  if (!holder->clear()) {
    return;
  }
  const MutexLock lock(mutex_);
  if (idle_.size() < kIdleMax) {
    idle_.push_back(std::move(holder));
  }
}

size_t SendMessagePool::idle() const {
  const MutexLock lock(mutex_);
  return idle_.size();
}

}  // namespace petrel::grpcfront
