// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/message_allocator.h>

#include <memory>
#include <vector>

#include "apache/rocketmq/v2/service.pb.h"
#include "common/mutex.h"

namespace petrel::grpcfront {

// Requests and responses of SendMessage that are used again and again: parsing into a cleared
// message takes its strings' memory instead of the allocator's. Any thread; outlives the server.
class SendMessagePool final
    : public grpc::MessageAllocator<apache::rocketmq::v2::SendMessageRequest,
                                    apache::rocketmq::v2::SendMessageResponse> {
 public:
  // Kept at most: together 8 MiB.
  static constexpr size_t kIdleMax = 256;
  static constexpr size_t kBodyBytesMax = 32 << 10;

  SendMessagePool();
  ~SendMessagePool() override;

  grpc::MessageHolder<apache::rocketmq::v2::SendMessageRequest,
                      apache::rocketmq::v2::SendMessageResponse>*
  AllocateMessages() override;

  size_t idle() const;

 private:
  class Holder;
  void give_back(std::unique_ptr<Holder> holder);

  mutable Mutex mutex_;
  std::vector<std::unique_ptr<Holder>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace petrel::grpcfront
