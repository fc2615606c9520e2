// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/plan/plan_content.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "common/concat.h"

namespace petrel::ops {

namespace {

// What topics and groups differ in.
struct TopicTraits {
  using Document = DeclaredTopic;
  static constexpr std::string_view kWhat = "topic";
  static constexpr ActionKind kApply = ActionKind::kApplyTopics;
  static constexpr ActionKind kDelete = ActionKind::kDeleteTopics;
  static const auto& documents(const Desired& desired) { return desired.topics; }
  static const auto& content(const BrokerContent& broker) { return broker.topics; }
  static auto& changes(Action& action) { return action.topics; }
  static int64_t in_use(const TopicStats& stats) { return stats.messages; }
  static constexpr std::string_view kInUse = " messages are left";

  // Whether nobody misses the queues beyond `read_queues`. Statistics may be a minute old: what was
  // counted after the queues were closed alone tells.
  static bool is_drained(const TopicContent& existing, int32_t read_queues) {
    const bool is_closed = existing.settings.write_queues <= read_queues;
    return is_closed && (existing.closing.messages == 0 || existing.closing.unread == 0);
  }

  // What a broker is to have next. Fewer queues hide what is in the others: they are first not
  // written any more, and not read any more once they are empty or all of it is read. Meanwhile as
  // many are written as will be read, so that the broker's count is of the others alone.
  static TopicSettings next(const TopicSettings& declared, const TopicContent* existing) {
    TopicSettings next = declared;
    if (existing != nullptr && existing->settings.read_queues > declared.read_queues &&
        !is_drained(*existing, declared.read_queues)) {
      next.read_queues = existing->settings.read_queues;
      next.write_queues = std::min(existing->settings.write_queues, declared.read_queues);
    }
    return next;
  }
  static bool keeps_positions(const TopicSettings&, const TopicContent*) { return false; }
  static bool closes_queues(const TopicSettings& declared, const TopicSettings& next) {
    return next.read_queues > declared.read_queues;
  }
  static int64_t hidden_by(const TopicSettings& declared, const TopicContent& existing) {
    return existing.settings.read_queues > declared.read_queues ? existing.closing.messages : 0;
  }
  static std::string why_hidden(const TopicContent& existing) {
    const ClosingQueues& closing = existing.closing;
    return closing.unread < 0 ? std::string("no consumer group reads it")
                              : concat("consumer group ", closing.unread_by,
                                       " has not acknowledged ", closing.unread, " of them");
  }
};

struct GroupTraits {
  using Document = DeclaredGroup;
  static constexpr std::string_view kWhat = "consumer group";
  static constexpr ActionKind kApply = ActionKind::kApplyGroups;
  static constexpr ActionKind kDelete = ActionKind::kDeleteGroups;
  static const auto& documents(const Desired& desired) { return desired.groups; }
  static const auto& content(const BrokerContent& broker) { return broker.groups; }
  static auto& changes(Action& action) { return action.groups; }
  static int64_t in_use(const GroupStats& stats) {
    return stats.lag + stats.in_flight + stats.members;
  }
  static constexpr std::string_view kInUse = " messages and members are left";
  // A group that is there and that nobody has said a begin of stays so with Last, which documents
  // say that say nothing: else their messages of before would be lost to it.
  static GroupSettings next(const GroupSettings& declared, const GroupContent* existing) {
    GroupSettings next = declared;
    if (existing != nullptr && declared.consume_from.kind == ConsumeFrom::Kind::kLast &&
        existing->settings.consume_from.kind == ConsumeFrom::Kind::kUndeclared) {
      next.consume_from = existing->settings.consume_from;
    }
    return next;
  }
  static bool closes_queues(const GroupSettings&, const GroupSettings&) { return false; }
  static bool keeps_positions(const GroupSettings& declared, const GroupContent* existing) {
    return existing != nullptr &&
           existing->settings.consume_from != next(declared, existing).consume_from;
  }
  static int64_t hidden_by(const GroupSettings&, const GroupContent&) { return 0; }
  static std::string why_hidden(const GroupContent&) { return ""; }
};

// One document, and what is known of its name on the brokers.
template <typename Traits>
struct Item {
  const typename Traits::Document* document = nullptr;
  // Who holds the name instead; null when this document does.
  const typename Traits::Document* holder = nullptr;
  size_t brokers_done = 0;
  // The first broker that is written to.
  std::string written_to;
  // Messages that the declared settings would hide, so that brokers do not have them yet.
  int64_t hidden = 0;
  // Where some are, and who still has to read them.
  std::string why_hidden;
  // Sum of what keeps brokers from deleting it if it must be empty.
  int64_t in_use = 0;

