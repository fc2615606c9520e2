// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "common/strong_type.h"
#include "nameserver/broker.h"

namespace petrel::nameserver {

// A broker's registration stream. Numbers are never used again.
using ConnectionId = StrongInt<struct ConnectionIdTag, uint64_t>;

inline constexpr size_t kBrokersMax = 4096;
inline constexpr size_t kTopicsPerBrokerMax = 1'000'000;

namespace permission {
inline constexpr int32_t kRead = 4;
inline constexpr int32_t kWrite = 2;
}  // namespace permission

// One broker's queues of a topic.
struct TopicQueues {
  int32_t read_queues = 0;
  int32_t write_queues = 0;
  int32_t permission = 0;
  uint32_t message_types = 0;  // bit n: accepts messages of type n

  friend bool operator==(const TopicQueues&, const TopicQueues&) = default;
};

struct TopicEntry {
  std::string topic;
  TopicQueues queues;
};

// A point in time on both clocks: intervals are measured on the monotonic one.
struct Instant {
  int64_t mono_ms = 0;
  int64_t wall_ms = 0;
};

// What clients need to know about one broker group that serves a topic. The replicas that have the
// topic, by ascending id; at least one.
struct GroupRoute {
  TopicQueues queues;
  std::vector<std::shared_ptr<const Broker>> replicas;
  // The one that speaks for the group is about to stop.
  bool leaving = false;
};

// Which brokers live and what they serve. Pure tables: no threads, no clock, no I/O.
//
// A broker is in the tables exactly as long as the connection that registered it, and a connection
// registers one broker. Invariants:
//   - (name, id) and each address name at most one live broker;
//   - all live brokers of one name are of one cluster;
//   - each topic in the tables has at least one live broker.
// The live broker with the lowest id speaks for its group: what it does not have, the group does
// not have. If that is not the master, the group's topics cannot be written.
class RouteTable {
 public:
  struct Registered {
    // Other connections that lost their broker to this one; they are to be closed.
    std::vector<ConnectionId> replaced;
  };

  // Enters a broker with its whole topic table, in place of what the connection registered before.
  // Live brokers of the same name and id, or with an address of this one, give way.
  // FailedPrecondition: the group knows a higher role epoch or belongs to another cluster, or this
  // run of the broker has itself given way to the one that is there. ResourceExhausted: too many
  // brokers or topics. After an error the connection is to be closed; the tables are unchanged.
  absl::StatusOr<Registered> register_broker(ConnectionId connection, const Broker& broker,
                                             int64_t topics_version,
                                             const std::vector<TopicEntry>& topics, Instant now);

  // Applies what has changed since the connection's last request; nothing, for a heartbeat.
  // Returns the version now held. It differs from `topics_version` when the request does not
  // continue what is held; then nothing was applied and the broker has to register in full.
  // NotFound: the connection has no broker. ResourceExhausted: too many topics.
  absl::StatusOr<int64_t> update_topics(ConnectionId connection, int64_t topics_version,
                                        const std::vector<TopicEntry>& changed,
                                        const std::vector<std::string>& removed, Instant now);

  // The connection's broker is about to stop, until it registers anew on another connection.
  // Whether find_client_route() leads to others for one of its topics. False without a broker.
  bool set_leaving(ConnectionId connection);

  // Forgets the connection's broker; false if it has none.
  bool disconnect(ConnectionId connection);

  // Forgets the brokers not heard of for more than silence_ms; returns their connections.
  std::vector<ConnectionId> expire(Instant now, int64_t silence_ms);

  // Where a topic is, by ascending broker name; empty when no broker has it. With `creatable`, also
  // the masters that would create it on first use: when nobody has it, or when all that have it
  // look as if they had created it so. Thus a topic made by use comes to be on all brokers, however
  // early the first one reports it.
  std::vector<GroupRoute> find_route(std::string_view topic, bool creatable) const;

  // The same for clients that look for queues: without groups that are leaving, if others can be
  // written. Clients ask every 30 s and try a queue of their route again and again, so a broker is
  // to be out of routes for as long before it stops. Those with messages in order stay: their
  // queues follow from how many there are.
  std::vector<GroupRoute> find_client_route(std::string_view topic, bool creatable) const;

  struct BrokerInfo {
    std::shared_ptr<const Broker> broker;
    int64_t topics_version = 0;
    size_t topic_count = 0;
    int64_t registered_wall_ms = 0;
    int64_t last_heard_wall_ms = 0;
  };
  // By ascending name and id.
  std::vector<BrokerInfo> brokers() const;
  // Ascending.
  std::vector<std::string> topics() const;

  size_t broker_count() const { return members_.size(); }
  size_t group_count() const { return groups_.size(); }
  size_t topic_count() const { return topics_.size(); }

 private:
  struct Member {
    ConnectionId connection;
    std::shared_ptr<const Broker> broker;
    int64_t topics_version = 0;
    int64_t registered_wall_ms = 0;
    Instant last_heard;
    bool leaving = false;
    absl::flat_hash_set<std::string_view> topics;  // keys of topics_
    // Runs of brokers that gave way to this one, latest last.
    std::vector<std::string> replaced_incarnations;
  };
  struct Placement {
    Member* member;
    TopicQueues queues;
  };
  using Group = std::map<int32_t, Member*>;  // by broker id, not empty

  absl::Status check_group(const Broker& broker) const;
  // Live brokers of other connections that cannot live beside this one.
  std::vector<Member*> rivals(ConnectionId connection, const Broker& broker) const;
  void set_topic(Member& member, const TopicEntry& entry);
  void unset_topic(const Member& member, std::string_view topic);
  void enter(Member& member);
  void leave(Member& member);
  std::map<std::string_view, GroupRoute> placed_routes(std::string_view topic) const;

  std::map<ConnectionId, std::unique_ptr<Member>> members_;
  std::map<std::string, Group, std::less<>> groups_;
  absl::flat_hash_map<std::string, Member*> members_by_address_;  // by "host:port"
  std::map<std::string, std::vector<Placement>, std::less<>> topics_;
};

}  // namespace petrel::nameserver
