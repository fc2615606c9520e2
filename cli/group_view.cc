// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/group_view.h"

#include <algorithm>
#include <utility>

#include "common/status.h"

namespace petrel::cli {

namespace admin = petrel::admin::v1;
using nlohmann::ordered_json;

namespace {

using Subscription = admin::GroupStatus::Subscription;

// Calls `each` with every broker and subscription of the group.
template <typename Each>
void for_each_subscription(const GroupView& view, const Each& each) {
  for (const std::vector<GroupView::OnBroker>* list : {&view.on, &view.unseen}) {
    for (const GroupView::OnBroker& there : *list) {
      for (const Subscription& subscription : there.status.subscriptions()) {
        each(*there.broker, subscription);
      }
    }
  }
}

ordered_json queues_of(const std::string& topic, const GroupView& view) {
  ordered_json queues = ordered_json::array();
  for_each_subscription(view, [&](const Broker& broker, const Subscription& subscription) {
    if (subscription.topic() != topic) {
      return;
    }
    for (const Subscription::Queue& queue : subscription.queues()) {
      queues.push_back({{"broker", broker.name},
                        {"address", broker.address()},
                        {"queueId", queue.queue_id()},
                        {"nextOffset", queue.next_offset()},
                        {"lag", queue.lag()},
                        {"inFlight", queue.in_flight()}});
    }
  });
  return queues;
}

// Where a group will begin that has not received from the queue. Where a declaration or a time
// counts only the broker can tell, when somebody receives: till then no message is counted.
int64_t next_of(const ops::ConsumeFrom& from, const admin::TopicStatus::Queue& queue) {
  using Kind = ops::ConsumeFrom::Kind;
  const bool all =
      from.kind == Kind::kFirst || (from.kind == Kind::kUndeclared && queue.min_offset() == 0);
  return all ? queue.min_offset() : queue.max_offset();
}

admin::GroupStatus& status_on(const Broker& broker, GroupView& view) {
  if (const admin::GroupStatus* const known = view.on_broker(broker)) {
    return const_cast<admin::GroupStatus&>(*known);
  }
  admin::GroupStatus& made = view.unseen.emplace_back(GroupView::OnBroker{&broker, {}}).status;
  made.mutable_spec()->set_name(view.on.front().status.spec().name());
  return made;
}

// The topics of all brokers that these groups receive from.
absl::Status add_unreceived(Brokers& brokers, GroupViews& groups) {
  std::map<std::string, std::vector<GroupView*>> groups_of;  // by topic
  std::vector<std::string> topics;
  for (auto& [name, view] : groups) {
    for (const auto& [topic, totals] : view.by_topic()) {
      groups_of[topic].push_back(&view);
    }
  }
  for (const auto& [topic, views] : groups_of) {
    topics.push_back(topic);
  }
  if (topics.empty()) {
    return absl::OkStatus();
  }
  const auto call = [&](const Broker& broker) { return broker.admin->list_topics(false, topics); };
  return brokers.ask(call, [&](const Broker& broker, const admin::ListTopicsResponse& listed) {
    for (const admin::TopicStatus& topic : listed.topics()) {
      for (GroupView* view : groups_of[topic.spec().name()]) {
        add_unreceived(broker, topic, *view);
      }
    }
    return absl::OkStatus();
  });
}

}  // namespace

bool GroupView::differs() const {
  return std::any_of(on.begin(), on.end(), [&](const OnBroker& each) {
    return !(ops::from_message(each.status.spec()) == settings());
  });
}

std::map<std::string, GroupView::Totals> GroupView::by_topic() const {
  std::map<std::string, Totals> topics;
  for_each_subscription(*this, [&](const Broker&, const Subscription& subscription) {
    Totals& totals = topics[subscription.topic()];
    totals.lag += subscription.lag();
    totals.in_flight += subscription.in_flight();
  });
  return topics;
}

GroupView::Totals GroupView::totals() const {
  Totals sum;
  for (const auto& [topic, totals] : by_topic()) {
    sum.lag += totals.lag;
    sum.in_flight += totals.in_flight;
  }
  return sum;
}

int64_t GroupView::clients() const {
  int64_t most = 0;
  for (const OnBroker& each : on) {
    most = std::max<int64_t>(most, each.status.clients());
  }
  return most;
}

const admin::GroupStatus* GroupView::on_broker(const Broker& broker) const {
  for (const std::vector<OnBroker>* list : {&on, &unseen}) {
    for (const OnBroker& there : *list) {
      if (there.broker == &broker) {
        return &there.status;
      }
    }
  }
  return nullptr;
}

void add_unreceived(const Broker& broker, const admin::TopicStatus& topic, GroupView& view) {
  admin::GroupStatus& status = status_on(broker, view);
  const auto& known = status.subscriptions();
  if (std::any_of(known.begin(), known.end(), [&](const Subscription& subscription) {
        return subscription.topic() == topic.spec().name();
      })) {
    return;
  }
  const ops::ConsumeFrom from = view.settings().consume_from;
  Subscription& added = *status.add_subscriptions();
  added.set_topic(topic.spec().name());
  for (const admin::TopicStatus::Queue& queue : topic.queues()) {
    if (queue.queue_id() >= topic.spec().read_queues()) {
      continue;
    }
    Subscription::Queue& begun = *added.add_queues();
    begun.set_queue_id(queue.queue_id());
    begun.set_next_offset(next_of(from, queue));
    begun.set_lag(queue.max_offset() - begun.next_offset());
    added.set_lag(added.lag() + begun.lag());
  }
  status.mutable_totals()->set_lag(status.totals().lag() + added.lag());
}

absl::StatusOr<GroupViews> view_groups(Brokers& brokers, const std::vector<std::string>& names) {
  GroupViews groups;
  const auto call = [&](const Broker& broker) { return broker.admin->list_groups(names); };
  PETREL_RETURN_IF_ERROR(brokers.ask(call, [&](Broker& broker, admin::ListGroupsResponse listed) {
    for (admin::GroupStatus& group : *listed.mutable_groups()) {
      const std::string name = group.spec().name();
      groups[name].on.push_back({&broker, std::move(group)});
    }
    return absl::OkStatus();
  }));
  PETREL_RETURN_IF_ERROR(add_unreceived(brokers, groups));
  for (auto& [name, view] : groups) {
    view.partial = brokers.is_partial();
  }
  return groups;
}

KnownSettings<ops::GroupSettings> settings_of(const GroupViews& views) {
  KnownSettings<ops::GroupSettings> known;
  for (const auto& [name, view] : views) {
    for (const GroupView::OnBroker& each : view.on) {
      known[name][each.broker] = ops::from_message(each.status.spec());
    }
  }
  return known;
}

ordered_json to_json(const std::string& name, const GroupView& view) {
  ordered_json subscriptions = ordered_json::array();
  for (const auto& [topic, totals] : view.by_topic()) {
    subscriptions.push_back({{"topic", topic},
                             {"lag", totals.lag},
                             {"inFlight", totals.in_flight},
                             {"queues", queues_of(topic, view)}});
  }
  const ops::GroupSettings settings = view.settings();
  const GroupView::Totals totals = view.totals();
  const std::string from = ops::consume_from_text(settings.consume_from);
  return {{"name", name},
          {"consumeEnabled", settings.consume_enabled},
          {"backoffMs", settings.backoff_ms},
          {"consumeFrom", from.empty() ? ordered_json() : ordered_json(from)},
          {"brokers", view.on.size()},
          {"partial", view.partial},
          {"sameOnAllBrokers", !view.differs()},
          {"clients", view.clients()},
          {"lag", totals.lag},
          {"inFlight", totals.in_flight},
          {"subscriptions", std::move(subscriptions)}};
}

}  // namespace petrel::cli
