// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/pop_service.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "broker/core/events.h"
#include "common/check.h"
#include "common/concat.h"

namespace petrel::core {
namespace {

using store::ConsumeQueue;
using store::QueueEntry;
using store::QueueOffset;

constexpr size_t kEntriesPerRead = 64;
// A receive that only waits for its queue page to be read is not kept longer than this.
constexpr int64_t kPageWaitUs = 2'000'000;

}  // namespace

// --- receiving ---------------------------------------------------------------------------------

void PopService::receive(std::unique_ptr<ReceiveRequest> request) {
  const TopicState* topic = parts_.catalog.ensure_topic(request->topic, request->outcome);
  const GroupState* group = topic == nullptr ? nullptr : parts_.catalog.ensure_group(*request);
  if (group == nullptr) {
    return parts_.outbox.now(std::move(request));
  }
  if (auto refusal = refuse(*request, topic->config, group->config)) {
    return parts_.outbox.refuse(*std::move(refusal), std::move(request));
  }
  const Subscription* known = parts_.state.find_subscription(group->id(), topic->id());
  const size_t first_queue = known == nullptr ? 0 : session(*known).rotation;
  WaitingReceives::DueStops due_stops;
  const Served served = serve(*topic, *group, first_queue, *request, due_stops);
  const Subscription* subscription = parts_.state.find_subscription(group->id(), topic->id());
  PETREL_CHECK(subscription != nullptr) << "a receive did not begin a queue";
  if (request->deliveries.empty()) {
    return wait(session(*subscription), served, std::move(request), std::move(due_stops));
  }
  session(*subscription).rotation =
      static_cast<size_t>(request->deliveries.back().handle.queue_id) + 1;
  parts_.outbox.now(std::move(request));
}

std::optional<Outcome> PopService::refuse(const ReceiveRequest& request, const TopicConfig& topic,
                                          const GroupConfig& group) const {
  if ((topic.permission & permission::kRead) == 0) {
    return Outcome{OutcomeCode::kNoReadableQueue,
                   concat("topic '", topic.name, "' does not allow receiving")};
  }
  if (!group.consume_enabled) {
    return Outcome{OutcomeCode::kNoReadableQueue,
                   concat("consumer group '", group.name, "' is switched off")};
  }
  if (request.queue_id >= topic.read_queues) {
    return Outcome{OutcomeCode::kInvalidArgument,
                   concat("topic '", topic.name, "' has no queue ", request.queue_id)};
  }
  return std::nullopt;
}

std::optional<Outcome> PopService::refuse_to_wait(const ReceiveRequest& request) const {
  if (const int32_t most = parts_.options.waiting_receives_per_client_max;
      waiting_.of_client(request.client_id) >= most) {
    return Outcome{OutcomeCode::kOverloaded, concat(most, " receives of this client wait already")};
  }
  if (const int32_t most = parts_.options.waiting_receives_max;
      waiting_.size() >= static_cast<size_t>(most)) {
    return Outcome{OutcomeCode::kOverloaded, concat(most, " receives wait already")};
  }
  return std::nullopt;
}

void PopService::wait(Session& session, const Served& served,
                      std::unique_ptr<ReceiveRequest> request,
                      WaitingReceives::DueStops due_stops) {
  const int64_t now_us = parts_.time.mono_us;
  int64_t deadline_us = request->wait_until_us;
  if (served.loading || served.more) {
    deadline_us = std::max(deadline_us, now_us + kPageWaitUs);
  }
  if (deadline_us <= now_us) {
    return parts_.outbox.refuse({OutcomeCode::kNoMessage, "no new message"}, std::move(request));
  }
  if (auto refusal = refuse_to_wait(*request)) {
    return parts_.outbox.refuse(*std::move(refusal), std::move(request));
  }
  const auto waiter = waiting_.park(session.line, {.request = std::move(request),
                                                   .deadline_us = deadline_us,
                                                   .due_stops = std::move(due_stops)});
  if (served.more) {
    waiter->unfinished = true;
    go_on(session);
  }
}

PopService::Served PopService::serve(const TopicState& topic, const GroupState& group,
                                     size_t first_queue, ReceiveRequest& request,
                                     WaitingReceives::DueStops& due_stops) {
  Served served;
  const auto queues = static_cast<size_t>(topic.config.read_queues);
  const bool any = request.queue_id < 0;
  PETREL_CHECK_LT(request.queue_id, topic.config.read_queues);
  const size_t first = any ? first_queue % queues : static_cast<size_t>(request.queue_id);
  const size_t count = any ? queues : 1;
  const auto batch = static_cast<size_t>(request.batch_size);
  store::HotReader hot(parts_.store.log());
  int64_t bytes = 0;
  bool full = false;
  for (size_t i = 0; i < count && request.deliveries.size() < batch && !full; ++i) {
    const auto queue_id = static_cast<int32_t>((first + i) % queues);
    const Changes::Queue where{group.id(), topic.id(), queue_id};
    ConsumeQueue& queue = *parts_.store.queue(topic.config.name, queue_id);
    Look look{.request = request,
              .due_stops = due_stops,
              .where = where,
              .queue = queue,
              .position = begun_queue(where, queue),
              .room = batch - request.deliveries.size(),
              .bytes = bytes,
              .hot = hot};
    look_at(look);
    served.loading |= look.loading;
    served.more |= look.more;
    full = look.full;
    parts_.writer.append_if_full();
  }
  if (!served.more) {
    due_stops.clear();
  }
  request.delivered_ms = parts_.time.log_ms;
  return served;
}

QueueOffset PopService::start_of(const ConsumeQueue& queue) {
  return queue.min() == QueueOffset(0) ? queue.min() : queue.max();
}

const GroupQueue& PopService::begun_queue(const Changes::Queue& where, const ConsumeQueue& queue) {
  const auto find = [&]() -> const GroupQueue* {
    const Subscription* subscription = parts_.state.find_subscription(where.group, where.topic);
    return subscription == nullptr ? nullptr : subscription->find(where.queue_id);
  };
  if (const GroupQueue* known = find()) {
    return *known;
  }
  parts_.changes.positioned(where, start_of(queue));
  const GroupQueue* begun = find();
  PETREL_CHECK(begun != nullptr);
  return *begun;
}

void PopService::look_at(Look& look) {
  std::vector<Found> found;
  collect_due(look, found);
  const QueueOffset next = look.full ? look.position.next() : collect_new(look, found);
  PETREL_CHECK_LE(found.size(), look.room);
  if (!found.empty()) {
    deliver(look, found, next);
  } else if (next > look.position.next()) {
    parts_.changes.positioned(look.where, next);
  }
}

bool PopService::refuses(const ReceiveRequest& request, const QueueEntry& entry) const {
  return request.filter != nullptr &&
         request.filter->by_tags_code(entry.tags_code) == MessageFilter::Verdict::kRefused;
}

bool PopService::take(Look& look, std::vector<Found>& found, const Found& message) const {
  const int64_t bytes = look.bytes + message.entry.size;
  look.full = look.bytes > 0 && bytes > parts_.options.receive_bytes_max;
  if (!look.full) {
    look.bytes = bytes;
    found.push_back(message);
  }
  return !look.full;
}

// Deliveries whose invisible time ran out come first. Those that the filter refuses stay for other
// members of the group, and hold up nobody behind them.
void PopService::collect_due(Look& look, std::vector<Found>& found) {
  std::vector<QueueOffset> gone;  // nobody can get the message any more
  std::vector<QueueOffset> renew_now;
  int32_t looked_at = 0;
  const auto visit = [&](QueueOffset offset, const GroupQueue::InFlight& delivery) {
    if (found.size() == look.room) {
      return false;
    }
    QueueEntry entry;
    if (renewable(delivery)) {
      renew_now.push_back(offset);
    } else if (offset < look.queue.min()) {  // deleted by retention
      gone.push_back(offset);
    } else if (look.queue.read(offset, {&entry, 1}) == 0) {
      load(look.queue, offset);
      look.loading = true;
      return false;
    } else if (entry.is_hole()) {
      gone.push_back(offset);
    } else if (!refuses(look.request, entry) && !take(look, found, {offset, entry})) {
      return false;
    }
    look.more = ++looked_at >= parts_.options.scan_entries_max;
    return !look.more;
  };
  walk_due(look, visit);
  for (const QueueOffset offset : renew_now) {
    renew(look.where, look.position, offset);
  }
  if (!gone.empty()) {
    parts_.changes.acknowledged(look.where, gone);
  }
}

// Goes on where the request's last look had to stop, else from the beginning. A queue whose end it
// reached waits there for the others, or the look would begin anew in one or the other for ever.
void PopService::walk_due(Look& look, GroupQueue::Visitor visit) {
  WaitingReceives::DueStops& stopped_at = look.due_stops;
  const auto known = stopped_at.find(look.where.queue_id);
  GroupQueue::DuePosition position =
      known == stopped_at.end() ? GroupQueue::DuePosition() : known->second;
  look.position.walk_due(parts_.time.log_ms, position, visit);
  if (look.more) {
    stopped_at[look.where.queue_id] = position;
  } else if (known != stopped_at.end()) {
    known->second = {.chunk_visible_at_ms = std::numeric_limits<int64_t>::max()};
  }
}

// Returns the offset behind the last entry looked at.
QueueOffset PopService::collect_new(Look& look, std::vector<Found>& found) {
  const auto in_flight_max = static_cast<size_t>(parts_.options.in_flight_per_queue_max);
  if (look.position.in_flight_count() >= in_flight_max) {
    return look.position.next();
  }
  QueueOffset cursor = std::max(look.position.next(), look.queue.min());
  std::array<QueueEntry, kEntriesPerRead> entries;
  int32_t refused = 0;
  while (found.size() < look.room && !look.full && cursor < look.queue.max()) {
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
      if (entries[i].is_hole() || refuses(look.request, entries[i])) {
        ++refused;
      } else if (!take(look, found, {cursor, entries[i]})) {
        break;
      }
    }
    if (refused >= parts_.options.scan_entries_max) {
      look.more = true;
      break;
    }
  }
  return cursor;
}

