// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "broker/core/state.h"
#include "broker/core/state_capture.h"
#include "common/concat.h"

// What the sources of BrokerState::apply() share: state_apply.cc and state_apply_queues.cc.
// Included by .cc files only.
namespace petrel::core {

inline absl::Status does_not_fit(std::string_view kind, std::string_view why) {
  return absl::DataLossError(concat("an event ", kind, ": ", why));
}

// A change of one queue, as the queue sees it.
class BrokerState::Changes : public QueueChanges {
 public:
  Changes(BrokerState& state, const Subscription& subscription, int32_t queue_id)
      : QueueChanges(state.running_capture()),
        state_(state),
        subscription_(subscription),
        queue_id_(queue_id) {}

  void save_head(const GroupQueue& queue) override {
    state_.capture_->save_head(subscription_, queue_id_, queue);
  }
  void save_chunk(const OpenChunk& chunk) override {
    state_.capture_->save_chunk(subscription_, queue_id_, chunk);
  }
  void count(ClientId client, int64_t open_deliveries) override {
    state_.clients_.count(client, open_deliveries);
  }

 private:
  BrokerState& state_;
  const Subscription& subscription_;
  const int32_t queue_id_;
};

}  // namespace petrel::core
