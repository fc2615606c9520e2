// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/client_liveness.h"

namespace petrel::core {

void SentAnswer::add(const ReceiptHandle& handle) {
  if (!runs.empty()) {
    Run& last = runs.back();
    if (last.queue_id == handle.queue_id && last.delivery_id == handle.delivery_id &&
        last.end == handle.queue_offset) {
      last.end = handle.queue_offset + 1;
      return;
    }
  }
  runs.push_back({.queue_id = handle.queue_id,
                  .delivery_id = handle.delivery_id,
                  .first = handle.queue_offset,
                  .end = handle.queue_offset + 1});
}

}  // namespace petrel::core
