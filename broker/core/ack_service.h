// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "broker/core/changes.h"
#include "broker/core/outbox.h"
#include "broker/core/pop_service.h"
#include "broker/core/request.h"
#include "broker/core/state.h"
#include "broker/core/turn_time.h"
#include "store/message_store.h"

namespace petrel::core {

// For a receipt handle that names no delivery which is still open.
Outcome delivery_is_over();

// What consumers say about deliveries: acknowledged, wanted later, not where the queue said. Core
// thread only.
class AckService {
 public:
  struct Parts {
    store::MessageStore& store;
    const BrokerState& state;
    Changes& changes;
    Outbox& outbox;
    PopService& pop;
    const TurnTime& time;
  };
  explicit AckService(const Parts& parts) : parts_(parts) {}

  void acknowledge(std::unique_ptr<AckRequest> request);
  void change_invisible(std::unique_ptr<ChangeInvisibleRequest> request);
  void entry_mismatch(const EntryMismatchRequest& request);
  void give_back(const GiveBackRequest& request);

  // Null if the delivery is over: expired, acknowledged, or never given.
  const GroupQueue* queue_of(const Subscription* subscription, const ReceiptHandle& handle) const;

 private:
  void acknowledge_run(const Subscription& subscription, int32_t queue_id,
                       const std::vector<store::QueueOffset>& offsets);
  // The delivery's message comes again after this time; that is no further attempt.
  void put_off(const Subscription& subscription, const GroupQueue& queue,
               const ReceiptHandle& handle, int64_t after_ms);

  const Parts parts_;
};

}  // namespace petrel::core
