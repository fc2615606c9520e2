// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/group_view.h"

#include <algorithm>
#include <utility>

#include "common/status.h"

namespace petrel::cli {

namespace admin = petrel::admin::v1;
using nlohmann::ordered_json;

namespace {

ordered_json queues_of(const std::string& topic, const GroupView& view) {
  ordered_json queues = ordered_json::array();
  for (const GroupView::OnBroker& each : view.on) {
    for (const admin::GroupStatus::Subscription& subscription : each.status.subscriptions()) {
      if (subscription.topic() != topic) {
        continue;
      }
      for (const admin::GroupStatus::Subscription::Queue& queue : subscription.queues()) {
        queues.push_back({{"broker", each.broker->name},
                          {"address", each.broker->address()},
                          {"queueId", queue.queue_id()},
                          {"nextOffset", queue.next_offset()},
                          {"lag", queue.lag()},
                          {"inFlight", queue.in_flight()}});
      }
    }
  }
  return queues;
}

}  // namespace

bool GroupView::differs() const {
  return std::any_of(on.begin(), on.end(), [&](const OnBroker& each) {
    return !(ops::from_message(each.status.spec()) == settings());
  });
}

std::map<std::string, GroupView::Totals> GroupView::by_topic() const {
  std::map<std::string, Totals> topics;
  for (const OnBroker& each : on) {
    for (const admin::GroupStatus::Subscription& subscription : each.status.subscriptions()) {
      Totals& totals = topics[subscription.topic()];
      totals.lag += subscription.lag();
      totals.in_flight += subscription.in_flight();
    }
  }
  return topics;
}

GroupView::Totals GroupView::totals() const {
  Totals sum;
  for (const OnBroker& each : on) {
    sum.lag += each.status.totals().lag();
    sum.in_flight += each.status.totals().in_flight();
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

absl::StatusOr<GroupViews> view_groups(Brokers& brokers, const std::vector<std::string>& names) {
  GroupViews groups;
  PETREL_RETURN_IF_ERROR(brokers.ask([&](Broker& broker) -> absl::Status {
    PETREL_ASSIGN_OR_RETURN(auto listed, broker.admin->list_groups(names));
    for (admin::GroupStatus& group : *listed.mutable_groups()) {
      const std::string name = group.spec().name();
      groups[name].on.push_back({&broker, std::move(group)});
    }
    return absl::OkStatus();
  }));
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
  return {{"name", name},
          {"consumeEnabled", settings.consume_enabled},
          {"backoffMs", settings.backoff_ms},
          {"brokers", view.on.size()},
          {"sameOnAllBrokers", !view.differs()},
          {"clients", view.clients()},
          {"lag", totals.lag},
          {"inFlight", totals.in_flight},
          {"subscriptions", std::move(subscriptions)}};
}

}  // namespace petrel::cli
