// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "proto/message_queues.h"

#include <algorithm>

namespace petrel {

namespace v2 = apache::rocketmq::v2;

void add_message_queues(const QueueCounts& counts, const v2::MessageQueue& queue,
                        google::protobuf::RepeatedPtrField<v2::MessageQueue>* route) {
  const int32_t read = counts.readable ? counts.read : 0;
  const int32_t write = counts.writable ? counts.write : 0;
  const int32_t both = std::min(read, write);
  const bool neither = !counts.readable && !counts.writable;
  const int32_t none = neither ? std::max({1, counts.read, counts.write}) : 0;

  route->Reserve(route->size() + (read - both) + (write - both) + both + none);
  int32_t id = 0;
  const auto add = [&](int32_t count, v2::Permission permission) {
    for (int32_t i = 0; i < count; ++i) {
      v2::MessageQueue* added = route->Add();
      *added = queue;
      added->set_id(id++);
      added->set_permission(permission);
    }
  };
  add(read - both, v2::READ);
  add(write - both, v2::WRITE);
  add(both, v2::READ_WRITE);
  add(none, v2::NONE);
}

}  // namespace petrel
