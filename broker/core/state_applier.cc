// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/state_applier.h"

#include "broker/core/changes.h"
#include "broker/core/first_format.h"
#include "broker/core/move_origin.h"
#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"
#include "petrel/state/v1/state.pb.h"
#include "store/log/record.h"

namespace petrel::core {

void StateApplier::attach(store::MessageStore& store, Follower* follower) {
  store_ = &store;
  follower_ = follower;
}

absl::Status StateApplier::restore(store::MessageStore& store, std::span<const std::string> state) {
  store_ = &store;
  knows_beginning_ = !state.empty();
  PETREL_RETURN_IF_ERROR(state_.restore(state));
  return state.size() == 1 ? restore_totals(state.front()) : absl::OkStatus();
}

// In the first format, which was one piece, the owner's state told what the messages of queues come
// to.
absl::Status StateApplier::restore_totals(const std::string& piece) {
  PETREL_ASSIGN_OR_RETURN(const auto all, first_format_totals(piece));
  for (const FirstFormatTotals& totals : all) {
    store_->restore_totals(
        totals.topic, totals.queue_id,
        {.bytes = totals.bytes, .oldest_ms = totals.oldest_ms, .newest_ms = totals.newest_ms});
  }
  return absl::OkStatus();
}

absl::Status StateApplier::apply(store::MessageStore& store, const store::RecordView& record) {
  PETREL_CHECK(&store == store_);
  PETREL_CHECK_LE(store.applied().value(), record.log_offset.value()) << "a record comes twice";
  if (record.topic != kStateTopic) {
    return apply_move(record);
  }
  absl::Status applied;
  if (!knows_beginning_ && record.queue_offset > store::QueueOffset(0)) {
    applied = absl::DataLossError(concat("this is state record ", record.queue_offset.value(),
                                         ", those before are deleted, and there is no snapshot; "
                                         "restore a file of snapshots/ from a copy"));
  } else {
    knows_beginning_ = true;
    applied = applied_already_ ? absl::OkStatus() : apply_events(record.body);
  }
  if (applied.ok()) {
    return applied;
  }
  return {applied.code(),
          concat("log offset ", record.log_offset.value(), ": ", applied.message())};
}

// The topic or the group may be gone: then there is no origin to end.
absl::Status StateApplier::apply_move(const store::RecordView& record) {
  const std::optional<MoveOrigin> origin = move_origin(record);
  if (!origin.has_value() || state_.find_subscription(origin->group, origin->topic) == nullptr) {
    return absl::OkStatus();
  }
  state::v1::Event event;
  state::v1::Acknowledged& ended = *event.mutable_acknowledged();
  ended.set_group_id(origin->group.value());
  ended.set_topic_id(origin->topic.value());
  ended.set_queue_id(origin->queue_id);
  ended.add_offsets(origin->offset.value());
  return state_.apply(event);
}

absl::Status StateApplier::apply_events(std::string_view body) {
  state::v1::StateRecord record;
  if (!record.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return absl::DataLossError("a state record does not parse");
  }
  for (const state::v1::Event& event : record.events()) {
    PETREL_RETURN_IF_ERROR(state_.apply(event));
  }
  return absl::OkStatus();
}

bool StateApplier::required(std::string_view topic) const { return topic == kStateTopic; }

// --- what events did ---------------------------------------------------------------------------

void StateApplier::topic_set(const TopicState& topic) {
  publications_.topic_set(store_->applied(), topic.config);
  if (follower_ != nullptr) {
    follower_->topic_changed(topic);
  }
}

void StateApplier::group_set(const GroupState& group) {
  publications_.group_set(store_->applied(), group.config);
  if (follower_ != nullptr) {
    follower_->group_changed(group);
  }
}

void StateApplier::topic_removed(const TopicState& topic, int64_t version) {
  publications_.topic_removed(store_->applied(), topic.config, version);
  if (follower_ != nullptr) {
    follower_->topic_gone(topic);
  }
  store_->delete_topic(topic.config.name);
}

void StateApplier::group_removed(const GroupState& group, int64_t version) {
  publications_.group_removed(store_->applied(), group.config, version);
  if (follower_ != nullptr) {
    follower_->group_gone(group);
  }
}

void StateApplier::subscription_removed(const Subscription& subscription) {
  if (follower_ != nullptr) {
    follower_->subscription_gone(subscription);
  }
}

void StateApplier::queue_shortened(const QueueShortening& shortening) {
  store_->move_min(shortening.topic, shortening.queue_id,
                   {.min = shortening.min,
                    .front = shortening.front,
                    .empty = shortening.empty,
                    .bytes = shortening.bytes,
                    .oldest_ms = shortening.oldest_ms});
}

void StateApplier::queue_skipped(std::string_view topic, int32_t queue_id,
                                 store::QueueOffset next) {
  store_->skip_to(topic, queue_id, next);
}

void StateApplier::log_begin(store::LogOffset begin) { store_->move_begin(begin); }

}  // namespace petrel::core
