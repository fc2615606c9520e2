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
  const Subscription* const subscription = begins_.begin(*topic, *group);
  if (subscription == nullptr) {
    return wait_to_begin(begins_.line({group->id(), topic->id()}), std::move(request));
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
    if (position == nullptr && begins_.begin(group.config, where, queue)) {
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
              .group = group.config,
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
    } else if (is_exhausted(delivery, look.group)) {
      exhausted_.push_back({look.where, offset, delivery.delivery_id});
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
      .delivery_id =
          std::max({now_ms, look.position.last_delivery_id() + 1, gone_delivery_id_ + 1}),
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

// --- time --------------------------------------------------------------------------------------

// What was open before falls due, is renewed or given up, though nobody asks.
void PopService::lead() {
  for (const auto& [name, group] : parts_.state.groups()) {
    for (const auto& [topic, subscription] : group->subscriptions) {
      for (int32_t id = 0; id < subscription->queue_id_end(); ++id) {
        const GroupQueue* const queue = subscription->find(id);
        if (queue != nullptr && queue->in_flight_count() > 0) {
          session(*subscription);
          break;
        }
      }
    }
  }
}

void PopService::finish_turn() {
  PETREL_CHECK(orphans_.empty()) << "receives of a deleted topic or group were not answered";
  if (!parts_.writer.scarce()) {
    fire_timers();
    for (auto& request : begins_.take_begun()) {
      receive(std::move(request));
    }
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
  if (!dirty_.empty() || begins_.any_begun()) {
    return parts_.time.mono_us;
  }
  if (!timers_.empty()) {
    const int64_t in_ms = timers_.begin()->first.first - parts_.time.log_ms;
    deadline = earlier(deadline, parts_.time.mono_us + std::max<int64_t>(in_ms, 0) * 1000);
  }
  return deadline;
}

}  // namespace petrel::core
