// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/changes.h"

#include <algorithm>
#include <utility>

#include "broker/core/state_codec.h"
#include "common/check.h"
#include "petrel/state/v1/state.pb.h"

namespace petrel::core {
namespace {

constexpr int64_t kRecordBytes = 1 << 20;  // enough for a record
constexpr size_t kEventBytes = 48;         // about, beside names
// Clients that are remembered though they have no delivery, and how many go at a time beyond.
constexpr size_t kIdleClientsMax = 4096;
constexpr size_t kIdleClientsForgotten = 256;

template <typename Event>
void set_queue(const Changes::Queue& queue, Event& event) {
  event.set_group_id(queue.group.value());
  event.set_topic_id(queue.topic.value());
  event.set_queue_id(queue.queue_id);
}

// What messages that are appended meanwhile have nothing to do with.
bool concerns_consumption(const state::v1::Event& event) {
  switch (event.event_case()) {
    case state::v1::Event::kClientSet:
    case state::v1::Event::kClientRemoved:
    case state::v1::Event::kDelivery:
    case state::v1::Event::kAcknowledged:
    case state::v1::Event::kExtension:
    case state::v1::Event::kPosition:
      return true;
    default:
      return false;
  }
}

}  // namespace

struct Changes::Impl {
  state::v1::StateRecord record;
  state::v1::Event& add() { return *record.add_events(); }
  const state::v1::Event& last() const { return *record.events().rbegin(); }
};

Changes::Changes(BrokerState& state, const CoreOptions& options)
    : state_(state), options_(options), impl_(std::make_unique<Impl>()) {}
Changes::~Changes() = default;

size_t Changes::bytes_of(const TopicConfig& topic) { return kEventBytes + topic.name.size(); }
size_t Changes::bytes_of(const std::string& deleted_name) {
  return kEventBytes + deleted_name.size();
}
size_t Changes::bytes_of(const GroupConfig& group) {
  // Beside the backoff: where it begins, which is three numbers, and how often it is delivered.
  return kEventBytes + 32 + group.name.size() + 8 * group.backoff_ms.size();
}

void Changes::apply_last() {
  const state::v1::Event& event = impl_->last();
  ordered_ = ordered_ || !concerns_consumption(event);
  PETREL_CHECK_OK(state_.apply(event)) << event.ShortDebugString();
  bytes_ += event.ByteSizeLong() + 3;
}

int64_t Changes::next_version() const { return state_.config_version() + 1; }

// --- topics and groups -------------------------------------------------------------------------

void Changes::set_topic(TopicConfig config) {
  const TopicState* known = state_.find_topic(config.name);
  config.version = next_version();
  config.incarnation = known == nullptr ? config.version : known->config.incarnation;
  to_proto(config, *impl_->add().mutable_topic_set()->mutable_topic());
  apply_last();
}

void Changes::remove_topic(const TopicState& topic) {
  auto& event = *impl_->add().mutable_topic_removed();
  event.set_topic_id(topic.id().value());
  event.set_version(next_version());
  apply_last();
}

void Changes::set_group(GroupConfig config) {
  const GroupState* known = state_.find_group(config.name);
  config.version = next_version();
  config.incarnation = known == nullptr ? config.version : known->config.incarnation;
  to_proto(config, *impl_->add().mutable_group_set()->mutable_group());
  apply_last();
}

void Changes::remove_group(const GroupState& group) {
  auto& event = *impl_->add().mutable_group_removed();
  event.set_group_id(group.id().value());
  event.set_version(next_version());
  apply_last();
}

void Changes::adopted(std::string_view fingerprint) {
  impl_->add().mutable_adopted()->set_fingerprint(fingerprint.data(), fingerprint.size());
  apply_last();
}

// --- consumption -------------------------------------------------------------------------------

ClientId Changes::client(std::string_view name) {
  if (const auto known = state_.find_client(name)) {
    return *known;
  }
  if (state_.clients().idle_count() >= kIdleClientsMax) {
    forget_idle_clients();
  }
  const ClientId id = state_.next_client_id();
  auto& event = *impl_->add().mutable_client_set();
  event.set_client_id(id.value());
  event.set_name(name.data(), name.size());
  apply_last();
  return id;
}

void Changes::forget_idle_clients() {
  for (const ClientId id : state_.clients().idle(kIdleClientsForgotten)) {
    impl_->add().mutable_client_removed()->set_client_id(id.value());
    apply_last();
  }
}

void Changes::delivered(const Queue& queue, std::span<const store::QueueOffset> offsets,
                        const GroupQueue::InFlight& delivery, store::QueueOffset next) {
  auto& event = *impl_->add().mutable_delivery();
  set_queue(queue, event);
  event.mutable_offsets()->Reserve(static_cast<int>(offsets.size()));
  for (const store::QueueOffset offset : offsets) {
    event.add_offsets(offset.value());
  }
  event.set_delivery_id(delivery.delivery_id);
  event.set_visible_at_ms(delivery.visible_at_ms);
  event.set_next_offset(next.value());
  event.set_client_id(delivery.client.value());
  event.set_renew_until_ms(delivery.renew_until_ms);
  apply_last();
}

void Changes::acknowledged(const Queue& queue, std::span<const store::QueueOffset> offsets) {
  auto& event = *impl_->add().mutable_acknowledged();
  set_queue(queue, event);
  event.mutable_offsets()->Reserve(static_cast<int>(offsets.size()));
  for (const store::QueueOffset offset : offsets) {
    event.add_offsets(offset.value());
  }
  apply_last();
}

void Changes::extended(const Queue& queue, const GroupQueue::Extension& extension) {
  auto& event = *impl_->add().mutable_extension();
  set_queue(queue, event);
  event.set_offset(extension.offset.value());
  event.set_delivery_id(extension.delivery_id);
  event.set_visible_at_ms(extension.visible_at_ms);
  event.set_suspend(extension.suspend);
  event.set_keep_renewing(extension.keep_renewing);
  apply_last();
}

void Changes::positioned(const Queue& queue, store::QueueOffset next) {
  auto& event = *impl_->add().mutable_position();
  set_queue(queue, event);
  event.set_next_offset(next.value());
  apply_last();
}

void Changes::reset(const Queue& queue, store::QueueOffset next) {
  auto& event = *impl_->add().mutable_position();
  set_queue(queue, event);
  event.set_next_offset(next.value());
  event.set_end_open(true);
  apply_last();
}

// --- queues and the log ------------------------------------------------------------------------

void Changes::queue_shortened(std::string_view topic, int32_t queue_id,
                              const store::MinMove& move) {
  auto& event = *impl_->add().mutable_queue_shortened();
  event.set_topic(topic.data(), topic.size());
  event.set_queue_id(queue_id);
  event.set_min(move.min.value());
  event.set_front(move.front.value());
  event.set_empty(move.empty);
  event.set_bytes(move.bytes);
  event.set_oldest_ms(move.oldest_ms);
  apply_last();
}

void Changes::queue_skipped(std::string_view topic, int32_t queue_id, store::QueueOffset next) {
  auto& event = *impl_->add().mutable_queue_skipped();
  event.set_topic(topic.data(), topic.size());
  event.set_queue_id(queue_id);
  event.set_next(next.value());
  apply_last();
}

void Changes::log_begins(store::LogOffset begin) {
  impl_->add().mutable_log_begin()->set_offset(begin.value());
  apply_last();
}

// --- the record --------------------------------------------------------------------------------

bool Changes::full() const {
  return static_cast<int64_t>(bytes_) >=
         std::min(kRecordBytes, options_.state_record_bytes_max / 4);
}

bool Changes::empty() const { return impl_->record.events().empty(); }

std::string Changes::take() {
  std::string body = impl_->record.SerializeAsString();
  impl_->record.Clear();  // keeps the memory for the next turn
  bytes_ = 0;
  ordered_ = false;
  return body;
}

}  // namespace petrel::core
