// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "nameserver/route_table.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/check.h"
#include "common/status.h"

namespace petrel::nameserver {
namespace {

// Enough to recognise a run that comes back late; older ones are long gone.
constexpr size_t kReplacedIncarnationsMax = 16;

// Held for a broker whose changes were not taken, until it registers in full. Brokers count from 0,
// so the answer differs from whatever they sent.
constexpr int64_t kNoVersion = -1;

// What a broker answers with for a topic that it creates on first use.
TopicQueues queues_on_first_use(const Broker& broker) {
  constexpr uint32_t kNormalMessages = 1U << 1;
  return {broker.auto_create_queues, broker.auto_create_queues,
          permission::kRead | permission::kWrite, kNormalMessages};
}

bool creates_topics(const Broker& broker) {
  return broker.id == 0 && broker.auto_create_topics && broker.auto_create_queues > 0;
}

// One port may serve several purposes.
std::set<std::string> distinct_addresses(const Broker& broker) {
  std::set<std::string> addresses;
  for (const BrokerAddress& address : broker.addresses) {
    addresses.insert(to_string(address.host_port));
  }
  return addresses;
}

absl::Status check_topic_count(size_t count) {
  if (count > kTopicsPerBrokerMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("more than ", kTopicsPerBrokerMax, " topics on a broker"));
  }
  return absl::OkStatus();
}

bool takes_order(const GroupRoute& route) {
  constexpr uint32_t kOrderedMessages = 1U << 2;
  return (route.queues.message_types & kOrderedMessages) != 0;
}

bool is_left(const GroupRoute& route) { return route.leaving && !takes_order(route); }

bool takes_over(const GroupRoute& route) {
  return !route.leaving && (route.queues.permission & permission::kWrite) != 0;
}

bool looks_created_by_use(const GroupRoute& route) {
  const Broker& speaker = *route.replicas.front();
  return creates_topics(speaker) && route.queues == queues_on_first_use(speaker);
}

}  // namespace

absl::StatusOr<RouteTable::Registered> RouteTable::register_broker(
    ConnectionId connection, const Broker& broker, int64_t topics_version,
    const std::vector<TopicEntry>& topics, Instant now) {
  PETREL_RETURN_IF_ERROR(check_group(broker));
  PETREL_RETURN_IF_ERROR(check_topic_count(topics.size()));
  const std::vector<Member*> replaced = rivals(connection, broker);
  std::vector<std::string> replaced_incarnations;
  for (const Member* rival : replaced) {
    const std::vector<std::string>& earlier = rival->replaced_incarnations;
    if (std::find(earlier.begin(), earlier.end(), broker.incarnation) != earlier.end()) {
      return absl::FailedPreconditionError(
          absl::StrCat("a later run of a broker replaced this one: ", rival->broker->name, "/",
                       rival->broker->id, " at ", shown_address(*rival->broker)));
    }
    replaced_incarnations.insert(replaced_incarnations.end(), earlier.begin(), earlier.end());
    if (rival->broker->incarnation != broker.incarnation) {
      replaced_incarnations.push_back(rival->broker->incarnation);
    }
  }
  std::unique_ptr<Member>& slot = members_[connection];
  if (slot == nullptr) {
    if (members_.size() - replaced.size() > kBrokersMax) {
      members_.erase(connection);
      return absl::ResourceExhaustedError(absl::StrCat("more than ", kBrokersMax, " brokers"));
    }
    slot = std::make_unique<Member>();
    slot->connection = connection;
    slot->registered_wall_ms = now.wall_ms;
  } else {
    leave(*slot);
  }
  Registered registered;
  for (const Member* rival : replaced) {
    registered.replaced.push_back(rival->connection);
    PETREL_CHECK(disconnect(rival->connection));
  }

  Member& member = *slot;
  member.broker = std::make_shared<const Broker>(broker);
  member.topics_version = topics_version;
  member.last_heard = now;
  member.replaced_incarnations.insert(member.replaced_incarnations.end(),
                                      replaced_incarnations.begin(), replaced_incarnations.end());
  if (member.replaced_incarnations.size() > kReplacedIncarnationsMax) {
    member.replaced_incarnations.erase(
        member.replaced_incarnations.begin(),
        member.replaced_incarnations.end() - static_cast<int64_t>(kReplacedIncarnationsMax));
  }
  enter(member);
  for (const TopicEntry& entry : topics) {
    set_topic(member, entry);
  }
  return registered;
}

