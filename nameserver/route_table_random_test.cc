// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "nameserver/route_table.h"
#include "nameserver/testing/addresses.h"

namespace petrel::nameserver {
namespace {

Instant at(int64_t mono_ms) { return {mono_ms, 1'000'000 + mono_ms}; }

// The same rules, told naively: a list of live brokers, searched from end to end.
class NaiveTable {
 public:
  struct Entry {
    ConnectionId connection;
    Broker broker;
    int64_t version;
    std::map<std::string, TopicQueues> topics;
    int64_t heard_ms;
    std::vector<std::string> replaced;
  };

  bool add(ConnectionId connection, const Broker& b, int64_t version,
           const std::vector<TopicEntry>& topics, int64_t now_ms) {
    std::vector<std::string> replaced;
    for (const Entry& e : entries_) {
      if (e.broker.name == b.name &&
          (e.broker.cluster != b.cluster || e.broker.role_epoch > b.role_epoch)) {
        return false;
      }
      if (e.connection != connection && is_rival(e, b)) {
        for (const std::string& run : e.replaced) {
          if (run == b.incarnation) {
            return false;
          }
        }
      }
    }
    std::erase_if(entries_, [&](const Entry& e) {
      const bool gone = e.connection == connection || is_rival(e, b);
      if (gone) {
        replaced.insert(replaced.end(), e.replaced.begin(), e.replaced.end());
        if (e.connection != connection && e.broker.incarnation != b.incarnation) {
          replaced.push_back(e.broker.incarnation);
        }
      }
      return gone;
    });
    Entry entry{connection, b, version, {}, now_ms, replaced};
    for (const TopicEntry& t : topics) {
      entry.topics[t.topic] = t.queues;
    }
    entries_.push_back(entry);
    return true;
  }

  void update(ConnectionId connection, int64_t version, const std::vector<TopicEntry>& changed,
              const std::vector<std::string>& removed, int64_t now_ms) {
    for (Entry& e : entries_) {
      if (e.connection != connection) {
        continue;
      }
      e.heard_ms = now_ms;
      const bool empty = changed.empty() && removed.empty();
      if (e.version == -1 || version < e.version || (version == e.version && !empty)) {
        e.version = -1;
        return;
      }
      for (const std::string& t : removed) {
        e.topics.erase(t);
      }
      for (const TopicEntry& t : changed) {
        e.topics[t.topic] = t.queues;
      }
      e.version = version;
    }
  }

  void drop(ConnectionId connection) {
    std::erase_if(entries_, [&](const Entry& e) { return e.connection == connection; });
  }
  void expire(int64_t now_ms, int64_t silence_ms) {
    std::erase_if(entries_, [&](const Entry& e) { return now_ms - e.heard_ms > silence_ms; });
  }

  std::vector<std::string> route(const std::string& topic) const {
    std::vector<std::string> result;
    for (const char* name : {"a", "b", "c"}) {
      const Entry* speaker = nullptr;
      std::map<int32_t, std::string> replicas;
      for (const Entry& e : entries_) {
        if (e.broker.name != name) {
          continue;
        }
        if (speaker == nullptr || e.broker.id < speaker->broker.id) {
          speaker = &e;
        }
        if (e.topics.contains(topic)) {
          replicas[e.broker.id] = shown_address(e.broker);
        }
      }
      if (speaker == nullptr || !speaker->topics.contains(topic)) {
        continue;
      }
      TopicQueues queues = speaker->topics.at(topic);
      if (speaker->broker.id != 0) {
        queues.permission &= 4;
      }
      std::string text = absl::StrCat(name, queues.read_queues, queues.permission);
      for (const auto& [id, address] : replicas) {
        absl::StrAppend(&text, " ", id, address);
      }
      result.push_back(text);
    }
    return result;
  }

  const std::vector<Entry>& entries() const { return entries_; }

 private:
  static bool is_rival(const Entry& e, const Broker& b) {
    const auto taken = [&](const BrokerAddress& address) {
      return std::find(b.addresses.begin(), b.addresses.end(), address) != b.addresses.end();
    };
    return (e.broker.name == b.name && e.broker.id == b.id) ||
           std::any_of(e.broker.addresses.begin(), e.broker.addresses.end(), taken);
  }
  std::vector<Entry> entries_;
};

std::vector<std::string> route_text(const RouteTable& table, const std::string& topic) {
  std::vector<std::string> result;
  for (const GroupRoute& group : table.find_route(topic, false)) {
    std::string text = absl::StrCat(group.replicas.front()->name, group.queues.read_queues,
                                    group.queues.permission);
    for (const auto& replica : group.replicas) {
      absl::StrAppend(&text, " ", replica->id, shown_address(*replica));
    }
    result.push_back(text);
  }
  return result;
}

// Random histories over few names, so that they collide often. The sequences are the same in each
// run.
class RandomHistory {
 public:
  explicit RandomHistory(uint32_t seed) : random_(seed) {}