void PopService::deliver(Look& look, const std::vector<Found>& found, QueueOffset next) {
  ReceiveRequest& request = look.request;
  const int64_t now_ms = parts_.time.log_ms;
  const int64_t invisible_ms =
      request.auto_renew ? parts_.options.renew_interval_ms : request.invisible_ms;
  GroupQueue::InFlight delivery{
      .delivery_id = std::max(now_ms, look.position.last_delivery_id() + 1),
      .visible_at_ms = now_ms + invisible_ms};
  if (request.auto_renew) {
    delivery.client = parts_.changes.client(request.client_id);
    delivery.renew_until_ms = now_ms + parts_.options.renew_total_ms;
  }
  scratch_offsets_.clear();
  QueueOffset end = std::max(next, look.position.next());
  for (const Found& message : found) {
    scratch_offsets_.push_back(message.offset);
    end = std::max(end, message.offset + 1);
  }
  parts_.changes.delivered(look.where, scratch_offsets_, delivery, end);
  request.deliveries.reserve(request.deliveries.size() + found.size());
  for (const Found& message : found) {
    const GroupQueue::InFlight* open = look.position.find(message.offset, delivery.delivery_id);
    PETREL_CHECK(open != nullptr) << "queue offset " << message.offset.value();
    request.deliveries.push_back(
        {.handle = {.queue_id = look.where.queue_id,
                    .queue_offset = message.offset,
                    .log_offset = message.entry.log_offset,
                    .delivery_id = delivery.delivery_id,
                    .invisible_ms = invisible_ms},
         .attempt = open->attempt,
         .record_size = message.entry.size,
         .record = look.hot.read(message.entry.log_offset, message.entry.size)});
  }
  const Subscription* subscription =
      parts_.state.find_subscription(look.where.group, look.where.topic);
  arm(session(*subscription), delivery.visible_at_ms);
}

