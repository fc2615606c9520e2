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
// Of a chunk besides its deliveries: its place in the map and in the order, its allocations.
constexpr size_t kChunkBytes = sizeof(OpenChunk) + 64;

int64_t open_bytes(const GroupQueue& queue) {
  return static_cast<int64_t>(queue.in_flight_count() * sizeof(InFlight) +
                              queue.chunks().size() * kChunkBytes);
}

// So many open messages or more are not due yet. The newest are likely to be; it looks into so many
// chunks that have something due, and takes what lies behind for due.
bool are_invisible(const GroupQueue& queue, int64_t now_ms, size_t count) {
  constexpr int kDueChunksMax = 256;
  size_t invisible = 0;
  int due_chunks = 0;
  for (auto it = queue.chunks().rbegin(); it != queue.chunks().rend() && invisible < count; ++it) {
    const OpenChunk& chunk = it->second;
    if (chunk.earliest_ms() > now_ms) {
      invisible += chunk.size();
      continue;
    }
    if (++due_chunks > kDueChunksMax) {
      break;
    }
    for (const InFlight& delivery : chunk.deliveries()) {
      invisible += delivery.visible_at_ms > now_ms ? 1 : 0;
    }
  }
  return invisible >= count;
}

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
  const Subscription* const subscription = begin(*topic, *group);
  if (subscription == nullptr) {
    return wait_to_begin({group->id(), topic->id()}, std::move(request));
  }
  Session& session = this->session(*subscription);
  WaitingReceives::DueStops due_stops;
  const Served served = serve(session, *topic, *group, *request, due_stops);
  if (request->deliveries.empty()) {
    return wait(session, served, std::move(request), std::move(due_stops));
  }
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
  const auto waiter = park(session.line, {.request = std::move(request),
                                          .deadline_us = deadline_us,
                                          .due_stops = std::move(due_stops)});
  if (waiter && !served.loading && !served.more) {
    (*waiter)->due_round = session.due_round;
  }
  if (waiter && served.more) {
    (*waiter)->unfinished = true;
    go_on(session);
  }
}

std::optional<WaitingReceives::Line::iterator> PopService::park(WaitingReceives::Line& line,
                                                                WaitingReceives::Waiter waiter) {
  if (auto refusal = refuse_to_wait(*waiter.request)) {
    parts_.outbox.refuse(*std::move(refusal), std::move(waiter.request));
    return std::nullopt;
  }
  return waiting_.park(line, std::move(waiter));
}

PopService::Served PopService::serve(Session& session, const TopicState& topic,
                                     const GroupState& group, ReceiveRequest& request,
                                     WaitingReceives::DueStops& due_stops,
                                     const std::vector<int32_t>* only_new) {
  Served served;
  const auto queues = static_cast<size_t>(topic.config.read_queues);
  const bool any = request.queue_id < 0;
  PETREL_CHECK_LT(request.queue_id, topic.config.read_queues);
  const size_t first = any ? session.rotation % queues : static_cast<size_t>(request.queue_id);
  const size_t count = any ? queues : 1;
  const auto batch = static_cast<size_t>(request.batch_size);
  store::HotReader hot(parts_.store.log());
  int64_t bytes = 0;
  bool full = false;
  for (size_t i = 0; i < count && request.deliveries.size() < batch && !full; ++i) {
    const auto queue_id = static_cast<int32_t>((first + i) % queues);
    if (only_new != nullptr && !std::binary_search(only_new->begin(), only_new->end(), queue_id)) {
      continue;
    }
    const Changes::Queue where{group.id(), topic.id(), queue_id};
    ConsumeQueue& queue = *parts_.store.queue(topic.config.name, queue_id);
    const GroupQueue* position = session.subscription->find(queue_id);
    if (position == nullptr && begin_queue(group.config, where, queue)) {
      position = session.subscription->find(queue_id);
    }
    if (position == nullptr) {
      served.loading = true;
      continue;
    }
    Look look{.session = session,
              .request = request,
              .due_stops = due_stops,
              .where = where,
              .queue = queue,
              .position = *position,
              .room = batch - request.deliveries.size(),
              .bytes = bytes,
              .hot = hot,
              .due_too = only_new == nullptr};
    look_at(look);
    served.loading |= look.loading;
    served.more |= look.more;
    full = look.full;
    parts_.writer.append_if_full();
  }
  if (!served.more) {
    due_stops.clear();
  }
  if (!request.deliveries.empty()) {
    session.rotation = static_cast<size_t>(request.deliveries.back().handle.queue_id) + 1;
  }
  request.delivered_ms = parts_.time.log_ms;
  return served;
}

