// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/ack_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/check.h"

namespace petrel::core {
namespace {

using store::QueueOffset;

// A message whose queue entry led elsewhere is looked for again after this time.
constexpr int64_t kMismatchRetryMs = 100;
// Entries of one event, of which each is held against those before it.
constexpr size_t kAckRunMax = 64;

}  // namespace

Outcome delivery_is_over() {
  return {OutcomeCode::kInvalidReceiptHandle,
          "the delivery has expired, was acknowledged, or never took place"};
}

const GroupQueue* AckService::queue_of(const Subscription* subscription,
                                       const ReceiptHandle& handle) const {
  const GroupQueue* queue = subscription == nullptr ? nullptr : subscription->find(handle.queue_id);
  const GroupQueue::InFlight* delivery =
      queue == nullptr ? nullptr : queue->find(handle.queue_offset, handle.delivery_id);
  if (delivery == nullptr) {
    return nullptr;
  }
  const bool valid =
      delivery->visible_at_ms > parts_.time.log_ms || delivery->client != ClientId(0);
  return valid ? queue : nullptr;
}

// Neighbouring entries of one queue become one event.
void AckService::acknowledge(std::unique_ptr<AckRequest> request) {
  const Subscription* subscription = parts_.state.find_subscription(request->group, request->topic);
  bool changed = false;
  std::vector<QueueOffset> run;
  int32_t run_queue_id = -1;
  const auto end_run = [&] {
    if (!run.empty()) {
      acknowledge_run(*subscription, run_queue_id, run);
      changed = true;
      run.clear();
    }
  };
  for (AckRequest::Entry& entry : request->entries) {
    if (entry.handle.queue_id != run_queue_id || run.size() >= kAckRunMax) {
      end_run();
      run_queue_id = entry.handle.queue_id;
    }
    const bool twice = std::find(run.begin(), run.end(), entry.handle.queue_offset) != run.end();
    if (twice || queue_of(subscription, entry.handle) == nullptr) {
      entry.outcome = delivery_is_over();
    } else {
      run.push_back(entry.handle.queue_offset);
    }
  }
  end_run();
  if (changed) {
    parts_.outbox.after_commit(std::move(request));
  } else {
    parts_.outbox.now(std::move(request));
  }
}

void AckService::acknowledge_run(const Subscription& subscription, int32_t queue_id,
                                 const std::vector<QueueOffset>& offsets) {
  const GroupQueue* const queue = subscription.find(queue_id);
  PETREL_CHECK(queue != nullptr) << "queue " << queue_id << " was never begun";
  const bool was_full = !parts_.pop.may_take_new(*queue);
  parts_.changes.acknowledged({subscription.group_id(), subscription.topic_id(), queue_id},
                              offsets);
  if (was_full) {
    parts_.pop.freed(subscription);
  }
}

void AckService::entry_mismatch(const EntryMismatchRequest& request) {
  const Subscription* subscription = parts_.state.find_subscription(request.group, request.topic);
  if (subscription == nullptr) {
    return;
  }
  for (const ReceiptHandle& handle : request.handles) {
    const GroupQueue* position = subscription->find(handle.queue_id);
    store::ConsumeQueue* queue = parts_.store.find_queue(request.topic, handle.queue_id);
    if (position == nullptr || queue == nullptr ||
        position->find(handle.queue_offset, handle.delivery_id) == nullptr) {
      continue;
    }
    const Changes::Queue where{subscription->group_id(), subscription->topic_id(), handle.queue_id};
    if (parts_.store.distrust(queue, handle.queue_offset, handle.log_offset) ==
        store::MessageStore::Distrusted::kGone) {
      parts_.changes.acknowledged(where, {&handle.queue_offset, 1});
      parts_.pop.freed(*subscription);
      continue;
    }
    put_off(*subscription, *position, handle, kMismatchRetryMs);
  }
}

void AckService::give_back(const GiveBackRequest& request) {
  const Subscription* subscription = parts_.state.find_subscription(request.group, request.topic);
  for (const ReceiptHandle& handle : request.handles) {
    if (const GroupQueue* queue = queue_of(subscription, handle)) {
      put_off(*subscription, *queue, handle, request.comes_again_ms);
    }
  }
}

void AckService::put_off(const Subscription& subscription, const GroupQueue& queue,
                         const ReceiptHandle& handle, int64_t after_ms) {
  const int64_t visible_at_ms = parts_.time.log_ms + after_ms;
  parts_.changes.extended(
      {subscription.group_id(), subscription.topic_id(), handle.queue_id},
      {.offset = handle.queue_offset,
       .delivery_id = std::max(parts_.time.log_ms, queue.last_delivery_id() + 1),
       .visible_at_ms = visible_at_ms,
       .suspend = true});
  parts_.pop.due_at(subscription, visible_at_ms);
}

void AckService::change_invisible(std::unique_ptr<ChangeInvisibleRequest> request) {
  const Subscription* subscription = parts_.state.find_subscription(request->group, request->topic);
  ReceiptHandle& handle = request->handle;
  const GroupQueue* queue = queue_of(subscription, handle);
  if (queue == nullptr) {
    return parts_.outbox.refuse(delivery_is_over(), std::move(request));
  }
  const GroupQueue::Extension extension{
      .offset = handle.queue_offset,
      .delivery_id = std::max(parts_.time.log_ms, queue->last_delivery_id() + 1),
      .visible_at_ms = parts_.time.log_ms + request->invisible_ms,
      .suspend = request->suspend};
  parts_.changes.extended({subscription->group_id(), subscription->topic_id(), handle.queue_id},
                          extension);
  handle.delivery_id = extension.delivery_id;
  handle.invisible_ms = request->invisible_ms;
  parts_.pop.due_at(*subscription, extension.visible_at_ms);
  parts_.outbox.after_commit(std::move(request));
}

}  // namespace petrel::core