  const std::string& name() const { return document->spec.settings.name; }
  bool is_declared() const { return holder == nullptr && !document->deleting; }
  bool is_to_delete() const {
    return holder == nullptr && document->deleting &&
           document->spec.deletion_policy != DeletionPolicy::kRetain;
  }
  bool must_be_empty() const {
    return document->spec.deletion_policy == DeletionPolicy::kDeleteIfEmpty;
  }
};

// Which brokers there should be, and those that can be written to.
struct Brokers {
  size_t count = 0;
  std::vector<std::pair<MemberId, const BrokerContent*>> answering;
  bool all_answer() const { return answering.size() == count; }
};

Brokers brokers_of(const Desired& desired, const Snapshot& snapshot, const Plan& plan) {
  std::set<MemberId> going_down;
  for (const Action& action : plan.actions) {
    if (action.kind == ActionKind::kRestartMember) {
      going_down.insert(action.member);
    }
  }
  Brokers brokers;
  for (const auto& [id, digest] : desired.members) {
    if (id.role != Role::kBroker) {
      continue;
    }
    ++brokers.count;
    const auto content = snapshot.brokers.find(id);
    const auto member = snapshot.members.find(id);
    const bool stopping = member != snapshot.members.end() && member->second.stopping;
    if (content != snapshot.brokers.end() && !stopping && !going_down.contains(id)) {
      brokers.answering.emplace_back(id, content->second.get());
    }
  }
  return brokers;
}

// Sorted by name; of one name, the holder first.
template <typename Traits>
std::vector<Item<Traits>> items_of(const Desired& desired) {
  std::vector<Item<Traits>> items;
  items.reserve(Traits::documents(desired).size());
  for (const auto& document : Traits::documents(desired)) {
    items.push_back({.document = document.get()});
  }
  const auto before = [](const Item<Traits>& a, const Item<Traits>& b) {
    const auto rank = [](const Item<Traits>& item) {
      return std::tie(item.name(), item.document->deleting, item.document->created_ms,
                      item.document->id);
    };
    return rank(a) < rank(b);
  };
  // Mostly they come in this order.
  if (!std::is_sorted(items.begin(), items.end(), before)) {
    std::sort(items.begin(), items.end(), before);
  }
  for (size_t i = 1; i < items.size(); ++i) {
    const Item<Traits>& previous = items[i - 1];
    if (items[i].name() == previous.name()) {
      items[i].holder = previous.holder == nullptr ? previous.document : previous.holder;
    }
  }
  return items;
}

// Calls `each` with the item and what the broker has of it, or null. Both are sorted by name.
template <typename Traits, typename Each>
void walk(std::vector<Item<Traits>>& items, const BrokerContent& broker, const Each& each) {
  const auto& content = Traits::content(broker);
  auto found = content.begin();
  for (Item<Traits>& item : items) {
    while (found != content.end() && found->first < item.name()) {
      ++found;
    }
    const bool exists = found != content.end() && found->first == item.name();
    each(item, exists ? &found->second : nullptr);
  }
}

// Puts things into actions of at most kActionNamesMax each.
class Batch {
 public:
  Batch(Plan& plan, ActionKind kind, const MemberId& member, bool only_empty)
      : plan_(plan), kind_(kind), member_(member), only_empty_(only_empty) {}

