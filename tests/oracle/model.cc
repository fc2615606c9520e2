// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/model.h"

#include <algorithm>
#include <utility>

#include "common/concat.h"

namespace petrel::oracle {
namespace {

bool takes(const Model::Tags& tags, const Model::Message& message) {
  return tags.empty() || tags.contains(message.tag);
}

std::string place(const std::string& topic, int32_t queue_id, int64_t offset) {
  return concat(topic, "/", queue_id, " at ", offset);
}

}  // namespace

// --- topics and groups ---------------------------------------------------------------------------

bool Model::set_topic(const core::TopicConfig& config) {
  const auto known = topics.find(config.name);
  if (known != topics.end() && known->second.config.same_settings(config)) {
    return false;
  }
  topics[config.name].config = config;
  ++version;
  return true;
}

bool Model::set_group(const core::GroupConfig& config) {
  const auto known = groups.find(config.name);
  if (known != groups.end() && known->second.config.same_settings(config)) {
    return false;
  }
  groups[config.name].config = config;
  ++version;
  return true;
}

void Model::remove_topic(const std::string& name) {
  topics.erase(name);
  for (auto& [group_name, group] : groups) {
    group.topics.erase(name);
  }
  ++version;
}

void Model::remove_group(const std::string& name) {
  groups.erase(name);
  ++version;
}

// --- messages ------------------------------------------------------------------------------------

void Model::append(const std::string& topic, int32_t queue_id, int64_t offset, Message message) {
  Queue& queue = topics[topic].queues[queue_id];
  if (queue.next() != offset) {
    return wrong(concat("a message is stored in ", place(topic, queue_id, offset), " and ",
                        queue.next(), " is next"));
  }
  queue.messages.push_back(std::move(message));
}

void Model::commit(int64_t log_offset) {
  for (auto& [name, topic] : topics) {
    for (auto& [id, queue] : topic.queues) {
      while (queue.shown < queue.next() && queue.at(queue.shown).log_offset < log_offset) {
        ++queue.shown;
      }
    }
  }
}

void Model::move_min(const std::string& topic, int32_t queue_id, int64_t min) {
  Queue& queue = topics[topic].queues[queue_id];
  if (min < queue.min || min > queue.shown) {
    return wrong(concat("the beginning of ", place(topic, queue_id, queue.min), " goes to ", min));
  }
  queue.messages.erase(queue.messages.begin(), queue.messages.begin() + (min - queue.min));
  queue.min = min;
}

const Model::Message* Model::find(const std::string& topic, int32_t queue_id,
                                  int64_t offset) const {
  const auto known = topics.find(topic);
  if (known == topics.end()) {
    return nullptr;
  }
  const auto queue = known->second.queues.find(queue_id);
  if (queue == known->second.queues.end() || offset < queue->second.min ||
      offset >= queue->second.next()) {
    return nullptr;
  }
  return &queue->second.at(offset);
}

// --- handed out ----------------------------------------------------------------------------------

// While its client's lease holds the broker moves the end of the invisible time, so only bounds of
// it are known.
bool Model::may_be_due(const Open& open, int64_t now_ms, const Connections& connections) const {
  const bool leased =
      connections.connected.contains(open.client) ||
      (now_ms < connections.grace_ends_ms && !connections.were_back.contains(open.client));
  const bool renewed = !open.client.empty() && open.sent == Open::Sent::kYes && leased &&
                       now_ms < open.renew_until_ms;
  return open.visible_at_ms <= now_ms && !renewed;
}

bool Model::must_be_due(const Open& open, int64_t now_ms, const Connections& connections) const {
  if (!may_be_due(open, now_ms, connections)) {
    return false;
  }
  if (open.client.empty() || open.sent == Open::Sent::kNo) {
    return true;
  }
  int64_t renewed_ms = open.renew_until_ms;
  if (const auto gone = connections.gone_at_ms.find(open.client);
      gone != connections.gone_at_ms.end() && !connections.connected.contains(open.client)) {
    const int64_t grace_ms = std::min(now_ms, connections.grace_ends_ms);
    renewed_ms = std::min(renewed_ms, std::max(gone->second, grace_ms));
  }
  return now_ms >= renewed_ms + renew_interval_ms_;
}

Model::Position* Model::find_position(const std::string& group, const std::string& topic,
                                      int32_t queue_id) {
  const auto known = groups.find(group);
  if (known == groups.end() || !known->second.topics.contains(topic)) {
    return nullptr;
  }
  Positions& positions = known->second.topics.at(topic);
  const auto position = positions.find(queue_id);
  return position == positions.end() ? nullptr : &position->second;
}

// A group that nobody declared: with the first message, or with what comes next if messages are
// gone already.
int64_t Model::start_of(const std::string& group, const std::string& topic,
                        int32_t queue_id) const {
  const auto& queues = topics.at(topic).queues;
  const auto found = queues.find(queue_id);
  if (found == queues.end()) {
    return 0;
  }
  const Queue& queue = found->second;
  const core::GroupConfig& config = groups.at(group).config;
  if (config.consume_from == core::ConsumeFrom::kUndeclared) {
    return queue.min == 0 ? 0 : queue.shown;
  }
  const auto wanted = [&config](const Message& message) {
    return config.consume_from == core::ConsumeFrom::kFirst ||
           message.log_offset >= config.declared_at.value() ||
           (config.consume_from == core::ConsumeFrom::kTime &&
            message.store_ms >= config.consume_from_ms);
  };
  int64_t start = queue.min;
  while (start < queue.shown && !wanted(queue.at(start))) {
    ++start;
  }
  return start;
}

void Model::begin(const std::string& group, const std::string& topic, const Next& starts) {
  for (const auto& [id, next] : starts) {
    groups[group].topics[topic].try_emplace(id, Position{.next = next});
  }
}

std::map<int32_t, Model::Invisible> Model::count_invisible(const std::string& group,
                                                           const std::string& topic, int64_t now_ms,
                                                           const Connections& connections) const {
  std::map<int32_t, Invisible> counts;
  const auto known = groups.find(group);
  if (known == groups.end() || !known->second.topics.contains(topic)) {
    return counts;
  }
  for (const auto& [id, position] : known->second.topics.at(topic)) {
    for (const auto& [offset, open] : position.open) {
      counts[id].least += open.visible_at_ms > now_ms ? 1 : 0;
      counts[id].most += must_be_due(open, now_ms, connections) ? 0 : 1;
    }
  }
  return counts;
}

void Model::deliver(const Wish& wish, const Given& given, const Connections& connections) {
  const std::map<int32_t, Invisible> before =
      count_invisible(wish.group, wish.topic, given.now_ms, connections);
  Positions& positions = groups[wish.group].topics[wish.topic];
  std::map<int32_t, int64_t> ids;
  std::set<int32_t> took_new;
  for (const Delivered& delivered : given.deliveries) {
    const core::ReceiptHandle& handle = delivered.handle;
    const auto known = positions.find(handle.queue_id);
    if (known == positions.end()) {
      return wrong("a delivery from a queue that the group has not begun");
    }
    Position& position = known->second;
    const auto [id, first] = ids.try_emplace(handle.queue_id, handle.delivery_id);
    if (first && (handle.delivery_id <= position.last_id || handle.delivery_id < given.now_ms)) {
      wrong(concat("delivery id ", handle.delivery_id, " after ", position.last_id));
    }
    if (id->second != handle.delivery_id) {
      wrong("one receive gives two delivery ids for one queue");
    }
    if (handle.queue_offset.value() >= position.next) {
      took_new.insert(handle.queue_id);
      const auto invisible = before.find(handle.queue_id);
      if (invisible != before.end() && invisible->second.least >= in_flight_max_) {
        wrong("a new message though the group has too many in flight");
      }
    } else if (took_new.contains(handle.queue_id)) {
      wrong("a redelivery behind new messages");
    }
    check_delivery(wish, delivered);
    deliver_one(wish, delivered, given, connections, position);
  }
  for (const auto& [id, delivery_id] : ids) {
    positions[id].last_id = delivery_id;
  }
  const auto count = static_cast<int64_t>(given.deliveries.size());
  if (count > wish.batch) {
    wrong("more messages than asked for");
  }
  if (!given.complete || count == wish.batch) {
    return;
  }
  if (const auto wanted = find_wanted(wish, given.now_ms, connections, before, given.filters)) {
    wrong(concat("a receive was not given ", *wanted));
  }
}

// The right message, from where it was asked for.
void Model::check_delivery(const Wish& wish, const Delivered& delivered) {
  const core::ReceiptHandle& handle = delivered.handle;
  const int64_t offset = handle.queue_offset.value();
  const std::string where = place(wish.topic, handle.queue_id, offset);
  const Message* const message = find(wish.topic, handle.queue_id, offset);
  const Topic& topic = topics[wish.topic];
  if (message == nullptr || offset >= topic.queues.at(handle.queue_id).shown) {
    return wrong(concat("a delivery of ", where, ", where no message is shown"));
  }
  if (message->log_offset != handle.log_offset.value()) {
    wrong(concat("the delivery of ", where, " leads elsewhere in the log"));
  }
  if (!takes(wish.tags, *message)) {
    wrong(concat("the delivery of ", where, " has the tag '", message->tag, "'"));
  }
  const bool other_queue = wish.queue_id >= 0 && wish.queue_id != handle.queue_id;
  if (other_queue || handle.queue_id >= topic.config.read_queues) {
    wrong(concat("a delivery of ", where, " from a queue that was not asked for"));
  }
}

void Model::deliver_one(const Wish& wish, const Delivered& delivered, const Given& given,
                        const Connections& connections, Position& position) {
  const core::ReceiptHandle& handle = delivered.handle;
  const int64_t offset = handle.queue_offset.value();
  const std::string where = place(wish.topic, handle.queue_id, offset);
  int32_t attempt = 1;
  if (offset >= position.next) {
    step_over(wish.topic, handle.queue_id, position, offset, given.filters);
    position.next = offset + 1;
  } else {
    const auto open = position.open.find(offset);
    if (open == position.open.end()) {
      return wrong(concat("the message of ", where, " is done, and is delivered again"));
    }
    if (!may_be_due(open->second, given.now_ms, connections)) {
      wrong(concat("the message of ", where, " is delivered again, and not due until ",
                   open->second.visible_at_ms));
    }
    if (is_exhausted(groups[wish.group], open->second)) {
      wrong(concat("the message of ", where, " is delivered beyond its last attempt, ",
                   open->second.attempt));
    }
    attempt = open->second.suspended ? open->second.attempt : open->second.attempt + 1;
  }
  if (delivered.attempt != attempt) {
    wrong(concat("attempt ", delivered.attempt, " of ", where, " instead of ", attempt));
  }
  const int64_t invisible_ms = wish.client.empty() ? wish.invisible_ms : renew_interval_ms_;
  position.open[offset] = {
      .id = handle.delivery_id,
      .visible_at_ms = given.now_ms + invisible_ms,
      .attempt = attempt,
      .client = wish.client,
      .renew_until_ms = wish.client.empty() ? 0 : given.now_ms + wish.renew_total_ms};
}

void Model::step_over(const std::string& topic, int32_t queue_id, Position& position, int64_t next,
                      const std::vector<Tags>& filters) {
  for (int64_t offset = position.next; offset < next; ++offset) {
    const Message* const message = find(topic, queue_id, offset);
    const bool refused =
        message == nullptr || std::any_of(filters.begin(), filters.end(),
                                          [&](const Tags& tags) { return !takes(tags, *message); });
    if (!refused) {
      wrong(concat("the message of ", place(topic, queue_id, offset), " is passed over"));
    }
  }
}

void Model::pass(const std::string& group, const std::string& topic, const Next& next,
                 const std::vector<Tags>& filters) {
  Positions& positions = groups[group].topics[topic];
  for (const auto& [id, to] : next) {
    Position& position = positions.at(id);
    if (to < position.next || to > topics[topic].queues[id].shown) {
      wrong(concat("group ", group, " goes from ", place(topic, id, position.next), " to ", to));
    }
    step_over(topic, id, position, to, filters);
    position.next = to;
  }
}

std::optional<std::string> Model::find_wanted(const Wish& wish, int64_t now_ms,
                                              const Connections& connections,
                                              const std::map<int32_t, Invisible>& before,
                                              const std::vector<Tags>& filters) const {
  const auto topic = topics.find(wish.topic);
  const auto group = groups.find(wish.group);
  if (topic == topics.end() || group == groups.end()) {
    return std::nullopt;
  }
  const auto known = group->second.topics.find(wish.topic);
  for (const auto& [id, queue] : topic->second.queues) {
    if (id >= topic->second.config.read_queues || (wish.queue_id >= 0 && wish.queue_id != id)) {
      continue;
    }
    const bool begun = known != group->second.topics.end() && known->second.contains(id);
    const core::ConsumeFrom from = group->second.config.consume_from;
    if (!begun && (from == core::ConsumeFrom::kLast || from == core::ConsumeFrom::kTime)) {
      continue;  // where the group begins may still be searched
    }
    int64_t next = start_of(wish.group, wish.topic, id);
    if (begun) {
      const Position& position = known->second.at(id);
      next = position.next;
      for (const auto& [offset, open] : position.open) {
        const Message* const message = find(wish.topic, id, offset);
        if (message != nullptr && takes(wish.tags, *message) &&
            !is_exhausted(group->second, open) && must_be_due(open, now_ms, connections)) {
          return concat("the message that is due in ", place(wish.topic, id, offset));
        }
      }
    }
    const auto invisible = before.find(id);
    if (invisible != before.end() && invisible->second.most >= in_flight_max_) {
      continue;
    }
    for (int64_t offset = std::max(next, queue.min); offset < queue.shown; ++offset) {
      const bool refused = std::any_of(filters.begin(), filters.end(), [&](const Tags& tags) {
        return !takes(tags, queue.at(offset));
      });
      if (!refused && takes(wish.tags, queue.at(offset))) {
        return concat("the message of ", place(wish.topic, id, offset));
      }
    }
  }
  return std::nullopt;
}

// --- what consumers say --------------------------------------------------------------------------

Model::Open* Model::find_open(const std::string& group, const std::string& topic,
                              const core::ReceiptHandle& handle) {
  Position* const position = find_position(group, topic, handle.queue_id);
  if (position == nullptr) {
    return nullptr;
  }
  const auto open = position->open.find(handle.queue_offset.value());
  return open != position->open.end() && open->second.id == handle.delivery_id ? &open->second
                                                                               : nullptr;
}

Model::Open* Model::valid(const std::string& group, const std::string& topic,
                          const core::ReceiptHandle& handle, int64_t now_ms) {
  Open* const open = find_open(group, topic, handle);
  const bool in_time = open != nullptr && (open->visible_at_ms > now_ms || !open->client.empty());
  return in_time ? open : nullptr;
}

void Model::acknowledge(const std::string& group, const std::string& topic,
                        const core::ReceiptHandle& handle) {
  if (Position* const position = find_position(group, topic, handle.queue_id)) {
    position->open.erase(handle.queue_offset.value());
  }
}

void Model::extend(const std::string& group, const std::string& topic,
                   const core::ReceiptHandle& handle, int64_t new_id, int64_t visible_at_ms,
                   bool suspend) {
  Position* const position = find_position(group, topic, handle.queue_id);
  Open* const open = find_open(group, topic, handle);
  if (open == nullptr) {
    return wrong("a delivery is extended that is over");
  }
  if (new_id <= position->last_id) {
    wrong(concat("delivery id ", new_id, " after ", position->last_id));
  }
  position->last_id = new_id;
  *open = {
      .id = new_id, .visible_at_ms = visible_at_ms, .attempt = open->attempt, .suspended = suspend};
}

void Model::give_up(const Moved& moved, const Connections& connections) {
  const std::string where = place(moved.topic, moved.queue_id, moved.offset);
  Position* const position = find_position(moved.group, moved.topic, moved.queue_id);
  const Message* const message = find(moved.topic, moved.queue_id, moved.offset);
  if (position == nullptr || !position->open.contains(moved.offset) || message == nullptr) {
    return wrong(concat("the message of ", where, " is given up, and is not with the group ",
                        moved.group, position == nullptr ? ", which has not begun" : "",
                        message == nullptr ? ", nor in its queue" : ""));
  }
  const Open& open = position->open.at(moved.offset);
  const bool exhausted =
      is_exhausted(groups.at(moved.group), open) && may_be_due(open, moved.now_ms, connections);
  if (!moved.asked && !exhausted) {
    wrong(concat("the message of ", where, " is given up in its attempt ", open.attempt, " of ",
                 groups.at(moved.group).config.deliveries_max(), ", due at ", open.visible_at_ms,
                 ", at ", moved.now_ms, ", for '", open.client, "'"));
  }
  position->open.erase(moved.offset);
  Message copy = *message;
  copy.log_offset = moved.log_offset;
  copy.size = moved.size;
  copy.store_ms = moved.now_ms;
  append(moved.letters, 0, moved.copy_offset, std::move(copy));
}

std::optional<std::string> Model::find_kept(int64_t now_ms, const Connections& connections) const {
  for (const auto& [name, group] : groups) {
    for (const auto& [topic, positions] : group.topics) {
      for (const auto& [id, position] : positions) {
        for (const auto& [offset, open] : position.open) {
          if (is_exhausted(group, open) && must_be_due(open, now_ms, connections)) {
            return concat("the message of ", place(topic, id, offset), ", which group ", name,
                          " had ", open.attempt, " times");
          }
        }
      }
    }
  }
  return std::nullopt;
}

void Model::reset(const std::string& group, const std::map<std::string, Next>& next) {
  for (const auto& [topic, queues] : next) {
    for (const auto& [id, to] : queues) {
      Position& position = groups[group].topics[topic][id];
      position.next = to;
      position.open.clear();
    }
  }
}

void Model::lose(const std::string& group, const std::string& topic, int32_t queue_id, int64_t next,
                 const std::set<int64_t>& still_open) {
  Position* const position = find_position(group, topic, queue_id);
  if (position == nullptr) {
    return;
  }
  position->next = std::max(position->next, next);
  std::erase_if(position->open, [&](const auto& open) { return !still_open.contains(open.first); });
}

}  // namespace petrel::oracle
