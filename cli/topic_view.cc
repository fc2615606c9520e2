// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/topic_view.h"

#include <algorithm>
#include <utility>

#include "common/status.h"

namespace petrel::cli {

namespace admin = petrel::admin::v1;
using nlohmann::ordered_json;

bool TopicView::differs() const {
  return std::any_of(on.begin(), on.end(), [&](const OnBroker& each) {
    return !(ops::from_message(each.status.spec()) == ops::from_message(spec()));
  });
}

int64_t TopicView::write_queues() const {
  int64_t sum = 0;
  for (const OnBroker& each : on) {
    sum += each.status.spec().write_queues();
  }
  return sum;
}

int64_t TopicView::read_queues() const {
  int64_t sum = 0;
  for (const OnBroker& each : on) {
    sum += each.status.spec().read_queues();
  }
  return sum;
}

admin::TopicStatus::Totals TopicView::totals() const {
  admin::TopicStatus::Totals sum;
  for (const OnBroker& each : on) {
    const admin::TopicStatus::Totals& part = each.status.totals();
    sum.set_messages(sum.messages() + part.messages());
    sum.set_size_bytes(sum.size_bytes() + part.size_bytes());
    sum.set_last_written_ms(std::max(sum.last_written_ms(), part.last_written_ms()));
    const int64_t oldest_ms = part.oldest_message_ms();
    if (oldest_ms != 0 && (sum.oldest_message_ms() == 0 || oldest_ms < sum.oldest_message_ms())) {
      sum.set_oldest_message_ms(oldest_ms);
    }
  }
  return sum;
}

absl::StatusOr<TopicViews> view_topics(Brokers& brokers, bool include_system,
                                       const std::vector<std::string>& names) {
  TopicViews topics;
  const auto call = [&](const Broker& broker) {
    return broker.admin->list_topics(include_system, names);
  };
  PETREL_RETURN_IF_ERROR(brokers.ask(call, [&](Broker& broker, admin::ListTopicsResponse listed) {
    for (admin::TopicStatus& topic : *listed.mutable_topics()) {
      const std::string name = topic.spec().name();
      topics[name].on.push_back({&broker, std::move(topic)});
    }
    return absl::OkStatus();
  }));
  for (auto& [name, view] : topics) {
    view.partial = brokers.is_partial();
    view.missing_on = brokers.others(view.on);
  }
  return topics;
}

absl::StatusOr<bool> may_exist(Brokers& brokers, const std::string& topic) {
  PETREL_ASSIGN_OR_RETURN(const TopicViews views, view_topics(brokers, true, {topic}));
  return views.contains(topic) || brokers.is_partial();
}

KnownSettings<ops::TopicSettings> settings_of(const TopicViews& views) {
  KnownSettings<ops::TopicSettings> known;
  for (const auto& [name, view] : views) {
    for (const TopicView::OnBroker& each : view.on) {
      known[name][each.broker] = ops::from_message(each.status.spec());
    }
  }
  return known;
}

ordered_json to_json(const std::string& name, const TopicView& view) {
  ordered_json queues = ordered_json::array();
  for (const TopicView::OnBroker& each : view.on) {
    for (const admin::TopicStatus::Queue& queue : each.status.queues()) {
      queues.push_back({{"broker", each.broker->name},
                        {"address", each.broker->address()},
                        {"queueId", queue.queue_id()},
                        {"minOffset", queue.min_offset()},
                        {"maxOffset", queue.max_offset()},
                        {"sizeBytes", queue.size_bytes()},
                        {"oldestMessageMs", queue.oldest_message_ms()},
                        {"lastWrittenMs", queue.last_written_ms()}});
    }
  }
  const admin::TopicStatus::Totals totals = view.totals();
  return {{"name", name},
          {"readQueues", view.spec().read_queues()},
          {"writeQueues", view.spec().write_queues()},
          {"readQueuesOfAllBrokers", view.read_queues()},
          {"writeQueuesOfAllBrokers", view.write_queues()},
          {"permission", permission_name(view.spec().permission())},
          {"messageType", message_type_name(view.spec().message_type())},
          {"retentionMs", view.spec().retention_ms()},
          {"brokers", view.on.size()},
          {"missingOn", view.missing_on},
          {"partial", view.partial},
          {"sameOnAllBrokers", !view.differs()},
          {"messages", totals.messages()},
          {"sizeBytes", totals.size_bytes()},
          {"oldestMessageMs", totals.oldest_message_ms()},
          {"lastWrittenMs", totals.last_written_ms()},
          {"queues", std::move(queues)}};
}

}  // namespace petrel::cli
