// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/journal.h"

#include "broker/core/state_codec.h"
#include "petrel/state/v1/state.pb.h"

namespace petrel::core {
namespace {

constexpr size_t kEventBytes = 48;  // a guess beside the names

template <typename Event>
void set_queue(const Journal::Queue& queue, Event& event) {
  event.set_group(queue.group.data(), queue.group.size());
  event.set_topic(queue.topic.data(), queue.topic.size());
  event.set_queue_id(queue.queue_id);
}

}  // namespace

struct Journal::Impl {
  state::v1::StateRecord record;

  // The last event, if it acknowledges messages of this queue.
  state::v1::Acked* last_acked(const Queue& queue) {
    if (record.events().empty()) return nullptr;
    auto& last = *record.mutable_events()->rbegin();
    if (!last.has_acked()) return nullptr;
    auto& acked = *last.mutable_acked();
    const bool same = acked.queue_id() == queue.queue_id && acked.topic() == queue.topic &&
                      acked.group() == queue.group;
    return same ? &acked : nullptr;
  }
};

Journal::Journal(int64_t record_bytes)
    : record_bytes_(static_cast<size_t>(record_bytes)), impl_(std::make_unique<Impl>()) {}
Journal::~Journal() = default;

size_t Journal::bytes_of(const TopicConfig& topic) { return kEventBytes + topic.name.size(); }
size_t Journal::bytes_of(const std::string& deleted_name) {
  return kEventBytes + deleted_name.size();
}
size_t Journal::bytes_of(const GroupConfig& group) {
  return kEventBytes + group.name.size() + 8 * group.backoff_ms.size();
}

void Journal::topic_set(const TopicConfig& topic) {
  to_proto(topic, *impl_->record.add_events()->mutable_topic_set());
  bytes_estimate_ += bytes_of(topic);
}

void Journal::topic_deleted(std::string_view name, int64_t version) {
  deletes_topic_ = true;
  auto& event = *impl_->record.add_events()->mutable_topic_deleted();
  event.set_name(name.data(), name.size());
  event.set_version(version);
  bytes_estimate_ += kEventBytes + name.size();
}

void Journal::group_set(const GroupConfig& group) {
  to_proto(group, *impl_->record.add_events()->mutable_group_set());
  bytes_estimate_ += bytes_of(group);
}

void Journal::group_deleted(std::string_view name, int64_t version) {
  auto& event = *impl_->record.add_events()->mutable_group_deleted();
  event.set_name(name.data(), name.size());
  event.set_version(version);
  bytes_estimate_ += kEventBytes + name.size();
}

void Journal::delivered(const Queue& queue, std::span<const store::QueueOffset> offsets,
                        const GroupQueue::InFlight& delivery, store::QueueOffset next) {
  auto& event = *impl_->record.add_events()->mutable_delivered();
  set_queue(queue, event);
  event.mutable_offsets()->Reserve(static_cast<int>(offsets.size()));
  for (const store::QueueOffset offset : offsets) event.add_offsets(offset.value());
  event.set_delivery_id(delivery.delivery_id);
  event.set_visible_at_ms(delivery.visible_at_ms);
  event.set_next_offset(next.value());
  event.set_renew_client_id(delivery.renew_client_id);
  event.set_renew_until_ms(delivery.renew_until_ms);
  bytes_estimate_ += kEventBytes + queue.group.size() + queue.topic.size() + 6 * offsets.size() +
                     delivery.renew_client_id.size();
}

void Journal::acked(const Queue& queue, store::QueueOffset offset) {
  auto* event = impl_->last_acked(queue);
  if (event == nullptr) {
    event = impl_->record.add_events()->mutable_acked();
    set_queue(queue, *event);
    bytes_estimate_ += kEventBytes + queue.group.size() + queue.topic.size();
  }
  event->add_offsets(offset.value());
  bytes_estimate_ += 6;
}

void Journal::extended(const Queue& queue, const Extension& extension) {
  auto& event = *impl_->record.add_events()->mutable_extended();
  set_queue(queue, event);
  event.set_offset(extension.offset.value());
  event.set_delivery_id(extension.delivery_id);
  event.set_visible_at_ms(extension.visible_at_ms);
  event.set_suspend(extension.suspend);
  event.set_keep_renewing(extension.keep_renewing);
  bytes_estimate_ += kEventBytes + queue.group.size() + queue.topic.size();
}

void Journal::positioned(const Queue& queue, store::QueueOffset next) {
  auto& event = *impl_->record.add_events()->mutable_positioned();
  set_queue(queue, event);
  event.set_next_offset(next.value());
  bytes_estimate_ += kEventBytes + queue.group.size() + queue.topic.size();
}

void Journal::adopted(std::string_view fingerprint) {
  impl_->record.add_events()->mutable_adopted()->set_fingerprint(fingerprint.data(),
                                                                 fingerprint.size());
  bytes_estimate_ += kEventBytes + fingerprint.size();
}

bool Journal::empty() const { return impl_->record.events().empty(); }

std::string Journal::take() {
  std::string body = impl_->record.SerializeAsString();
  impl_->record.Clear();  // keeps the memory for the next turn
  bytes_estimate_ = 0;
  deletes_topic_ = false;
  return body;
}

}  // namespace petrel::core