void PopService::load(ConsumeQueue& queue, QueueOffset from) {
  if (!loading_.insert(&queue).second) {
    return;
  }
  parts_.store.load_queue_page(
      &queue, from,
      [&self = parts_.self, topic = queue.topic(), id = queue.queue_id()](
          absl::StatusOr<std::shared_ptr<store::MessageStore::LoadedPage>> page) {
        self.post_internal(std::make_unique<PageLoaded>(topic, id, std::move(page)));
      });
}

void PopService::page_loaded(
    std::string_view topic, int32_t queue_id,
    absl::StatusOr<std::shared_ptr<store::MessageStore::LoadedPage>> page) {
  ConsumeQueue* queue = parts_.store.find_queue(topic, queue_id);
  if (queue == nullptr || loading_.erase(queue) == 0) {
    return;  // deleted meanwhile
  }
  if (page.ok()) {
    parts_.store.finish_load(queue, *std::move(page));
    return arrived(topic);
  }
  const TopicState* state = parts_.state.find_topic(topic);
  if (state == nullptr) {
    return;
  }
  for (const auto& [group, subscription] : state->subscriptions) {
    if (Session* waiting = find_session(*subscription)) {
      refuse_waiters(
          waiting->line, queue_id,
          {OutcomeCode::kOverloaded, concat("queue ", queue_id, " of topic '", topic,
                                            "' cannot be read: ", page.status().message())});
    }
  }
}