  Action& next() {
    if (count_++ % kActionNamesMax == 0) {
      Action& action = plan_.actions.emplace_back();
      action.kind = kind_;
      action.member = member_;
      action.only_empty = only_empty_;
      index_ = plan_.actions.size() - 1;
    }
    return plan_.actions[index_];
  }

 private:
  Plan& plan_;
  const ActionKind kind_;
  const MemberId member_;
  const bool only_empty_;
  size_t count_ = 0;
  size_t index_ = 0;
};

template <typename Traits>
void plan_broker(const MemberId& id, const BrokerContent& broker, bool all_answer,
                 std::vector<Item<Traits>>& items, Plan& plan) {
  Batch apply(plan, Traits::kApply, id, false);
  Batch remove(plan, Traits::kDelete, id, false);
  Batch remove_empty(plan, Traits::kDelete, id, true);
  walk(items, broker, [&](Item<Traits>& item, const auto* existing) {
    if (item.is_to_delete() && existing != nullptr) {
      if (!item.must_be_empty()) {
        remove.next().names.push_back(item.name());
      } else if (all_answer && item.in_use == 0) {
        remove_empty.next().names.push_back(item.name());
      }
      return;
    }
    if (item.is_declared()) {
      const auto& declared = item.document->spec.settings;
      auto next = Traits::next(declared, existing);
      if (existing == nullptr || !(existing->settings == next)) {
        item.written_to = item.written_to.empty() ? id.name() : item.written_to;
        Action& action = apply.next();
        action.keeps_positions |= Traits::keeps_positions(next, existing);
        action.closes_queues |= Traits::closes_queues(declared, next);
        Traits::changes(action).push_back(std::move(next));
        return;
      }
      const int64_t hidden = Traits::hidden_by(declared, *existing);
      if (hidden > 0 && item.hidden == 0) {
        item.why_hidden = concat("on ", id.name(), " ", Traits::why_hidden(*existing));
      }
      item.hidden += hidden;
    }
    ++item.brokers_done;
  });
}

template <typename Traits>
void count_use(const Brokers& brokers, std::vector<Item<Traits>>& items) {
  if (std::none_of(items.begin(), items.end(), [](const Item<Traits>& item) {
        return item.is_to_delete() && item.must_be_empty();
      })) {
    return;
  }
  for (const auto& [id, content] : brokers.answering) {
    walk(items, *content, [](Item<Traits>& item, const auto* existing) {
      item.in_use += existing == nullptr ? 0 : Traits::in_use(existing->stats);
    });
  }
}

Condition condition_of(const DocumentState& document, bool status, std::string reason,
                       std::string message) {
  return {.type = "Ready",
          .status = status,
          .reason = std::move(reason),
          .message = std::move(message),
          .observed_generation = document.generation};
}

template <typename Traits>
Condition deleting_condition(const Item<Traits>& item, const Brokers& brokers) {
  const std::string is_deleted = concat(Traits::kWhat, " ", item.name(), " is being deleted");
  if (!brokers.all_answer()) {
    return condition_of(*item.document, false, "BrokerNotAnswering",
                        concat(is_deleted, "; ", brokers.answering.size(), " of ", brokers.count,
                               " brokers answer"));
  }
  if (item.must_be_empty() && item.in_use > 0) {
    return condition_of(*item.document, false, "NotEmpty",
                        concat(Traits::kWhat, " ", item.name(),
                               " is deleted once it is empty: ", item.in_use, Traits::kInUse,
                               "; spec.deletionPolicy may still be set to Delete, or to Retain to "
                               "leave it"));
  }
  return condition_of(*item.document, false, "Deleting", is_deleted);
}

template <typename Traits>
Condition ready_condition(const Item<Traits>& item, const Brokers& brokers, bool paused) {
  const auto& document = *item.document;
  if (document.deleting) {
    return deleting_condition(item, brokers);
  }
  if (item.holder != nullptr) {
    return condition_of(document, false, "Conflict",
                        concat(Traits::kWhat, " ", item.name(), " is declared by ", item.holder->id,
                               ", which is older; delete one of them"));
  }
  if (item.hidden > 0) {
    return condition_of(
        document, false, "QueuesDraining",
        concat("the queues that are no longer declared hold ", item.hidden,
               " messages that would be hidden; they are not written any more, and are read until "
               "every group has read them or they are deleted; ",
               item.why_hidden));
  }
  if (item.brokers_done == brokers.count) {
    return condition_of(document, true, "Applied",
                        concat(Traits::kWhat, " ", item.name(), " is as declared on all ",
                               brokers.count, " brokers"));
  }
  if (paused) {
    return condition_of(document, false, "Paused",
                        "the cluster is paused: spec.pause is true, so nothing is written");
  }
  if (!brokers.all_answer()) {
    return condition_of(document, false, "BrokerNotAnswering",
                        concat(brokers.answering.size(), " of ", brokers.count, " brokers answer"));
  }
  return condition_of(document, false, "Applying",
                      concat(item.brokers_done, " of ", brokers.count,
                             " brokers have it as declared; next is ", item.written_to));
}

void forget(const std::string& id, Plan& plan) {
  Action action;
  action.kind = ActionKind::kForgetDocument;
  action.object = id;
  plan.actions.push_back(std::move(action));
}

template <typename Traits>
void plan_content(const Desired& desired, const Snapshot& snapshot, Plan& plan) {
  std::vector<Item<Traits>> items = items_of<Traits>(desired);
  const Brokers brokers = brokers_of(desired, snapshot, plan);
  const bool paused = desired.cluster->spec.pause;
  count_use(brokers, items);
  Plan writes;
  for (const auto& [id, content] : brokers.answering) {
    plan_broker(id, *content, brokers.all_answer(), items, writes);
  }
  // Consumers take the time that they take.
  plan.stuck |= std::any_of(items.begin(), items.end(),
                            [](const Item<Traits>& item) { return item.hidden > 0; });
  if (!paused) {
    std::move(writes.actions.begin(), writes.actions.end(), std::back_inserter(plan.actions));
  }
  for (const Item<Traits>& item : items) {
    if (item.document->deleting && (!item.is_to_delete() || item.brokers_done == brokers.count)) {
      forget(item.document->id, plan);
    }
    plan.conditions.try_emplace(plan.conditions.end(), item.document->id)
        ->second.push_back(ready_condition(item, brokers, paused));
  }
}

// There is no cluster to wait for.
template <typename Traits>
void plan_without_cluster(const Desired& desired, Plan& plan) {
  for (const auto& document : Traits::documents(desired)) {
    if (document->deleting) {
      forget(document->id, plan);
    }
    const bool gone = desired.cluster == nullptr;
    plan.conditions[document->id].push_back(
        condition_of(*document, false, gone ? "ClusterNotFound" : "ClusterDeleting",
                     concat("PetrelCluster ", document->spec.cluster,
                            gone ? " does not exist in this namespace" : " is being deleted")));
  }
}

template <typename Traits>
void plan_kind(const Desired& desired, const Snapshot& snapshot, Plan& plan) {
  if (desired.cluster == nullptr || desired.cluster->deleting) {
    plan_without_cluster<Traits>(desired, plan);
  } else {
    plan_content<Traits>(desired, snapshot, plan);
  }
}

}  // namespace

void plan_topics(const Desired& desired, const Snapshot& snapshot, Plan& plan) {
  plan_kind<TopicTraits>(desired, snapshot, plan);
}

void plan_groups(const Desired& desired, const Snapshot& snapshot, Plan& plan) {
  plan_kind<GroupTraits>(desired, snapshot, plan);
}

}  // namespace petrel::ops
