// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// Receives that wait: for messages, or for their group to begin; what wakes them, and how they end.

#include <algorithm>
#include <iterator>
#include <utility>

#include "broker/core/pop_service.h"
#include "common/check.h"
#include "common/concat.h"

namespace petrel::core {
namespace {

using store::ConsumeQueue;
using store::QueueOffset;

// A receive that only waits for its queue page to be read is not kept longer than this.
constexpr int64_t kPageWaitUs = 2'000'000;

}  // namespace

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

// The search's end wakes it: till then there is nothing that it could get.
void PopService::wait_to_begin(WaitingReceives::Line& line,
                               std::unique_ptr<ReceiveRequest> request) {
  const int64_t deadline_us = std::max(request->wait_until_us, parts_.time.mono_us + kPageWaitUs);
  park(line, {.request = std::move(request), .deadline_us = deadline_us});
}

void PopService::begin_found(const Changes::Queue& where,
                             const absl::StatusOr<QueueOffset>& found) {
  const QueueBegins::Ended ended = begins_.ended(where, found);
  if (ended.topic == nullptr) {
    return;
  }
  if (ended.outcome.ok()) {
    return arrived(ended.topic->config.name);
  }
  answer_all(waiting_.unpark_line(begins_.line({where.group, where.topic})), ended.outcome);
  const Subscription* const subscription = parts_.state.find_subscription(where.group, where.topic);
  if (Session* waiting = subscription == nullptr ? nullptr : find_session(*subscription)) {
    refuse_waiters(waiting->line, where.queue_id, ended.outcome);
  }
}

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
    Session* known = find_session(*subscription);
    if (known == nullptr) {
      continue;
    }
    arm(*known, parts_.time.log_ms);  // what is due may be past its last attempt now
    if (!known->line.empty()) {
      mark_dirty(*known);
    }
  }
}

void PopService::was_reset(const Subscription& subscription) {
  begins_.was_begun({subscription.group_id(), subscription.topic_id()});
  mark_dirty(session(subscription));
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
  for (int32_t id = 0; id < subscription.queue_id_end(); ++id) {
    if (const GroupQueue* const queue = subscription.find(id)) {
      gone_delivery_id_ = std::max(gone_delivery_id_, queue->last_delivery_id());
    }
  }
  const auto it = sessions_.find({subscription.group_id(), subscription.topic_id()});
  if (it == sessions_.end()) {
    return;
  }
  Session& session = *it->second;
  orphan(waiting_.unpark_line(session.line));
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
  orphan(begins_.take_if([&](const Key& key) { return key.second == topic.id(); }));
}

void PopService::group_gone(const GroupState& group) {
  orphan(begins_.take_if([&](const Key& key) { return key.first == group.id(); }));
}

void PopService::orphan(WaitingReceives::Receives receives) {
  std::ranges::move(receives, std::back_inserter(orphans_));
}

void PopService::answer_orphans(const Outcome& outcome) {
  answer_all(std::exchange(orphans_, {}), outcome);
}

void PopService::end_work(const Outcome& outcome) { answer_all(waiting_.unpark_all(), outcome); }

}  // namespace petrel::core
