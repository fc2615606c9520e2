// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "nameserver/gone_brokers.h"
#include "nameserver/nameserver_metrics.h"
#include "nameserver/route_table.h"
#include "petrel/nameserver/v1/registration.pb.h"

namespace petrel::nameserver {

// The nameserver's one shared state: the route tables and the connections that fill them. Safe from
// any thread; every call is short.
class Registry {
 public:
  // A broker's end of a registration stream.
  class Connection {
   public:
    virtual ~Connection() = default;
    // Ends the stream, telling the broker why. Called at most once, on any thread, without locks.
    virtual void close(const absl::Status& reason) = 0;
  };

  // A broker that says nothing for longer than broker_expiry_ms is evicted by expire().
  Registry(const Clock& clock, NameserverMetrics& metrics, int64_t broker_expiry_ms);

  ConnectionId connect(std::shared_ptr<Connection> connection);
  // Evicts the connection's broker. Does nothing when the connection is gone already.
  void disconnect(ConnectionId id);

  // Takes a broker's request. Returns the version of its topics now held. After an error the
  // stream is to be ended with it: InvalidArgument for what is no sound request, others as
  // RouteTable says.
  absl::StatusOr<int64_t> handle(ConnectionId id, const v1::RegisterRequest& request);

  // The connection's broker is leaving: RouteTable::set_leaving().
  bool leave(ConnectionId id);

  // Evicts silent brokers. To be called about every second.
  void expire();

  // Ends all streams with Unavailable, at the end of the process.
  void close();

  std::vector<GroupRoute> find_route(std::string_view topic, bool creatable) const;
  std::vector<GroupRoute> find_client_route(std::string_view topic, bool creatable) const;
  v1::ListBrokersResponse list_brokers() const;
  v1::ListTopicsResponse list_topics() const;

  struct Counts {
    size_t brokers = 0;
    size_t groups = 0;
    size_t topics = 0;
  };
  Counts counts() const;

 private:
  struct Peer {
    std::shared_ptr<Connection> connection;
    std::optional<Broker> broker;  // as it said in its first request
  };

  absl::StatusOr<int64_t> apply(ConnectionId id, const v1::RegisterRequest& request,
                                std::vector<std::shared_ptr<Connection>>* replaced);
  absl::Status register_broker(ConnectionId id, Broker broker, int64_t topics_version,
                               const std::vector<TopicEntry>& topics,
                               std::vector<std::shared_ptr<Connection>>* replaced)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::shared_ptr<Connection> forget(ConnectionId id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Instant now() const;

  const Clock& clock_;
  NameserverMetrics& metrics_;
  const int64_t broker_expiry_ms_;
  mutable Mutex mutex_;
  RouteTable table_ ABSL_GUARDED_BY(mutex_);
  GoneBrokers gone_ ABSL_GUARDED_BY(mutex_);
  std::map<ConnectionId, Peer> peers_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_connection_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace petrel::nameserver
