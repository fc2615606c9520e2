// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/plan/plan_content.h"

#include <set>
#include <utility>

#include "common/concat.h"

namespace petrel::ops {

namespace {

// What topics and groups differ in.
struct TopicTraits {
  using Settings = TopicSettings;
  static constexpr std::string_view kWhat = "topic";
  static constexpr ActionKind kApply = ActionKind::kApplyTopics;
  static constexpr ActionKind kDelete = ActionKind::kDeleteTopics;
  static TopicSpec spec(const Resource& resource) { return topic_spec(resource); }
  static const auto& documents(const Desired& desired) { return desired.topics; }
  static const auto& content(const BrokerContent& broker) { return broker.topics; }
  static auto& changes(Action& action) { return action.topics; }
};

struct GroupTraits {
  using Settings = GroupSettings;
  static constexpr std::string_view kWhat = "consumer group";
  static constexpr ActionKind kApply = ActionKind::kApplyGroups;
  static constexpr ActionKind kDelete = ActionKind::kDeleteGroups;
  static GroupSpec spec(const Resource& resource) { return group_spec(resource); }
  static const auto& documents(const Desired& desired) { return desired.groups; }
  static const auto& content(const BrokerContent& broker) { return broker.groups; }
  static auto& changes(Action& action) { return action.groups; }
};

// One document with what its brokers lack.
template <typename Traits>
struct Item {
  const Document* document = nullptr;
  typename Traits::Settings settings;
  bool to_delete = false;
  size_t brokers_done = 0;
};

template <typename Traits>
std::vector<Item<Traits>> items_of(const Desired& desired) {
  std::vector<Item<Traits>> items;
  std::set<std::string> declared;
  for (const Document& document : Traits::documents(desired)) {
    auto spec = Traits::spec(document.resource);
    if (!document.deleting) {
      declared.insert(spec.settings.name);
    }
    items.push_back(
        {.document = &document,
         .settings = std::move(spec.settings),
         .to_delete = document.deleting && spec.deletion_policy == DeletionPolicy::kDelete});
  }
  for (Item<Traits>& item : items) {
    item.to_delete = item.to_delete && !declared.contains(item.settings.name);
  }
  return items;
}

template <typename Traits>
void plan_broker(const MemberId& broker, const BrokerContent& content,
                 std::vector<Item<Traits>>& items, Plan& plan) {
  Action apply;
  apply.kind = Traits::kApply;
  apply.member = broker;
  Action remove;
  remove.kind = Traits::kDelete;
  remove.member = broker;
  for (Item<Traits>& item : items) {
    const auto found = Traits::content(content).find(item.settings.name);
    const bool exists = found != Traits::content(content).end();
    if (item.to_delete && exists) {
      remove.names.push_back(item.settings.name);
    } else if (!item.document->deleting && (!exists || !(found->second == item.settings))) {
      Traits::changes(apply).push_back(item.settings);
    } else {
      ++item.brokers_done;
    }
  }
  if (!Traits::changes(apply).empty()) {
    plan.actions.push_back(std::move(apply));
  }
  if (!remove.names.empty()) {
    plan.actions.push_back(std::move(remove));
  }
}

template <typename Traits>
void conclude(const Item<Traits>& item, size_t brokers, size_t answering, Plan& plan) {
  const bool done = item.brokers_done == brokers;
  const Document& document = *item.document;
  if (document.deleting && (done || !item.to_delete)) {
    Action forget;
    forget.kind = ActionKind::kForgetDocument;
    forget.document = document.resource.id();
    plan.actions.push_back(std::move(forget));
  }
  Condition ready{.type = "Ready", .observed_generation = document.generation};
  if (document.deleting) {
    ready.reason = "Deleting";
    ready.message = concat(Traits::kWhat, " ", item.settings.name, " is being deleted");
  } else if (done) {
    ready.status = true;
    ready.reason = "Applied";
    ready.message = concat(Traits::kWhat, " ", item.settings.name, " is as declared on all ",
                           brokers, " brokers");
  } else if (answering < brokers) {
    ready.reason = "BrokerNotAnswering";
    ready.message = concat(answering, " of ", brokers, " brokers answer");
  } else {
    ready.reason = "Applying";
    ready.message = concat(item.brokers_done, " of ", brokers, " brokers have it as declared");
  }
  plan.conditions[document.resource.id()].push_back(std::move(ready));
}

template <typename Traits>
void plan_content(const Desired& desired, const Snapshot& snapshot, Plan& plan) {
  std::vector<Item<Traits>> items = items_of<Traits>(desired);
  std::set<MemberId> going_down;
  for (const Action& action : plan.actions) {
    if (action.kind == ActionKind::kRestartMember) {
      going_down.insert(action.member);
    }
  }
  size_t brokers = 0;
  size_t answering = 0;
  for (const auto& [id, digest] : desired.members) {
    if (id.role != Role::kBroker) {
      continue;
    }
    ++brokers;
    const auto content = snapshot.brokers.find(id);
    if (content != snapshot.brokers.end() && !going_down.contains(id)) {
      ++answering;
      plan_broker(id, content->second, items, plan);
    }
  }
  for (const Item<Traits>& item : items) {
    conclude(item, brokers, answering, plan);
  }
}

}  // namespace

void plan_topics(const Desired& desired, const Snapshot& snapshot, Plan& plan) {
  plan_content<TopicTraits>(desired, snapshot, plan);
}

void plan_groups(const Desired& desired, const Snapshot& snapshot, Plan& plan) {
  plan_content<GroupTraits>(desired, snapshot, plan);
}

}  // namespace petrel::ops
