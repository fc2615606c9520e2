// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "broker/core/ack_service.h"
#include "broker/core/catalog.h"
#include "broker/core/changes.h"
#include "broker/core/log_writer.h"
#include "broker/core/message_observer.h"
#include "broker/core/move_origin.h"
#include "broker/core/outbox.h"
#include "broker/core/pop_service.h"
#include "broker/core/record_loader.h"
#include "broker/core/request.h"
#include "broker/core/service.h"
#include "broker/core/state.h"
#include "broker/core/turn_time.h"
#include "store/message_store.h"

namespace petrel::core {

// Moves messages that a group gives up to its dead letter queue, the topic %DLQ%group: because a
// client says so, or because they are due again after their last attempt, whether anybody asks for
// messages or not. The copy's record ends the delivery (move_origin.h). Core thread only.
//
// A message is read first, perhaps from the disk; meanwhile it may be acknowledged, which then
// counts. A bounded number of moves is under way; what is due beyond is found again.
class DeadLetterService final : public Service {
 public:
  struct Parts {
    const CoreOptions& options;
    store::MessageStore& store;
    const BrokerState& state;
    Catalog& catalog;
    LogWriter& writer;
    Outbox& outbox;
    PopService& pop;
    AckService& acks;
    RecordLoader& records;
    const TurnTime& time;
    MessageObserver* observer;  // may be null
  };
  explicit DeadLetterService(const Parts& parts) : parts_(parts) {}

  void forward(std::unique_ptr<DeadLetterRequest> request);

  // --- Service ---
  void finish_turn() override;
  std::optional<int64_t> next_deadline_us() const override;
  void end_work(const Outcome& outcome) override;

 private:
  struct Move {
    int64_t delivery_id = 0;                                // of the delivery that it ends
    std::vector<std::unique_ptr<DeadLetterRequest>> asked;  // none: it is past its last attempt
    std::optional<store::QueueEntry> entry;
    int64_t page_wanted_at_ms = 0;  // when the entry's page is asked for next
    bool loading = false;
    std::optional<absl::StatusOr<store::LogSlice>> record;  // when it was read
    int64_t held_bytes() const {
      return entry.has_value() && (loading || record.has_value()) ? entry->size : 0;
    }
  };

  void take_exhausted();
  bool is_wanted(const Subscription& subscription, const GroupQueue& queue,
                 const MoveOrigin& origin, const Move& move) const;
  // Null: there is nothing to end, or no reason to any more.
  const Subscription* open(const MoveOrigin& origin, const Move& move) const;
  void load_some();
  void load(const MoveOrigin& origin, Move& move);
  bool find_entry(const Subscription& subscription, const MoveOrigin& origin, Move& move);
  void drop(const MoveOrigin& origin, Move& move);
  bool has_room() const;
  // Its record was read, or cannot be.
  void end(const Subscription& subscription, const MoveOrigin& origin, Move& move);
  absl::Status append(const Subscription& subscription, const MoveOrigin& origin, const Move& move);
  absl::StatusOr<std::string> copy(const Subscription& subscription, const MoveOrigin& origin,
                                   const Move& move) const;
  void tell_mismatch(const Subscription& subscription, const MoveOrigin& origin, const Move& move);
  void answer(Move& move, const Outcome& outcome);

  const Parts parts_;
  absl::btree_map<MoveOrigin, Move> moves_;
};

}  // namespace petrel::core