// --- waiting -----------------------------------------------------------------------------------

PopService::Session* PopService::find_session(const Subscription& subscription) {
  const auto it = sessions_.find({subscription.group_id(), subscription.topic_id()});
  return it == sessions_.end() ? nullptr : it->second.get();
}

PopService::Session& PopService::session(const Subscription& subscription) {
  auto& session = sessions_[{subscription.group_id(), subscription.topic_id()}];
  if (session == nullptr) {
    session = std::make_unique<Session>();
    session->subscription = &subscription;
    // Deliveries from before a restart: they fall due, or are renewed, as if nothing had happened.
    arm(*session, parts_.time.log_ms);
  }
  PETREL_CHECK(session->subscription == &subscription);
  return *session;
}

void PopService::mark_dirty(Session& session) {
  session.news = true;
  go_on(session);
}

void PopService::go_on(Session& session) {
  if (session.dirty) {
    return;
  }
  session.dirty = true;
  dirty_.push_back(&session);
}

void PopService::answer_all(WaitingReceives::Receives receives, const Outcome& outcome) {
  for (auto& request : receives) {
    parts_.outbox.refuse(outcome, std::move(request));
  }
}

// Those that wait for this queue, alone or among others.
void PopService::refuse_waiters(WaitingReceives::Line& line, int32_t queue_id,
                                const Outcome& outcome) {
  for (auto waiter = line.begin(); waiter != line.end();) {
    const auto current = waiter++;
    const int32_t wanted = current->request->queue_id;
    if (wanted < 0 || wanted == queue_id) {
      parts_.outbox.refuse(outcome, waiting_.unpark(line, current));
    }
  }
}

void PopService::arrived(std::string_view topic) {
  const TopicState* state = parts_.state.find_topic(topic);
  if (state == nullptr) {
    return;
  }
  for (const auto& [group, subscription] : state->subscriptions) {
    Session* waiting = find_session(*subscription);
    if (waiting != nullptr && !waiting->line.empty()) {
      mark_dirty(*waiting);
    }
  }
}

void PopService::group_changed(const GroupState& group) {
  for (const auto& [topic, subscription] : group.subscriptions) {
    Session* waiting = find_session(*subscription);
    if (waiting != nullptr && !waiting->line.empty()) {
      mark_dirty(*waiting);
    }
  }
}

void PopService::freed(const Subscription& subscription) { mark_dirty(session(subscription)); }

void PopService::due_at(const Subscription& subscription, int64_t at_ms) {
  arm(session(subscription), at_ms);
}

bool PopService::may_have_messages(const Subscription& subscription) const {
  const TopicState* topic = parts_.state.find_topic(subscription.topic_id());
  PETREL_CHECK(topic != nullptr);
  for (int32_t id = 0; id < topic->config.read_queues; ++id) {
    const GroupQueue* position = subscription.find(id);
    if (position == nullptr) {
      return true;
    }
    const ConsumeQueue* queue = parts_.store.find_queue(subscription.topic(), id);
    if (queue != nullptr && position->next() < queue->max()) {
      return true;
    }
    if (const auto at = position->earliest_visible_at_ms(); at && *at <= parts_.time.log_ms) {
      return true;
    }
  }
  return false;
}