  void step() {
    now_ms_ += number(20);
    const ConnectionId connection(number(6));
    switch (number(8)) {
      case 0:
      case 1:
      case 2:
        add(connection);
        break;
      case 3:
      case 4:
      case 5:
        update(connection);
        break;
      case 6:
        table_.disconnect(connection);
        naive_.drop(connection);
        break;
      default:
        table_.expire(at(now_ms_), 100);
        naive_.expire(now_ms_, 100);
    }
  }

  void compare() const {
    ASSERT_EQ(table_.broker_count(), naive_.entries().size());
    size_t topic_count = 0;
    for (const char* topic : kTopics) {
      ASSERT_EQ(route_text(table_, topic), naive_.route(topic)) << topic;
      topic_count += std::any_of(naive_.entries().begin(), naive_.entries().end(),
                                 [&](const auto& e) { return e.topics.contains(topic); })
                         ? 1U
                         : 0U;
    }
    ASSERT_EQ(table_.topic_count(), topic_count);
    for (const RouteTable::BrokerInfo& info : table_.brokers()) {
      const auto entry =
          std::find_if(naive_.entries().begin(), naive_.entries().end(),
                       [&](const auto& e) { return e.broker.addresses == info.broker->addresses; });
      ASSERT_NE(entry, naive_.entries().end());
      ASSERT_EQ(*info.broker, entry->broker);
      ASSERT_EQ(info.topics_version, entry->version);
      ASSERT_EQ(info.topic_count, entry->topics.size());
    }
  }

 private:
  static constexpr std::array<const char*, 3> kNames = {"a", "b", "c"};
  static constexpr std::array<const char*, 4> kTopics = {"t0", "t1", "t2", "t3"};

  uint32_t number(uint32_t below) { return static_cast<uint32_t>(random_() % below); }

  std::vector<TopicEntry> some_topics() {
    std::vector<TopicEntry> entries;
    for (uint32_t i = number(4); i > 0; --i) {
      const auto queues = static_cast<int32_t>(1 + number(3));
      entries.push_back(
          {kTopics[number(4)], {queues, queues, static_cast<int32_t>(number(4) * 2), 2}});
    }
    return entries;
  }

  // One to three that differ.
  std::vector<BrokerAddress> some_addresses() {
    const uint32_t first = number(5);
    std::vector<BrokerAddress> addresses;
    for (uint32_t i = number(3) + 1; i > 0; --i) {
      addresses.push_back(clients_grpc(absl::StrCat("host:", 1 + (first + i) % 5)));
    }
    return addresses;
  }

  void add(ConnectionId connection) {
    Broker b;
    b.name = kNames[number(3)];
    b.id = static_cast<int32_t>(number(3));
    b.addresses = some_addresses();
    b.cluster = number(10) == 0 ? "d" : "c";
    b.role_epoch = number(2);
    b.incarnation = absl::StrCat("run-", number(6));
    const int64_t version = number(5);
    const std::vector<TopicEntry> topics = some_topics();
    const bool ok =
        table_.register_broker(connection, b, version, topics, at(now_ms_)).status().ok();
    ASSERT_EQ(ok, naive_.add(connection, b, version, topics, now_ms_));
  }

  void update(ConnectionId connection) {
    const int64_t version = number(8);
    const std::vector<TopicEntry> changed = some_topics();
    std::vector<std::string> removed;
    for (uint32_t i = number(3); i > 0; --i) {
      removed.emplace_back(kTopics[number(4)]);
    }
    (void)table_.update_topics(connection, version, changed, removed, at(now_ms_));
    naive_.update(connection, version, changed, removed, now_ms_);
  }

  std::mt19937 random_;
  int64_t now_ms_ = 0;
  RouteTable table_;
  NaiveTable naive_;
};

TEST(RouteTableRandomTest, RandomHistoriesAgreeWithTheNaiveTable) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RandomHistory history(seed);
    for (int i = 0; i < 300; ++i) {
      history.step();
      history.compare();
      if (::testing::Test::HasFatalFailure()) {
        return;
      }
    }
  }
}

}  // namespace
}  // namespace petrel::nameserver