absl::StatusOr<int64_t> RouteTable::update_topics(ConnectionId connection, int64_t topics_version,
                                                  const std::vector<TopicEntry>& changed,
                                                  const std::vector<std::string>& removed,
                                                  Instant now) {
  const auto found = members_.find(connection);
  if (found == members_.end()) {
    return absl::NotFoundError("no broker is registered on this connection");
  }
  Member& member = *found->second;
  member.last_heard = now;
  const bool is_heartbeat = changed.empty() && removed.empty();
  const bool continues = is_heartbeat ? topics_version >= member.topics_version
                                      : topics_version > member.topics_version;
  if (member.topics_version == kNoVersion || !continues) {
    member.topics_version = kNoVersion;
    return kNoVersion;
  }
  PETREL_RETURN_IF_ERROR(check_topic_count(member.topics.size() + changed.size()));
  for (const std::string& topic : removed) {
    if (member.topics.erase(topic) > 0) {
      unset_topic(member, topic);
    }
  }
  for (const TopicEntry& entry : changed) {
    set_topic(member, entry);
  }
  member.topics_version = topics_version;
  return topics_version;
}

bool RouteTable::set_leaving(ConnectionId connection) {
  const auto found = members_.find(connection);
  if (found == members_.end()) {
    return false;
  }
  Member& member = *found->second;
  member.leaving = true;
  // Alone, there is no need to look at what may be a million topics.
  return groups_.size() > 1 &&
         std::any_of(member.topics.begin(), member.topics.end(), [&](std::string_view topic) {
           const std::vector<GroupRoute> routes = find_client_route(topic, true);
           return std::none_of(routes.begin(), routes.end(), [&](const GroupRoute& route) {
             return route.replicas.front()->name == member.broker->name;
           });
         });
}

bool RouteTable::disconnect(ConnectionId connection) {
  const auto found = members_.find(connection);
  if (found == members_.end()) {
    return false;
  }
  leave(*found->second);
  members_.erase(found);
  return true;
}

std::vector<ConnectionId> RouteTable::expire(Instant now, int64_t silence_ms) {
  std::vector<ConnectionId> silent;
  for (const auto& [connection, member] : members_) {
    if (now.mono_ms - member->last_heard.mono_ms > silence_ms) {
      silent.push_back(connection);
    }
  }
  for (const ConnectionId connection : silent) {
    disconnect(connection);
  }
  return silent;
}

std::map<std::string_view, GroupRoute> RouteTable::placed_routes(std::string_view topic) const {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) {
    return {};
  }
  std::map<std::string_view, std::map<int32_t, const Placement*>> placements;
  for (const Placement& placement : found->second) {
    const Broker& broker = *placement.member->broker;
    placements[broker.name][broker.id] = &placement;
  }
  std::map<std::string_view, GroupRoute> routes;
  for (const auto& [name, by_id] : placements) {
    const int32_t speaker_id = groups_.find(name)->second.begin()->first;
    if (by_id.begin()->first != speaker_id) {
      continue;
    }
    GroupRoute& route = routes[name];
    route.queues = by_id.begin()->second->queues;
    route.leaving = by_id.begin()->second->member->leaving;
    if (speaker_id != 0) {
      route.queues.permission &= ~permission::kWrite;
    }
    for (const auto& [id, placement] : by_id) {
      route.replicas.push_back(placement->member->broker);
    }
  }
  return routes;
}

std::vector<GroupRoute> RouteTable::find_route(std::string_view topic, bool creatable) const {
  std::map<std::string_view, GroupRoute> routes = placed_routes(topic);
  const bool others_create =
      creatable && std::all_of(routes.begin(), routes.end(), [](const auto& named) {
        return looks_created_by_use(named.second);
      });
  if (others_create) {
    for (const auto& [name, group] : groups_) {
      const std::shared_ptr<const Broker>& speaker = group.begin()->second->broker;
      if (creates_topics(*speaker)) {
        routes.try_emplace(
            name,
            GroupRoute{queues_on_first_use(*speaker), {speaker}, group.begin()->second->leaving});
      }
    }
  }
  std::vector<GroupRoute> result;
  result.reserve(routes.size());
  for (auto& [name, route] : routes) {
    result.push_back(std::move(route));
  }
  return result;
}

