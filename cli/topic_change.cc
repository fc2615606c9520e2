// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/topic_change.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "cli/brokers.h"
#include "cli/confirm.h"
#include "cli/group_view.h"
#include "cli/settings_change.h"
#include "cli/topic_cost.h"
#include "cli/topic_view.h"
#include "common/clock.h"
#include "common/concat.h"
#include "common/status.h"
#include "common/units.h"
#include "operator/resources/documents.h"

namespace petrel::cli {

namespace {

namespace admin = petrel::admin::v1;
using Known = KnownSettings<ops::TopicSettings>;
using Planned = PlannedSettings<ops::TopicSettings>;

void tell(const std::vector<std::string>& sentences) {
  for (const std::string& sentence : sentences) {
    std::cerr << "petrelctl: " << sentence << '\n';
  }
}

// Says which topics ask for more than the broker's log keeps.
absl::Status warn_of_retention(const Broker& broker,
                               const std::vector<ops::TopicSettings>& topics) {
  const bool any = std::any_of(topics.begin(), topics.end(),
                               [](const auto& topic) { return topic.retention_ms > 0; });
  if (!any) {
    return absl::OkStatus();
  }
  PETREL_ASSIGN_OR_RETURN(const auto described, broker.admin->describe());
  const int64_t of_log_ms = described.log_retention_ms();
  for (const ops::TopicSettings& topic : topics) {
    if (topic.retention_ms > of_log_ms && of_log_ms != 0) {
      tell({concat("topic ", topic.name, ": the log of ", broker.name, " keeps messages for ",
                   format_duration_ms(of_log_ms), " only (store.file-reserved-time)")});
    }
  }
  return absl::OkStatus();
}

// What all groups have and lack on a broker.
GroupStatuses groups_on(const Broker& broker, const GroupViews& groups) {
  GroupStatuses statuses;
  for (const auto& [name, view] : groups) {
    if (const admin::GroupStatus* status = view.on_broker(broker); status != nullptr) {
      *statuses.Add() = *status;
    }
  }
  return statuses;
}

// What the plan costs, of those brokers that still answer.
absl::StatusOr<Costs> costs_of(Brokers& brokers, const TopicViews& views, const Planned& planned) {
  const int64_t now_ms = SystemClock().wall_ms();
  PETREL_ASSIGN_OR_RETURN(const GroupViews group_views, view_groups(brokers, {}));
  Costs all;
  for (const Broker& broker : brokers.all()) {
    const auto mine = planned.find(&broker);
    if (!broker.answers() || mine == planned.end()) {
      continue;
    }
    const GroupStatuses groups = groups_on(broker, group_views);
    for (const ops::TopicSettings& after : mine->second) {
      const auto view = views.find(after.name);
      for (const TopicView::OnBroker& before :
           view == views.end() ? std::vector<TopicView::OnBroker>() : view->second.on) {
        if (before.broker == &broker) {
          Costs costs = cost_of_change(broker.name, before.status, after, groups, now_ms);
          std::move(costs.losses.begin(), costs.losses.end(), std::back_inserter(all.losses));
          std::move(costs.notes.begin(), costs.notes.end(), std::back_inserter(all.notes));
        }
      }
    }
  }
  return all;
}

// What is sent to the queues beyond would reach nobody.
absl::Status check_queues(const TopicChange& change, const Planned& planned) {
  if (!change.names_queues()) {
    return absl::OkStatus();
  }
  for (const auto& [broker, topics] : planned) {
    for (const ops::TopicSettings& topic : topics) {
      if (topic.write_queues > topic.read_queues) {
        return absl::InvalidArgumentError(
            concat("topic ", topic.name, ": ", topic.write_queues, " queues to send to and only ",
                   topic.read_queues,
                   " to receive from; name --read-queues and --write-queues, or --queues"));
      }
    }
  }
  return absl::OkStatus();
}

int carry_out(const Globals& globals, Brokers& brokers, const Known& known, const Planned& planned,
              const std::vector<std::string>& names) {
  ChangeReport report("topic", globals.output);
  apply_plan<ops::TopicSettings>(
      brokers, known, planned, names,
      [](ops::BrokerAdmin& admin, const std::vector<ops::TopicSettings>& topics) {
        return admin.apply_topics(topics);
      },
      report);
  for (const Broker& broker : brokers.all()) {
    if (const auto mine = planned.find(&broker); broker.answers() && mine != planned.end()) {
      // The topics are as asked; that nobody says more of them is no failure.
      warn_of_retention(broker, mine->second).IgnoreError();
    }
  }
  return report.conclude();
}

// With leave for what it loses.
absl::StatusOr<int> change_topics(const Globals& globals, Brokers& brokers, const TopicViews& views,
                                  const Planned& planned, const std::vector<std::string>& names,
                                  bool yes) {
  PETREL_ASSIGN_OR_RETURN(const Costs costs, costs_of(brokers, views, planned));
  tell(costs.notes);
  if (!costs.losses.empty()) {
    PETREL_RETURN_IF_ERROR(confirm(costs.losses, yes));
  }
  return carry_out(globals, brokers, settings_of(views), planned, names);
}

}  // namespace

bool TopicChange::names_queues() const { return queues || read_queues || write_queues; }

bool TopicChange::names_nothing() const {
  return !names_queues() && !permission && retention.empty();
}

void TopicChange::apply_to(ops::TopicSettings& settings) const {
  settings.read_queues = read_queues.value_or(queues.value_or(settings.read_queues));
  settings.write_queues = write_queues.value_or(queues.value_or(settings.write_queues));
  settings.permission = permission.value_or(settings.permission);
  if (!retention.empty()) {
    settings.retention_ms = parse_duration_ms(retention).value_or(settings.retention_ms);
  }
}

absl::StatusOr<int> create_topics(const Globals& globals, const std::vector<std::string>& names,
                                  const TopicChange& change) {
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  PETREL_ASSIGN_OR_RETURN(const TopicViews views, view_topics(brokers, false, names));
  std::vector<ops::TopicSettings> wanted;
  for (const std::string& name : names) {
    ops::TopicSettings& settings = wanted.emplace_back();
    settings.name = name;
    // As a PetrelTopic says it.
    settings.write_queues =
        std::min(settings.write_queues, change.read_queues.value_or(settings.write_queues));
    change.apply_to(settings);
  }
  const Known known = settings_of(views);
  PETREL_ASSIGN_OR_RETURN(const Planned planned, plan_creation("topic", brokers, known, wanted));
  PETREL_RETURN_IF_ERROR(check_queues(change, planned));
  return carry_out(globals, brokers, known, planned, names);
}

absl::StatusOr<int> alter_topics(const Globals& globals, const std::vector<std::string>& names,
                                 const TopicChange& change, bool yes) {
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  PETREL_ASSIGN_OR_RETURN(const TopicViews views, view_topics(brokers, false, names));
  PETREL_ASSIGN_OR_RETURN(const Planned planned,
                          plan_alteration<ops::TopicSettings>(
                              "topic", brokers, settings_of(views), names,
                              [&](ops::TopicSettings& settings) { change.apply_to(settings); }));
  PETREL_RETURN_IF_ERROR(check_queues(change, planned));
  return change_topics(globals, brokers, views, planned, names, yes);
}

absl::StatusOr<int> apply_topics(const Globals& globals, const std::vector<std::string>& files,
                                 bool yes) {
  PETREL_ASSIGN_OR_RETURN(const auto resources, ops::read_documents(files));
  std::vector<ops::TopicSettings> topics;
  std::vector<std::string> names;
  for (const ops::Resource& resource : resources) {
    if (resource.kind != "PetrelTopic") {
      return absl::InvalidArgumentError(
          concat(resource.declared_at, ": ", resource.id(),
                 ": topic apply takes documents of kind PetrelTopic; for all kinds use petrelctl "
                 "up"));
    }
    topics.push_back(ops::topic_spec(resource).settings);
    names.push_back(topics.back().name);
  }
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  PETREL_ASSIGN_OR_RETURN(const TopicViews views, view_topics(brokers, false, names));
  Planned planned;
  for (const Broker& broker : brokers.all()) {
    if (broker.answers()) {
      planned[&broker] = topics;
    }
  }
  return change_topics(globals, brokers, views, planned, names, yes);
}

absl::StatusOr<int> delete_topics(const Globals& globals, const std::vector<std::string>& names,
                                  bool yes) {
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  PETREL_ASSIGN_OR_RETURN(const GroupViews group_views, view_groups(brokers, {}));
  std::vector<std::string> costs;
  const auto call = [&](const Broker& broker) { return broker.admin->list_topics(false, names); };
  const auto add_costs = [&](const Broker& broker, const admin::ListTopicsResponse& topics) {
    const GroupStatuses groups = groups_on(broker, group_views);
    for (const admin::TopicStatus& topic : topics.topics()) {
      if (std::string cost = cost_of_deletion(broker.name, topic, groups); !cost.empty()) {
        costs.push_back(std::move(cost));
      }
    }
    return absl::OkStatus();
  };
  PETREL_RETURN_IF_ERROR(brokers.ask(call, add_costs));
  if (!costs.empty()) {
    PETREL_RETURN_IF_ERROR(confirm(costs, yes));
  }
  return delete_all(
      "topic", brokers, names, [&](ops::BrokerAdmin& admin) { return admin.delete_topics(names); },
      globals.output);
}

}  // namespace petrel::cli