// Without news only those go on that had to stop: the others found nothing, and would find it
// again.
void PopService::serve_waiters(Session& session) {
  const bool news = std::exchange(session.news, false);
  const Subscription& subscription = *session.subscription;
  const TopicState& topic = *parts_.state.find_topic(subscription.topic_id());
  const GroupState& group = *parts_.state.find_group(subscription.group_id());
  for (auto waiter = session.line.begin(); waiter != session.line.end();) {
    if (parts_.writer.scarce()) {
      return mark_dirty(session);
    }
    const auto current = waiter++;
    if (!news && !current->unfinished) {
      continue;
    }
    // The topic's queues or permission, or the group, may have changed since it came.
    if (auto refusal = refuse(*current->request, topic.config, group.config)) {
      parts_.outbox.refuse(*std::move(refusal), waiting_.unpark(session.line, current));
      continue;
    }
    if (!may_have_messages(subscription)) {
      return;
    }
    const Served served =
        serve(topic, group, session.rotation, *current->request, current->due_stops);
    // What came while it was under way may lie behind it already.
    current->again |= news && current->unfinished;
    current->unfinished =
        served.more || std::exchange(current->again, served.more && current->again);
    if (current->unfinished) {
      go_on(session);
    }
    if (!current->request->deliveries.empty()) {
      session.rotation =
          static_cast<size_t>(current->request->deliveries.back().handle.queue_id) + 1;
      parts_.outbox.now(waiting_.unpark(session.line, current));
    }
  }
}

void PopService::cancel(CancelId id) {
  if (auto request = waiting_.cancel(id)) {
    parts_.outbox.refuse({OutcomeCode::kCancelled, "the caller went away"}, std::move(request));
  }
}

void PopService::subscription_gone(const Subscription& subscription) {
  const auto it = sessions_.find({subscription.group_id(), subscription.topic_id()});
  if (it == sessions_.end()) {
    return;
  }
  Session& session = *it->second;
  for (auto& request : waiting_.unpark_line(session.line)) {
    orphans_.push_back(std::move(request));
  }
  if (session.armed_at_ms) {
    timers_.erase({*session.armed_at_ms, it->first});
  }
  std::erase(dirty_, &session);
  sessions_.erase(it);
}

// Other groups' page loads of a queue go on when a group goes, but not when the topic does.
void PopService::topic_gone(const TopicState& topic) {
  const int32_t queues = parts_.store.queue_id_end(topic.config.name);
  for (int32_t id = 0; id < queues; ++id) {
    loading_.erase(parts_.store.find_queue(topic.config.name, id));
  }
}

void PopService::answer_orphans(const Outcome& outcome) {
  answer_all(std::exchange(orphans_, {}), outcome);
}

void PopService::end_work(const Outcome& outcome) { answer_all(waiting_.unpark_all(), outcome); }

// --- time --------------------------------------------------------------------------------------

void PopService::finish_turn() {
  PETREL_CHECK(orphans_.empty()) << "receives of a deleted topic or group were not answered";
  if (!parts_.writer.scarce()) {
    fire_timers();
    for (Session* session : std::exchange(dirty_, {})) {
      session->dirty = false;
      serve_waiters(*session);
    }
  }
  answer_all(waiting_.unpark_expired(parts_.time.mono_us),
             {OutcomeCode::kNoMessage, "no new message"});
}

std::optional<int64_t> PopService::next_deadline_us() const {
  std::optional<int64_t> deadline = waiting_.next_deadline_us();
  if (parts_.writer.scarce()) {
    return deadline;  // news of the log or the disk bring the next turn
  }
  if (!dirty_.empty()) {
    return parts_.time.mono_us;
  }
  if (!timers_.empty()) {
    const int64_t in_ms = timers_.begin()->first.first - parts_.time.log_ms;
    deadline = earlier(deadline, parts_.time.mono_us + std::max<int64_t>(in_ms, 0) * 1000);
  }
  return deadline;
}

}  // namespace petrel::core
