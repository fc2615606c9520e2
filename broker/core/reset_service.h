// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "broker/core/changes.h"
#include "broker/core/core_port.h"
#include "broker/core/log_writer.h"
#include "broker/core/outbox.h"
#include "broker/core/pop_service.h"
#include "broker/core/request.h"
#include "broker/core/state.h"
#include "store/message_store.h"

namespace petrel::core {

// Moves groups to another place of what they consume, while they do. Core thread only.
//
// All queues of a request move in one turn. What was open in them ends, also below the new
// position: what somebody works on would come again otherwise, though the group was moved past it.
// Its receipt handles are refused from then on, and never mean a later delivery, as delivery ids of
// a queue go on growing.
//
// Where a time is in a queue is searched in the background, some queues of a reset at a time;
// nothing has moved before all are known. Searches are not state: they end with the engine.
class ResetService {
 public:
  // All outlive this; `self` is where a search's result is posted (ResetPointFound).
  struct Parts {
    store::MessageStore& store;
    const BrokerState& state;
    Changes& changes;
    LogWriter& writer;
    Outbox& outbox;
    PopService& pop;
    CorePort& self;
  };
  explicit ResetService(const Parts& parts) : parts_(parts) {}

  // Refused: a group, topic or queue that is not there (kGroupNotFound, kTopicNotFound,
  // kInvalidArgument), an offset of more than one queue, and a second one of a group whose queues
  // are being searched (kOverloaded).
  void reset(std::unique_ptr<ResetGroupRequest> request);
  void found(uint64_t reset, size_t queue, const absl::StatusOr<store::QueueOffset>& found);
  // Nothing is decided any more: answers those that search.
  void end_work(const Outcome& outcome);

 private:
  struct Place {
    Changes::Queue where;
    std::optional<store::QueueOffset> found;  // of a time
  };
  struct Run {
    std::unique_ptr<ResetGroupRequest> request;
    std::vector<Place> targets;
    size_t asked = 0;  // of the targets, in their order
    size_t searching = 0;
  };
  Outcome refuse(const ResetGroupRequest& request) const;
  Outcome collect(const ResetGroupRequest& request, std::vector<Place>& targets) const;
  bool is_searching(const ResetGroupRequest& request) const;
  void search_on(uint64_t id, Run& run);
  // Why what was searched for is not to be decided, if so.
  Outcome refuse_late(const Run& run) const;
  void finish(Run run);
  ResetGroupRequest::Queue plan(const ResetGroupRequest& request, const Place& target) const;
  void move(const Run& run);

  const Parts parts_;
  std::map<uint64_t, Run> runs_;  // those that search
  uint64_t last_id_ = 0;
};

}  // namespace petrel::core
