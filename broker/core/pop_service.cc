// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/pop_service.h"

#include <algorithm>
#include <array>

#include "common/check.h"
#include "common/concat.h"

namespace petrel::core {
namespace {

using store::ConsumeQueue;
using store::QueueEntry;
using store::QueueOffset;

constexpr size_t kEntriesPerRead = 64;
constexpr size_t kTimersPerTurnMax = 1024;
// A receive that only waits for its queue page to be read is not kept longer than this.
constexpr int64_t kPageWaitUs = 2'000'000;
// A message whose queue entry led elsewhere is looked for again after this time.
constexpr int64_t kMismatchRetryMs = 100;

void finish(ReceiveRequest& request, OutcomeCode code, std::string text) {
  request.outcome = {code, std::move(text)};
}

bool valid_now(const GroupQueue::InFlight& delivery, int64_t now_ms) {
  return delivery.visible_at_ms > now_ms || !delivery.renew_client_id.empty();
}

}  // namespace

PopService::PopService(const Parts& parts, PostPage post_page)
    : options_(parts.options),
      store_(parts.store),
      state_(parts.state),
      journal_(parts.journal),
      outbox_(parts.outbox),
      liveness_(parts.liveness),
      post_page_(std::make_shared<PostPage>(std::move(post_page))) {}

PopService::~PopService() = default;

// --- receiving ---------------------------------------------------------------------------------

void PopService::receive(GroupState& group, TopicState& topic,
                         std::unique_ptr<ReceiveRequest> request) {
  Desk& desk = this->desk(state_.subscription(group, topic));
  const Served served = serve(desk, topic.config, *request);
  if (!request->deliveries.empty()) {
    outbox_.now(std::move(request));
    return;
  }
  int64_t deadline_us = request->wait_until_us;
  if (served.loading) deadline_us = std::max(deadline_us, time_.mono_us + kPageWaitUs);
  if (deadline_us <= time_.mono_us) {
    finish(*request, OutcomeCode::kNoMessage, "no new message");
    outbox_.now(std::move(request));
  } else if (waiting_receives() >= static_cast<size_t>(options_.waiting_receives_max)) {
    finish(*request, OutcomeCode::kOverloaded,
           concat("more than ", options_.waiting_receives_max, " receives wait already"));
    outbox_.now(std::move(request));
  } else {
    park(desk, std::move(request), deadline_us);
  }
}

PopService::Served PopService::serve(Desk& desk, const TopicConfig& topic,
                                     ReceiveRequest& request) {
  Served served;
  const auto queues = static_cast<size_t>(topic.read_queues);
  const bool any = request.queue_id < 0;
  const size_t first = any ? desk.rotation % queues : static_cast<size_t>(request.queue_id);
  const size_t count = any ? queues : 1;
  const auto batch = static_cast<size_t>(request.batch_size);
  for (size_t i = 0; i < count && request.deliveries.size() < batch; ++i) {
    const auto queue_id = static_cast<int32_t>((first + i) % queues);
    ConsumeQueue* queue = store_.queue(topic.name, queue_id);
    Look look{desk, begin_queue(desk, *queue), *queue, request, batch - request.deliveries.size()};
    std::vector<Found> found;
    collect_due(look, found);
    const QueueOffset next = collect_new(look, found);
    if (!found.empty()) {
      deliver(look, found, next);
      desk.rotation = static_cast<size_t>(queue_id) + 1;
    } else if (next > look.group_queue.next()) {
      look.group_queue.reposition(next);
      journal_.positioned({desk.subscription->group, desk.subscription->topic, queue_id}, next);
    }
    served.loading |= look.loading;
  }
  request.delivered_wall_ms = time_.wall_ms;
  return served;
}

QueueOffset PopService::start_of(const ConsumeQueue& queue) {
  return queue.min() == QueueOffset(0) ? queue.min() : queue.max();
}

GroupQueue& PopService::begin_queue(Desk& desk, ConsumeQueue& queue) {
  if (GroupQueue* known = desk.subscription->find(queue.queue_id())) return *known;
  GroupQueue& group_queue = desk.subscription->at(queue.queue_id());
  const QueueOffset start = start_of(queue);
  group_queue.reposition(start);
  journal_.positioned({desk.subscription->group, desk.subscription->topic, queue.queue_id()},
                      start);
  return group_queue;
}

// Deliveries whose invisible time ran out come first.
void PopService::collect_due(Look& look, std::vector<Found>& found) {
  scratch_offsets_.clear();
  look.group_queue.due(time_.wall_ms, std::max(look.room, kEntriesPerRead), scratch_offsets_);
  for (const QueueOffset offset : scratch_offsets_) {
    if (found.size() == look.room) return;
    if (renew(look.desk, look.group_queue, look.queue.queue_id(), offset)) continue;
    if (offset < look.queue.min()) {  // deleted by retention
      give_up(look, offset);
      continue;
    }
    QueueEntry entry;
    if (look.queue.read(offset, {&entry, 1}) == 0) {
      load(look.queue, offset);
      look.loading = true;
      return;
    }
    if (entry.is_hole()) {
      give_up(look, offset);
    } else if (may_take(look.request.filter.get(), entry.tags_code)) {
      found.push_back({offset, entry});
    }
  }
}

// Nobody can get the message any more.
void PopService::give_up(Look& look, QueueOffset offset) {
  look.group_queue.acknowledge(offset);
  journal_.acked(
      {look.desk.subscription->group, look.desk.subscription->topic, look.queue.queue_id()},
      offset);
}

// Returns the offset behind the last entry looked at.
QueueOffset PopService::collect_new(Look& look, std::vector<Found>& found) {
  QueueOffset cursor = std::max(look.group_queue.next(), look.queue.min());
  const size_t in_flight_max = static_cast<size_t>(options_.in_flight_per_queue_max);
  if (look.group_queue.in_flight().size() >= in_flight_max) return look.group_queue.next();
  std::array<QueueEntry, kEntriesPerRead> entries;
  int32_t refused = 0;
  while (found.size() < look.room && cursor < look.queue.max()) {
    const size_t wanted = look.request.filter == nullptr
                              ? std::min(look.room - found.size(), entries.size())
                              : entries.size();
    const size_t count = look.queue.read(cursor, {entries.data(), wanted});
    if (count == 0) {
      load(look.queue, cursor);
      look.loading = true;
      break;
    }
    for (size_t i = 0; i < count && found.size() < look.room; ++i, cursor += 1) {
      if (!entries[i].is_hole() && may_take(look.request.filter.get(), entries[i].tags_code)) {
        found.push_back({cursor, entries[i]});
      } else {
        ++refused;
      }
    }
    if (refused >= options_.scan_entries_max) {
      mark_dirty(look.desk);  // goes on after the others' turn
      look.loading = true;
      break;
    }
  }
  return cursor;
}

void PopService::deliver(Look& look, const std::vector<Found>& found, QueueOffset next) {
  const ReceiveRequest& request = look.request;
  const int64_t invisible_ms =
      request.auto_renew ? options_.renew_interval_ms : request.invisible_ms;
  GroupQueue::InFlight delivery{
      .delivery_id = std::max(time_.wall_ms, look.group_queue.last_delivery_id() + 1),
      .visible_at_ms = time_.wall_ms + invisible_ms};
  if (request.auto_renew) {
    delivery.renew_client_id = request.client_id;
    delivery.renew_until_ms = time_.wall_ms + options_.renew_total_ms;
  }
  scratch_offsets_.clear();
  for (const Found& message : found) {
    const int32_t attempt = look.group_queue.deliver(message.offset, delivery);
    scratch_offsets_.push_back(message.offset);
    look.request.deliveries.push_back(
        {.handle = {.queue_id = look.queue.queue_id(),
                    .queue_offset = message.offset,
                    .log_offset = message.entry.log_offset,
                    .delivery_id = delivery.delivery_id,
                    .invisible_ms = invisible_ms},
         .attempt = attempt,
         .record_size = message.entry.size,
         .record = store_.log().read_hot(message.entry.log_offset, message.entry.size)});
  }
  look.group_queue.advance(next);
  journal_.delivered(
      {look.desk.subscription->group, look.desk.subscription->topic, look.queue.queue_id()},
      scratch_offsets_, delivery, look.group_queue.next());
  arm(look.desk, delivery.visible_at_ms);
}

void PopService::load(ConsumeQueue& queue, QueueOffset from) {
  if (!loading_.insert(&queue).second) return;
  store_.load_queue_page(
      &queue, from,
      [post = post_page_, topic = queue.topic(), id = queue.queue_id()](
          absl::StatusOr<std::shared_ptr<store::MessageStore::LoadedPage>> page) {
        (*post)(topic, id, std::move(page));
      });
}

void PopService::page_loaded(
    std::string_view topic, int32_t queue_id,
    absl::StatusOr<std::shared_ptr<store::MessageStore::LoadedPage>> page) {
  ConsumeQueue* queue = store_.find_queue(topic, queue_id);
  if (queue == nullptr || loading_.erase(queue) == 0) return;  // deleted meanwhile
  if (page.ok()) {
    store_.finish_load(queue, *std::move(page));
    arrived(topic);
    return;
  }
  const TopicState* state = state_.find_topic(topic);
  if (state == nullptr) return;
  for (const auto& [group, subscription] : state->subscriptions) {
    const auto it = desks_.find(subscription);
    if (it == desks_.end()) continue;
    Desk& desk = *it->second;
    while (!desk.waiters.empty()) {
      auto request = unpark(desk, desk.waiters.begin());
      finish(*request, OutcomeCode::kStoreFailed, page.status().ToString());
      outbox_.now(std::move(request));
    }
  }
}

// --- waiting -----------------------------------------------------------------------------------

PopService::Desk& PopService::desk(Subscription& subscription) {
  auto& desk = desks_[&subscription];
  if (desk == nullptr) {
    desk = std::make_unique<Desk>();
    desk->subscription = &subscription;
    desk->sequence = next_sequence_++;
    // Deliveries from before a restart: they fall due, or are renewed, as if nothing had happened.
    arm(*desk, time_.wall_ms);
  }
  return *desk;
}

void PopService::mark_dirty(Desk& desk) {
  if (desk.dirty) return;
  desk.dirty = true;
  dirty_.push_back(&desk);
}

void PopService::park(Desk& desk, std::unique_ptr<ReceiveRequest> request, int64_t deadline_us) {
  const CancelId id = request->cancel_id;
  desk.waiters.push_back({std::move(request), deadline_us});
  const bool inserted =
      waiting_by_cancel_id_.emplace(id, WaiterPosition{&desk, std::prev(desk.waiters.end())})
          .second;
  PETREL_CHECK(inserted) << "two receives have the cancel id " << id;
  wait_deadlines_.emplace(deadline_us, id);
}

std::unique_ptr<ReceiveRequest> PopService::unpark(Desk& desk, std::list<Waiter>::iterator waiter) {
  const CancelId id = waiter->request->cancel_id;
  waiting_by_cancel_id_.erase(id);
  wait_deadlines_.erase({waiter->deadline_us, id});
  auto request = std::move(waiter->request);
  desk.waiters.erase(waiter);
  return request;
}

void PopService::arrived(std::string_view topic) {
  const TopicState* state = state_.find_topic(topic);
  if (state == nullptr) return;
  for (const auto& [group, subscription] : state->subscriptions) {
    const auto it = desks_.find(subscription);
    if (it != desks_.end() && !it->second->waiters.empty()) mark_dirty(*it->second);
  }
}

bool PopService::may_have_messages(const Desk& desk) {
  const TopicState* topic = state_.find_topic(desk.subscription->topic);
  for (int32_t id = 0; id < topic->config.read_queues; ++id) {
    const GroupQueue* group_queue = desk.subscription->find(id);
    if (group_queue == nullptr) return true;
    const ConsumeQueue* queue = store_.find_queue(desk.subscription->topic, id);
    if (queue != nullptr && group_queue->next() < queue->max()) return true;
    if (const auto at = group_queue->earliest_visible_at_ms(); at && *at <= time_.wall_ms) {
      return true;
    }
  }
  return false;
}

void PopService::serve_waiters(Desk& desk) {
  const TopicState* topic = state_.find_topic(desk.subscription->topic);
  for (auto waiter = desk.waiters.begin(); waiter != desk.waiters.end();) {
    if (!may_have_messages(desk)) return;
    const auto current = waiter++;
    serve(desk, topic->config, *current->request);
    if (!current->request->deliveries.empty()) outbox_.now(unpark(desk, current));
  }
}

void PopService::cancel(CancelId cancel_id) {
  const auto it = waiting_by_cancel_id_.find(cancel_id);
  if (it == waiting_by_cancel_id_.end()) return;
  const WaiterPosition position = it->second;
  auto request = unpark(*position.desk, position.waiter);
  finish(*request, OutcomeCode::kCancelled, "the caller went away");
  outbox_.now(std::move(request));
}

void PopService::expire_waiters() {
  while (!wait_deadlines_.empty() && wait_deadlines_.begin()->first <= time_.mono_us) {
    const WaiterPosition position = waiting_by_cancel_id_.at(wait_deadlines_.begin()->second);
    auto request = unpark(*position.desk, position.waiter);
    finish(*request, OutcomeCode::kNoMessage, "no new message");
    outbox_.now(std::move(request));
  }
}

void PopService::forget(Subscription& subscription, OutcomeCode code, const std::string& text) {
  const auto it = desks_.find(&subscription);
  if (it == desks_.end()) return;
  Desk& desk = *it->second;
  while (!desk.waiters.empty()) {
    auto request = unpark(desk, desk.waiters.begin());
    finish(*request, code, text);
    outbox_.now(std::move(request));
  }
  if (desk.armed_at_ms) visibility_timers_.erase({*desk.armed_at_ms, desk.sequence});
  std::erase(dirty_, &desk);
  for (size_t i = 0; i < subscription.queues.size(); ++i) {
    loading_.erase(store_.find_queue(subscription.topic, static_cast<int32_t>(i)));
  }
  desks_.erase(it);
}

void PopService::fail_all(OutcomeCode code, const std::string& text) {
  while (!waiting_by_cancel_id_.empty()) {
    const WaiterPosition position = waiting_by_cancel_id_.begin()->second;
    auto request = unpark(*position.desk, position.waiter);
    finish(*request, code, text);
    outbox_.now(std::move(request));
  }
}

// --- acknowledging -----------------------------------------------------------------------------

void PopService::acknowledge(std::unique_ptr<AckRequest> request) {
  Subscription* subscription = state_.find_subscription(request->group, request->topic);
  bool changed = false;
  for (AckRequest::Entry& entry : request->entries) {
    const ReceiptHandle& handle = entry.handle;
    GroupQueue* queue = subscription == nullptr ? nullptr : subscription->find(handle.queue_id);
    const GroupQueue::InFlight* delivery =
        queue == nullptr ? nullptr : queue->find(handle.queue_offset, handle.delivery_id);
    if (delivery == nullptr || !valid_now(*delivery, time_.wall_ms)) {
      entry.outcome = {OutcomeCode::kInvalidReceiptHandle,
                       "the delivery has expired, was acknowledged, or never took place"};
      continue;
    }
    const bool was_full =
        queue->in_flight().size() >= static_cast<size_t>(options_.in_flight_per_queue_max);
    queue->acknowledge(handle.queue_offset);
    journal_.acked({request->group, request->topic, handle.queue_id}, handle.queue_offset);
    changed = true;
    if (was_full) mark_dirty(desk(*subscription));
  }
  if (changed) {
    outbox_.after_commit(std::move(request));
  } else {
    outbox_.now(std::move(request));
  }
}

void PopService::entry_mismatch(const EntryMismatchRequest& request) {
  Subscription* subscription = state_.find_subscription(request.group, request.topic);
  if (subscription == nullptr) return;
  for (const ReceiptHandle& handle : request.handles) {
    GroupQueue* group_queue = subscription->find(handle.queue_id);
    ConsumeQueue* queue = store_.find_queue(request.topic, handle.queue_id);
    if (group_queue == nullptr || queue == nullptr ||
        group_queue->find(handle.queue_offset, handle.delivery_id) == nullptr) {
      continue;
    }
    const Journal::Queue name{request.group, request.topic, handle.queue_id};
    if (store_.distrust(queue, handle.queue_offset, handle.log_offset) ==
        store::MessageStore::Distrusted::kGone) {
      group_queue->acknowledge(handle.queue_offset);
      journal_.acked(name, handle.queue_offset);
      mark_dirty(desk(*subscription));
      continue;
    }
    const Journal::Extension extension{
        .offset = handle.queue_offset,
        .delivery_id = std::max(time_.wall_ms, group_queue->last_delivery_id() + 1),
        .visible_at_ms = time_.wall_ms + kMismatchRetryMs,
        .suspend = true};
    group_queue->extend(extension.offset, extension.delivery_id, extension.visible_at_ms,
                        extension.suspend, extension.keep_renewing);
    journal_.extended(name, extension);
    arm(desk(*subscription), extension.visible_at_ms);
  }
}

void PopService::change_invisible(std::unique_ptr<ChangeInvisibleRequest> request) {
  Subscription* subscription = state_.find_subscription(request->group, request->topic);
  ReceiptHandle& handle = request->handle;
  GroupQueue* queue = subscription == nullptr ? nullptr : subscription->find(handle.queue_id);
  const GroupQueue::InFlight* delivery =
      queue == nullptr ? nullptr : queue->find(handle.queue_offset, handle.delivery_id);
  if (delivery == nullptr || !valid_now(*delivery, time_.wall_ms)) {
    request->outcome = {OutcomeCode::kInvalidReceiptHandle,
                        "the delivery has expired, was acknowledged, or never took place"};
    outbox_.now(std::move(request));
    return;
  }
  const Journal::Extension extension{
      .offset = handle.queue_offset,
      .delivery_id = std::max(time_.wall_ms, queue->last_delivery_id() + 1),
      .visible_at_ms = time_.wall_ms + request->invisible_ms,
      .suspend = request->suspend};
  queue->extend(extension.offset, extension.delivery_id, extension.visible_at_ms, extension.suspend,
                extension.keep_renewing);
  journal_.extended({request->group, request->topic, handle.queue_id}, extension);
  handle.delivery_id = extension.delivery_id;
  handle.invisible_ms = request->invisible_ms;
  arm(desk(*subscription), extension.visible_at_ms);
  outbox_.after_commit(std::move(request));
}

// --- time --------------------------------------------------------------------------------------

bool PopService::renew(Desk& desk, GroupQueue& group_queue, int32_t queue_id, QueueOffset offset) {
  const GroupQueue::InFlight& delivery = group_queue.in_flight().at(offset);
  if (delivery.renew_client_id.empty() || delivery.renew_until_ms <= time_.wall_ms ||
      !liveness_.connected(delivery.renew_client_id)) {
    return false;
  }
  const Journal::Extension extension{.offset = offset,
                                     .delivery_id = delivery.delivery_id,
                                     .visible_at_ms = time_.wall_ms + options_.renew_interval_ms,
                                     .suspend = false,
                                     .keep_renewing = true};
  group_queue.extend(offset, extension.delivery_id, extension.visible_at_ms, extension.suspend,
                     extension.keep_renewing);
  journal_.extended({desk.subscription->group, desk.subscription->topic, queue_id}, extension);
  arm(desk, extension.visible_at_ms);
  return true;
}

void PopService::renew_due(Desk& desk) {
  std::optional<int64_t> next;
  for (size_t i = 0; i < desk.subscription->queues.size(); ++i) {
    GroupQueue* queue = desk.subscription->queues[i].get();
    if (queue == nullptr) continue;
    scratch_offsets_.clear();
    queue->due(time_.wall_ms, queue->in_flight().size(), scratch_offsets_);
    for (const QueueOffset offset : scratch_offsets_) {
      renew(desk, *queue, static_cast<int32_t>(i), offset);
    }
    const auto at = queue->next_visible_after_ms(time_.wall_ms);
    if (at && (!next || *at < *next)) next = at;
  }
  if (next) arm(desk, *next);
}

void PopService::arm(Desk& desk, int64_t at_ms) {
  if (desk.armed_at_ms && *desk.armed_at_ms <= at_ms) return;
  if (desk.armed_at_ms) visibility_timers_.erase({*desk.armed_at_ms, desk.sequence});
  desk.armed_at_ms = at_ms;
  visibility_timers_.emplace(std::pair(at_ms, desk.sequence), &desk);
}

void PopService::fire_timers() {
  for (size_t i = 0; i < kTimersPerTurnMax && !visibility_timers_.empty(); ++i) {
    const auto timer = visibility_timers_.begin();
    if (timer->first.first > time_.wall_ms) return;
    Desk& desk = *timer->second;
    visibility_timers_.erase(timer);
    desk.armed_at_ms.reset();
    renew_due(desk);
    if (!desk.waiters.empty()) mark_dirty(desk);
  }
}

void PopService::finish_turn() {
  fire_timers();
  for (Desk* desk : std::exchange(dirty_, {})) {
    desk->dirty = false;
    serve_waiters(*desk);
  }
  expire_waiters();
}

std::optional<int64_t> PopService::next_deadline_us() const {
  if (!dirty_.empty()) return time_.mono_us;
  std::optional<int64_t> deadline;
  if (!wait_deadlines_.empty()) deadline = wait_deadlines_.begin()->first;
  if (!visibility_timers_.empty()) {
    const int64_t in_ms = visibility_timers_.begin()->first.first - time_.wall_ms;
    const int64_t at_us = time_.mono_us + std::max<int64_t>(in_ms, 0) * 1000;
    if (!deadline || at_us < *deadline) deadline = at_us;
  }
  return deadline;
}

}  // namespace petrel::core