std::vector<GroupRoute> RouteTable::find_client_route(std::string_view topic,
                                                      bool creatable) const {
  std::vector<GroupRoute> routes = find_route(topic, creatable);
  if (std::any_of(routes.begin(), routes.end(), takes_over)) {
    std::erase_if(routes, is_left);
  }
  return routes;
}

std::vector<RouteTable::BrokerInfo> RouteTable::brokers() const {
  std::vector<BrokerInfo> infos;
  infos.reserve(members_.size());
  for (const auto& [name, group] : groups_) {
    for (const auto& [id, member] : group) {
      infos.push_back({member->broker, member->topics_version, member->topics.size(),
                       member->registered_wall_ms, member->last_heard.wall_ms});
    }
  }
  return infos;
}

std::vector<std::string> RouteTable::topics() const {
  std::vector<std::string> names;
  names.reserve(topics_.size());
  for (const auto& [name, placements] : topics_) {
    names.push_back(name);
  }
  return names;
}

absl::Status RouteTable::check_group(const Broker& broker) const {
  const auto found = groups_.find(broker.name);
  if (found == groups_.end()) {
    return absl::OkStatus();
  }
  for (const auto& [id, member] : found->second) {
    const Broker& known = *member->broker;
    if (known.cluster != broker.cluster) {
      return absl::FailedPreconditionError(absl::StrCat("broker group ", broker.name,
                                                        " belongs to cluster ", known.cluster,
                                                        ", not ", broker.cluster));
    }
    if (known.role_epoch > broker.role_epoch) {
      return absl::FailedPreconditionError(absl::StrCat("broker group ", broker.name,
                                                        " is at role epoch ", known.role_epoch,
                                                        ", this broker at ", broker.role_epoch));
    }
  }
  return absl::OkStatus();
}

std::vector<RouteTable::Member*> RouteTable::rivals(ConnectionId connection,
                                                    const Broker& broker) const {
  std::vector<Member*> result;
  if (const auto group = groups_.find(broker.name); group != groups_.end()) {
    const auto same_id = group->second.find(broker.id);
    if (same_id != group->second.end() && same_id->second->connection != connection) {
      result.push_back(same_id->second);
    }
  }
  for (const std::string& address : distinct_addresses(broker)) {
    const auto found = members_by_address_.find(address);
    if (found == members_by_address_.end() || found->second->connection == connection) {
      continue;
    }
    if (std::find(result.begin(), result.end(), found->second) == result.end()) {
      result.push_back(found->second);
    }
  }
  return result;
}

void RouteTable::set_topic(Member& member, const TopicEntry& entry) {
  const auto topic = topics_.try_emplace(entry.topic).first;
  if (member.topics.insert(topic->first).second) {
    topic->second.push_back({&member, entry.queues});
    return;
  }
  const auto placement = std::find_if(topic->second.begin(), topic->second.end(),
                                      [&](const Placement& p) { return p.member == &member; });
  PETREL_CHECK(placement != topic->second.end());
  placement->queues = entry.queues;
}

void RouteTable::unset_topic(const Member& member, std::string_view topic) {
  const auto found = topics_.find(topic);
  PETREL_CHECK(found != topics_.end());
  std::erase_if(found->second, [&](const Placement& p) { return p.member == &member; });
  if (found->second.empty()) {
    topics_.erase(found);
  }
}

void RouteTable::enter(Member& member) {
  PETREL_CHECK((groups_[member.broker->name].emplace(member.broker->id, &member).second));
  for (const std::string& address : distinct_addresses(*member.broker)) {
    PETREL_CHECK((members_by_address_.emplace(address, &member).second)) << address;
  }
}

void RouteTable::leave(Member& member) {
  for (const std::string_view topic : std::exchange(member.topics, {})) {
    unset_topic(member, topic);
  }
  const auto group = groups_.find(member.broker->name);
  PETREL_CHECK(group != groups_.end());
  PETREL_CHECK_EQ(group->second.erase(member.broker->id), size_t{1});
  if (group->second.empty()) {
    groups_.erase(group);
  }
  for (const std::string& address : distinct_addresses(*member.broker)) {
    PETREL_CHECK_EQ(members_by_address_.erase(address), size_t{1}) << address;
  }
}

}  // namespace petrel::nameserver
