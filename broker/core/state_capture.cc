// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/state_capture.h"

#include <algorithm>
#include <limits>

#include "broker/core/state_codec.h"
#include "common/check.h"

namespace petrel::core {
namespace {

using state::v1::Snapshot;

template <typename Message>
void set_place(const Subscription& subscription, int32_t queue_id, Message& into) {
  into.set_group_id(subscription.group_id().value());
  into.set_topic_id(subscription.topic_id().value());
  into.set_queue_id(queue_id);
}

}  // namespace

StateCapture::StateCapture(uint32_t number, const BrokerState& state) : number_(number) {
  last_.set_config_version(state.config_version());
  last_.set_adopted(state.adopted());
  last_.set_last_client_id(state.clients().last_id().value());
  last_.mutable_counts();
}

bool StateCapture::claim(uint32_t& saved_in) const {
  if (number_ == 0) {
    return true;
  }
  PETREL_CHECK_LE(saved_in, number_) << "a capture came after this one";
  if (saved_in == number_) {
    return false;
  }
  saved_in = number_;
  return true;
}

// --- saving --------------------------------------------------------------------------------------

void StateCapture::save(const TopicState& topic) {
  if (!claim(topic.capture)) {
    return;
  }
  state::v1::Topic message;
  to_proto(topic.config, message);
  pieces_.add(Snapshot::kTopicsFieldNumber, message);
  last_.mutable_counts()->set_topics(last_.counts().topics() + 1);
}

void StateCapture::save(const GroupState& group) {
  if (!claim(group.capture)) {
    return;
  }
  state::v1::Group message;
  to_proto(group.config, message);
  pieces_.add(Snapshot::kGroupsFieldNumber, message);
  last_.mutable_counts()->set_groups(last_.counts().groups() + 1);
}

void StateCapture::save(const ClientTable::Client& client) {
  if (!claim(client.capture)) {
    return;
  }
  Snapshot::Client message;
  message.set_client_id(client.id.value());
  message.set_name(client.name);
  pieces_.add(Snapshot::kClientsFieldNumber, message);
  last_.mutable_counts()->set_clients(last_.counts().clients() + 1);
}

void StateCapture::save_head(const Subscription& subscription, int32_t queue_id,
                             const GroupQueue& queue) {
  if (!claim(queue.head_capture())) {
    return;
  }
  set_place(subscription, queue_id, queue_message_);
  queue_message_.set_next_offset(queue.next().value());
  queue_message_.set_last_delivery_id(queue.last_delivery_id());
  pieces_.add(Snapshot::kQueuesFieldNumber, queue_message_);
  last_.mutable_counts()->set_queues(last_.counts().queues() + 1);
}

void StateCapture::save_chunk(const Subscription& subscription, int32_t queue_id,
                              const OpenChunk& chunk) {
  if (!claim(chunk.capture)) {
    return;
  }
  chunk_message_.Clear();
  set_place(subscription, queue_id, chunk_message_);
  to_proto(chunk, chunk_message_);
  pieces_.add(Snapshot::kChunksFieldNumber, chunk_message_);
  last_.mutable_counts()->set_chunks(last_.counts().chunks() + 1);
}

void StateCapture::keep(std::unique_ptr<Subscription> removed) {
  const std::pair key(removed->group_id(), removed->topic_id());
  const bool walked =
      phase_ > Phase::kQueues || (phase_ == Phase::kQueues && key < next_subscription_);
  if (!walked) {
    removed_.push_back(std::move(removed));
  }
}

// --- the walk ------------------------------------------------------------------------------------

bool StateCapture::some(const BrokerState& state, size_t bytes_max) {
  bytes_max = std::max(bytes_max, kSliceBytesMin);
  const size_t used = looks_ * kBytesPerLook + pieces_.bytes();
  slice_end_ = bytes_max > std::numeric_limits<size_t>::max() - used
                   ? std::numeric_limits<size_t>::max()
                   : used + bytes_max;
  while (phase_ != Phase::kDone) {
    if (!walk(state)) {
      return false;
    }
    phase_ = static_cast<Phase>(static_cast<int>(phase_) + 1);
    if (phase_ == Phase::kDone) {
      finish();
    }
  }
  return true;
}

// False when the slice is used before the phase is over.
bool StateCapture::walk(const BrokerState& state) {
  const auto walk_map = [this](const auto& map, auto& next_id) {
    for (auto it = map.lower_bound(next_id); it != map.end(); ++it, ++looks_) {
      next_id = it->first;
      if (slice_used()) {
        return false;
      }
      save(*it->second);
    }
    return true;
  };
  switch (phase_) {
    case Phase::kTopics:
      return walk_map(state.topics_, next_topic_);
    case Phase::kGroups:
      return walk_map(state.groups_, next_group_);
    case Phase::kClients:
      return walk_map(state.clients_.all(), next_client_);
    case Phase::kQueues:
      return walk_queues(state);
    case Phase::kRemoved:
      return walk_removed();
    case Phase::kDone:
      break;
  }
  return true;
}

bool StateCapture::walk_queues(const BrokerState& state) {
  auto it = state.subscriptions_.lower_bound(next_subscription_);
  for (; it != state.subscriptions_.end(); ++it) {
    if (it->first != next_subscription_) {
      next_subscription_ = it->first;
      cursor_ = {};
    }
    if (!walk_subscription(*it->second)) {
      return false;
    }
  }
  cursor_ = {};
  return true;
}

bool StateCapture::walk_removed() {
  for (; !removed_.empty(); removed_.pop_front(), cursor_ = {}) {
    if (!walk_subscription(*removed_.front())) {
      return false;
    }
  }
  return true;
}

bool StateCapture::walk_subscription(const Subscription& subscription) {
  while (cursor_.queue_id < subscription.queue_id_end()) {
    const GroupQueue* const queue = subscription.find(cursor_.queue_id);
    if (slice_used()) {
      return false;
    }
    ++looks_;
    if (queue != nullptr && !walk_queue(subscription, *queue)) {
      return false;
    }
    cursor_ = {.queue_id = cursor_.queue_id + 1};
  }
  return true;
}

bool StateCapture::walk_queue(const Subscription& subscription, const GroupQueue& queue) {
  if (!cursor_.head_done) {
    save_head(subscription, cursor_.queue_id, queue);
    cursor_.head_done = true;
  }
  const auto& chunks = queue.chunks();
  for (auto it = chunks.lower_bound(cursor_.base); it != chunks.end(); ++it, ++looks_) {
    cursor_.base = it->first;
    if (slice_used()) {
      return false;
    }
    save_chunk(subscription, cursor_.queue_id, it->second);
  }
  return true;
}

void StateCapture::finish() {
  last_.set_format(kSnapshotFormat);
  pieces_.add_fields(last_);
}

std::vector<std::string> StateCapture::take() && {
  PETREL_CHECK(phase_ == Phase::kDone) << "a capture is taken before it is over";
  return std::move(pieces_).take();
}

}  // namespace petrel::core
