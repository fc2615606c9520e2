// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "broker/core/catalog.h"
#include "broker/core/log_writer.h"
#include "broker/core/options.h"
#include "broker/core/outbox.h"
#include "broker/core/request.h"
#include "broker/core/service.h"
#include "store/message_store.h"

namespace petrel::core {

// Stores messages: picks a queue, appends, and lets the reply wait for what it promises. Core
// thread only. Refuses early, with a defined outcome, when the disk is full or does not keep up.
class SendService final : public Service {
 public:
  struct Parts {
    const CoreOptions& options;
    store::MessageStore& store;
    Catalog& catalog;
    LogWriter& writer;
    Outbox& outbox;
  };
  explicit SendService(const Parts& parts) : parts_(parts) {}

  void send(std::unique_ptr<SendRequest> request);
  // Whether the disk has no room for messages; deletions, acknowledgements and the like go on.
  void set_disk_full(bool full) { disk_full_ = full; }
  void topic_gone(TopicId topic) { turns_.erase(topic); }

 private:
  Outcome check(const SendRequest& request) const;
  Outcome append_all(const TopicState& topic, SendRequest& request);
  // The queues of a topic in turn.
  int32_t next_queue(const TopicConfig& topic);

  const Parts parts_;
  bool disk_full_ = false;
  absl::flat_hash_map<TopicId, uint32_t> turns_;
};

}  // namespace petrel::core
