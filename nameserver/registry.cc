// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "nameserver/registry.h"

#include <string>
#include <utility>

#include "common/check.h"
#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"
#include "common/units.h"
#include "nameserver/registration_messages.h"

namespace petrel::nameserver {
namespace {

constexpr log::Logger kLog("registry");

NameserverMetrics::Registration kind_of(const v1::RegisterRequest& request) {
  if (request.full()) {
    return NameserverMetrics::Registration::kFull;
  }
  return request.topics().empty() && request.removed_topics().empty()
             ? NameserverMetrics::Registration::kHeartbeat
             : NameserverMetrics::Registration::kChange;
}

}  // namespace

Registry::Registry(const Clock& clock, NameserverMetrics& metrics, int64_t broker_expiry_ms)
    : clock_(clock), metrics_(metrics), broker_expiry_ms_(broker_expiry_ms) {}

ConnectionId Registry::connect(std::shared_ptr<Connection> connection) {
  const MutexLock lock(mutex_);
  const ConnectionId id(++last_connection_);
  peers_.emplace(id, Peer{std::move(connection), std::nullopt});
  return id;
}

void Registry::disconnect(ConnectionId id) {
  std::optional<Broker> broker;
  {
    const MutexLock lock(mutex_);
    const auto peer = peers_.find(id);
    if (peer == peers_.end()) {
      return;
    }
    broker = std::move(peer->second.broker);
    peers_.erase(peer);
    if (!table_.disconnect(id)) {
      return;
    }
    gone_.left(*broker, clock_.wall_ms());
  }
  metrics_.evicted(NameserverMetrics::Eviction::kDisconnected);
  kLog.info("broker disconnected",
            {{"broker", broker->name}, {"id", broker->id}, {"address", shown_address(*broker)}});
}

absl::StatusOr<int64_t> Registry::handle(ConnectionId id, const v1::RegisterRequest& request) {
  std::vector<std::shared_ptr<Connection>> replaced;
  absl::StatusOr<int64_t> held = apply(id, request, &replaced);
  metrics_.registered(held.ok() ? kind_of(request) : NameserverMetrics::Registration::kRefused);
  for (const std::shared_ptr<Connection>& connection : replaced) {
    metrics_.evicted(NameserverMetrics::Eviction::kReplaced);
    connection->close(absl::FailedPreconditionError("replaced by a later registration"));
  }
  if (!held.ok()) {
    kLog.warn("registration refused", {{"broker", request.broker().broker_name()},
                                       {"id", request.broker().broker_id()},
                                       {"address", request.broker().grpc_address()},
                                       {"reason", held.status().ToString()}});
  }
  return held;
}

absl::StatusOr<int64_t> Registry::apply(ConnectionId id, const v1::RegisterRequest& request,
                                        std::vector<std::shared_ptr<Connection>>* replaced) {
  if (request.topics_version() < 0) {
    return absl::InvalidArgumentError("topics_version is negative");
  }
  PETREL_ASSIGN_OR_RETURN(const std::vector<TopicEntry> topics, read_topics(request.topics()));
  std::optional<Broker> broker;
  if (request.has_broker()) {
    PETREL_ASSIGN_OR_RETURN(broker, read_broker(request.broker()));
  }
  const std::vector<std::string> removed(request.removed_topics().begin(),
                                         request.removed_topics().end());
  const MutexLock lock(mutex_);
  const auto peer = peers_.find(id);
  if (peer == peers_.end()) {
    return absl::AbortedError("the connection is closed");
  }
  if (!request.full()) {
    if (!peer->second.broker.has_value()) {
      return absl::InvalidArgumentError("the first request of a stream is not full");
    }
    return table_.update_topics(id, request.topics_version(), topics, removed, now());
  }
  if (!broker.has_value()) {
    broker = peer->second.broker;
  }
  if (!broker.has_value()) {
    return absl::InvalidArgumentError("the first request of a stream does not name its broker");
  }
  PETREL_RETURN_IF_ERROR(
      register_broker(id, *std::move(broker), request.topics_version(), topics, replaced));
  return request.topics_version();
}

absl::Status Registry::register_broker(ConnectionId id, Broker broker, int64_t topics_version,
                                       const std::vector<TopicEntry>& topics,
                                       std::vector<std::shared_ptr<Connection>>* replaced) {
  PETREL_ASSIGN_OR_RETURN(const RouteTable::Registered registered,
                          table_.register_broker(id, broker, topics_version, topics, now()));
  for (const ConnectionId other : registered.replaced) {
    replaced->push_back(forget(other));
  }
  std::optional<Broker>& known = peers_.find(id)->second.broker;
  if (known != broker) {
    kLog.info("broker registered", {{"cluster", broker.cluster},
                                    {"broker", broker.name},
                                    {"id", broker.id},
                                    {"address", shown_address(broker)},
                                    {"role_epoch", broker.role_epoch},
                                    {"topics", topics.size()}});
  }
  gone_.came(broker.name, broker.id);
  known = std::move(broker);
  return absl::OkStatus();
}

bool Registry::leave(ConnectionId id) {
  const MutexLock lock(mutex_);
  const auto peer = peers_.find(id);
  if (peer == peers_.end() || !peer->second.broker.has_value()) {
    return false;
  }
  return table_.set_leaving(id);
}

void Registry::expire() {
  std::vector<std::shared_ptr<Connection>> silent;
  {
    const MutexLock lock(mutex_);
    for (const ConnectionId id : table_.expire(now(), broker_expiry_ms_)) {
      const Broker& broker = *peers_.find(id)->second.broker;
      kLog.warn("broker silent", {{"broker", broker.name},
                                  {"id", broker.id},
                                  {"address", shown_address(broker)},
                                  {"expiry", format_duration_ms(broker_expiry_ms_)}});
      gone_.left(broker, clock_.wall_ms());
      silent.push_back(forget(id));
    }
  }
  for (const std::shared_ptr<Connection>& connection : silent) {
    metrics_.evicted(NameserverMetrics::Eviction::kSilent);
    connection->close(absl::DeadlineExceededError(
        concat("nothing heard for ", format_duration_ms(broker_expiry_ms_))));
  }
}

void Registry::close() {
  std::vector<std::shared_ptr<Connection>> all;
  {
    const MutexLock lock(mutex_);
    while (!peers_.empty()) {
      const ConnectionId id = peers_.begin()->first;
      table_.disconnect(id);
      all.push_back(forget(id));
    }
  }
  for (const std::shared_ptr<Connection>& connection : all) {
    connection->close(absl::UnavailableError("the nameserver is stopping"));
  }
}

std::shared_ptr<Registry::Connection> Registry::forget(ConnectionId id) {
  const auto peer = peers_.find(id);
  PETREL_CHECK(peer != peers_.end());
  std::shared_ptr<Connection> connection = std::move(peer->second.connection);
  peers_.erase(peer);
  return connection;
}

std::vector<GroupRoute> Registry::find_route(std::string_view topic, bool creatable) const {
  const MutexLock lock(mutex_);
  return table_.find_route(topic, creatable);
}

std::vector<GroupRoute> Registry::find_client_route(std::string_view topic, bool creatable) const {
  const MutexLock lock(mutex_);
  return table_.find_client_route(topic, creatable);
}

v1::ListBrokersResponse Registry::list_brokers() const {
  v1::ListBrokersResponse response;
  const MutexLock lock(mutex_);
  for (const RouteTable::BrokerInfo& info : table_.brokers()) {
    write_broker(info, response.add_brokers());
  }
  for (const RouteTable::BrokerInfo& info : gone_.list(clock_.wall_ms())) {
    write_broker(info, response.add_gone());
  }
  return response;
}

v1::ListTopicsResponse Registry::list_topics() const {
  v1::ListTopicsResponse response;
  const MutexLock lock(mutex_);
  for (const std::string& topic : table_.topics()) {
    write_topic(topic, table_.find_route(topic, false), response.add_topics());
  }
  return response;
}

Registry::Counts Registry::counts() const {
  const MutexLock lock(mutex_);
  return {table_.broker_count(), table_.group_count(), table_.topic_count()};
}

Instant Registry::now() const { return {clock_.mono_us() / 1000, clock_.wall_ms()}; }

}  // namespace petrel::nameserver
