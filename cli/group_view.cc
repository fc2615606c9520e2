// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/group_view.h"

#include <algorithm>
#include <utility>

#include "common/concat.h"
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
                        {"begun", !queue.not_begun()},
                        {"lag", queue.lag()},
                        {"lagAtMost", queue.lag_at_most()},
                        {"inFlight", queue.in_flight()}});
    }
  });
  return queues;
}

// The topics of all brokers that these groups receive from.
absl::Status add_unreceived(Brokers& brokers, GroupViews& groups) {
  std::map<std::string, std::vector<std::string>> interests;
  for (const auto& [name, view] : groups) {
    for (const auto& [topic, totals] : view.by_topic()) {
      interests[name].push_back(topic);
    }
  }
  if (interests.empty()) {
    return absl::OkStatus();
  }
  const auto call = [&](const Broker& broker) { return broker.admin->list_interests(interests); };
  return brokers.ask(call, [&](const Broker& broker, admin::ListGroupsResponse listed) {
    take_interests(broker, std::move(listed), groups);
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
    totals.lag_at_most = totals.lag_at_most || subscription.lag_at_most();
  });
  return topics;
}

GroupView::Totals GroupView::totals() const {
  Totals sum;
  for (const auto& [topic, totals] : by_topic()) {
    sum.lag += totals.lag;
    sum.in_flight += totals.in_flight;
    sum.lag_at_most = sum.lag_at_most || totals.lag_at_most;
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

std::string lag_text(int64_t lag, bool at_most) { return concat(at_most ? "at most " : "", lag); }

std::string lag_text(const GroupView& view) {
  const GroupView::Totals totals = view.totals();
  return view.by_topic().empty() ? "-" : lag_text(totals.lag, totals.lag_at_most);
}

void take_interests(const Broker& broker, admin::ListGroupsResponse listed, GroupViews& views) {
  for (admin::GroupStatus& told : *listed.mutable_groups()) {
    const auto view = views.find(told.spec().name());
    if (view == views.end()) {
      continue;
    }
    if (told.absent()) {
      view->second.unseen.push_back({&broker, std::move(told)});
      continue;
    }
    for (GroupView::OnBroker& each : view->second.on) {
      if (each.broker == &broker) {
        each.status = std::move(told);
        break;
      }
    }
  }
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
    view.missing_on = brokers.others(view.on);
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
                             {"lagAtMost", totals.lag_at_most},
                             {"inFlight", totals.in_flight},
                             {"queues", queues_of(topic, view)}});
  }
  const ops::GroupSettings settings = view.settings();
  const GroupView::Totals totals = view.totals();
  const std::string from = ops::consume_from_text(settings.consume_from);
  return {{"name", name},
          {"consumeEnabled", settings.consume_enabled},
          {"maxAttempts", settings.attempts_max},
          {"backoffMs", settings.backoff_ms},
          {"consumeFrom", from.empty() ? ordered_json() : ordered_json(from)},
          {"brokers", view.on.size()},
          {"missingOn", view.missing_on},
          {"partial", view.partial},
          {"sameOnAllBrokers", !view.differs()},
          {"clients", view.clients()},
          {"lag", totals.lag},
          {"lagAtMost", totals.lag_at_most},
          {"inFlight", totals.in_flight},
          {"subscriptions", std::move(subscriptions)}};
}

}  // namespace petrel::cli