bool PopService::begin_queue(const GroupConfig& group, const Changes::Queue& where,
                             const ConsumeQueue& queue) {
  const std::optional<QueueOffset> first = begins_.find(group, where, queue);
  if (first) {
    parts_.changes.positioned(where, *first);
  }
  return first.has_value();
}

void PopService::look_at(Look& look) {
  ++looks_;
  std::vector<Found> found;
  if (look.due_too) {
    collect_due(look, found);
  }
  const std::vector<Found> put_off = make_way(look, found);
  const size_t room = put_off.empty() ? look.room - found.size() : put_off.size();
  std::vector<Found> fresh;
  const QueueOffset next = look.full ? look.position.next() : collect_new(look, room, fresh);
  for (const Found& message : put_off) {
    if (found.size() + fresh.size() == look.room || !take(look, found, message)) {
      break;
    }
  }
  found.insert(found.end(), fresh.begin(), fresh.end());
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
  std::vector<Renewal> renew_now;
  int32_t looked_at = 0;
  const auto visit = [&](QueueOffset offset, const GroupQueue::InFlight& delivery) {
    if (found.size() == look.room) {
      return false;
    }
    QueueEntry entry;
    if (const auto until_ms = renewed_until_ms(delivery)) {
      renew_now.push_back({offset, delivery.delivery_id, *until_ms});
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
  renew(look.session, look.where, renew_now);
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

// Messages that always fail would otherwise be all that a group is ever given.
std::vector<PopService::Found> PopService::make_way(Look& look, std::vector<Found>& found) {
  const bool complete = found.size() == look.room || look.full;
  if (found.empty() || !complete || look.position.next() >= look.queue.max() ||
      !may_take_new(look.position)) {
    return {};
  }
  bool& new_turn = look.session.new_turn;
  new_turn = !new_turn;
  const size_t share = (found.size() + (new_turn ? 1 : 0)) / 2;
  const auto first = found.end() - static_cast<ptrdiff_t>(share);
  std::vector<Found> put_off(first, found.end());
  found.erase(first, found.end());
  for (const Found& message : put_off) {
    look.bytes -= message.entry.size;
  }
  look.full = look.full && put_off.empty();
  return put_off;
}

// What a group has open takes memory; what is invisible, work that it has not done. What is due
// again holds up nothing.
bool PopService::may_take_new(const GroupQueue& position) const {
  if (open_bytes(position) >= parts_.options.open_bytes_per_queue_max) {
    return false;
  }
  const auto invisible_max = static_cast<size_t>(parts_.options.in_flight_per_queue_max);
  return position.in_flight_count() < invisible_max ||
         !are_invisible(position, parts_.time.log_ms, invisible_max);
}

// Returns the offset behind the last entry looked at.
QueueOffset PopService::collect_new(Look& look, size_t room, std::vector<Found>& found) {
  if (room == 0 || look.position.next() >= look.queue.max() || !may_take_new(look.position)) {
    return look.position.next();
  }
  QueueOffset cursor = std::max(look.position.next(), look.queue.min());
  std::array<QueueEntry, kEntriesPerRead> entries;
  int32_t refused = 0;
  while (found.size() < room && !look.full && cursor < look.queue.max()) {
    const size_t wanted = look.request.filter == nullptr
                              ? std::min(room - found.size(), entries.size())
                              : entries.size();
    const size_t count = look.queue.read(cursor, {entries.data(), wanted});
    if (count == 0) {
      load(look.queue, cursor);
      look.loading = true;
      break;
    }
    for (size_t i = 0; i < count && found.size() < room; ++i, cursor += 1) {
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
  arm(look.session, delivery.visible_at_ms);
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

// --- beginning ---------------------------------------------------------------------------------

const Subscription* PopService::begin(const TopicState& topic, const GroupState& group) {
  const Subscription* const known = parts_.state.find_subscription(group.id(), topic.id());
  if (known != nullptr) {
    return known;
  }
  for (int32_t id = 0; id < topic.config.read_queues; ++id) {
    begin_queue(group.config, {group.id(), topic.id(), id},
                *parts_.store.queue(topic.config.name, id));
    parts_.writer.append_if_full();
  }
  return parts_.state.find_subscription(group.id(), topic.id());
}

// The search's end wakes it: till then there is nothing that it could get.
void PopService::wait_to_begin(const Key& key, std::unique_ptr<ReceiveRequest> request) {
  const int64_t deadline_us = std::max(request->wait_until_us, parts_.time.mono_us + kPageWaitUs);
  auto& line = beginning_[key];
  if (line == nullptr) {
    line = std::make_unique<WaitingReceives::Line>();
  }
  park(*line, {.request = std::move(request), .deadline_us = deadline_us});
}

void PopService::begin_found(const Changes::Queue& where,
                             const absl::StatusOr<QueueOffset>& found) {
  const TopicState* const topic = parts_.state.find_topic(where.topic);
  const GroupState* const group = parts_.state.find_group(where.group);
  const bool current = begins_.ended(
      group == nullptr ? nullptr : &group->config, where,
      topic == nullptr ? nullptr : parts_.store.find_queue(topic->config.name, where.queue_id),
      found);
  begun_.emplace_back(where.group, where.topic);
  const Subscription* subscription = parts_.state.find_subscription(where.group, where.topic);
  const bool begun = subscription != nullptr && subscription->find(where.queue_id) != nullptr;
  if (topic == nullptr || begun) {
    return;
  }
  if (!current) {
    return arrived(topic->config.name);  // who looks searches again
  }
  if (found.ok()) {
    const ConsumeQueue& queue = *parts_.store.queue(topic->config.name, where.queue_id);
    parts_.changes.positioned(where, std::max(*found, queue.min()));
    return arrived(topic->config.name);
  }
  const Outcome outcome{OutcomeCode::kOverloaded,
                        concat("queue ", where.queue_id, " of topic '", topic->config.name,
                               "' cannot be read: ", found.status().message())};
  if (const auto line = beginning_.find({where.group, where.topic}); line != beginning_.end()) {
    answer_all(waiting_.unpark_line(*line->second), outcome);
  }
  if (Session* waiting = subscription == nullptr ? nullptr : find_session(*subscription)) {
    refuse_waiters(waiting->line, where.queue_id, outcome);
  }
}

void PopService::receive_begun() {
  for (const Key& key : std::exchange(begun_, {})) {
    const auto line = beginning_.find(key);
    if (line == beginning_.end()) {
      continue;
    }
    WaitingReceives::Receives receives = waiting_.unpark_line(*line->second);
    beginning_.erase(line);
    for (auto& request : receives) {
      receive(std::move(request));
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
  if (has_due(*session.subscription)) {
    ++session.due_round;
  }
  mark_new(session);
}

void PopService::mark_new(Session& session) {
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
      mark_new(*waiting);
    }
  }
}

void PopService::topic_changed(const TopicState& topic) {
  for (const auto& [group, subscription] : topic.subscriptions) {
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

void PopService::freed(const Subscription& subscription) { mark_new(session(subscription)); }

void PopService::due_at(const Subscription& subscription, int64_t at_ms) {
  arm(session(subscription), at_ms);
}

bool PopService::has_new(const Subscription& subscription, int32_t queue_id) const {
  const GroupQueue* const position = subscription.find(queue_id);
  if (position == nullptr) {
    return true;
  }
  const ConsumeQueue* const queue = parts_.store.find_queue(subscription.topic(), queue_id);
  return queue != nullptr && position->next() < queue->max() && may_take_new(*position);
}

bool PopService::has_due(const Subscription& subscription) const {
  for (int32_t id = 0; id < subscription.queue_id_end(); ++id) {
    const GroupQueue* const position = subscription.find(id);
    const auto at_ms = position == nullptr ? std::nullopt : position->earliest_visible_at_ms();
    if (at_ms && *at_ms <= parts_.time.log_ms) {
      return true;
    }
  }
  return false;
}

// Without news only those go on that had to stop: the others found nothing, and would find it
// again. New messages are looked for by as many as they are enough for, due ones by all that have
// not seen them.
void PopService::serve_waiters(Session& session) {
  const bool news = std::exchange(session.news, false);
  const Subscription& subscription = *session.subscription;
  const TopicState& topic = *parts_.state.find_topic(subscription.topic_id());
  const GroupState& group = *parts_.state.find_group(subscription.group_id());
  std::vector<int32_t> with_new;
  for (int32_t id = 0; id < topic.config.read_queues; ++id) {
    if (has_new(subscription, id)) {
      with_new.push_back(id);
    }
  }
  bool due = has_due(subscription);
  for (auto waiter = session.line.begin(); waiter != session.line.end();) {
    if (parts_.writer.scarce()) {
      session.news |= news;
      return go_on(session);
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
    if (with_new.empty() && !due) {
      return;
    }
    const bool due_seen = current->due_round == session.due_round;
    if (!with_new.empty() || !due_seen || current->unfinished) {
      serve_waiter(session, topic, group, current, news, with_new);
      due = due && has_due(subscription);
    }
  }
}

void PopService::serve_waiter(Session& session, const TopicState& topic, const GroupState& group,
                              WaitingReceives::Line::iterator waiter, bool news,
                              std::vector<int32_t>& with_new) {
  const uint64_t round = session.due_round;
  const bool due_too = waiter->due_round != round || !waiter->due_stops.empty();
  const Served served = serve(session, topic, group, *waiter->request, waiter->due_stops,
                              due_too ? nullptr : &with_new);
  std::erase_if(with_new, [&](int32_t id) { return !has_new(*session.subscription, id); });
  // What came while it was under way may lie behind it already.
  waiter->again |= news && waiter->unfinished;
  if (due_too && !served.loading && !served.more && !waiter->again) {
    waiter->due_round = round;
  }
  waiter->unfinished = served.more || std::exchange(waiter->again, served.more && waiter->again);
  if (waiter->unfinished) {
    go_on(session);
  }
  if (!waiter->request->deliveries.empty()) {
    parts_.outbox.now(waiting_.unpark(session.line, waiter));
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
  orphan_those_that_wait_to_begin([&](const Key& key) { return key.second == topic.id(); });
}

void PopService::group_gone(const GroupState& group) {
  orphan_those_that_wait_to_begin([&](const Key& key) { return key.first == group.id(); });
}

// Nothing else of a group or topic may be there yet that would tell them.
void PopService::orphan_those_that_wait_to_begin(absl::FunctionRef<bool(const Key&)> concerned) {
  absl::erase_if(beginning_, [&](auto& waiting) {
    if (!concerned(waiting.first)) {
      return false;
    }
    for (auto& request : waiting_.unpark_line(*waiting.second)) {
      orphans_.push_back(std::move(request));
    }
    return true;
  });
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
    receive_begun();
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
  if (!dirty_.empty() || !begun_.empty()) {
    return parts_.time.mono_us;
  }
  if (!timers_.empty()) {
    const int64_t in_ms = timers_.begin()->first.first - parts_.time.log_ms;
    deadline = earlier(deadline, parts_.time.mono_us + std::max<int64_t>(in_ms, 0) * 1000);
  }
  return deadline;
}

}  // namespace petrel::core
