// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "apache/rocketmq/v2/service.pb.h"
#include "broker/core/core_port.h"
#include "broker/core/registry.h"
#include "broker/grpc/route_source.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/mutex.h"
#include "common/string_map.h"

namespace petrel::grpcfront {

// Asks one nameserver of a fixed list. Any thread.
class NameserverQuery {
 public:
  virtual ~NameserverQuery() = default;
  virtual size_t nameservers() const = 0;
  using Done = absl::AnyInvocable<void(absl::StatusOr<rmq::QueryRouteResponse>) &&>;
  // `done` runs once, on any thread; an error means that this nameserver cannot be asked now.
  virtual void query(size_t nameserver, const std::string& topic, Done done) = 0;
};

// This broker as clients are told of it.
struct OwnBroker {
  std::string name;
  int32_t id = 0;
  rmq::Endpoints endpoints;
};

// Routes of the whole cluster from any nameserver, kept for kFreshMs; where none answers, or none
// knows the topic (it was made here a moment ago), this broker's own queues; where it may make the
// topic, it does. Any thread.
class ClusterRoutes final : public RouteSource {
 public:
  static constexpr int64_t kFreshMs = 1'000;
  static constexpr size_t kCachedTopicsMax = 10'000;
  static constexpr int64_t kUnansweredLogMs = 10'000;

  // `nameservers` null or empty: own routes only. All outlive this.
  ClusterRoutes(const Clock& clock, const core::Registry& registry, core::CorePort& core,
                OwnBroker own, NameserverQuery* nameservers);

  void find(const std::string& topic, Done done) override;

  // How often no nameserver answered, so that this broker's own queues were told.
  int64_t unanswered() const { return unanswered_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    std::shared_ptr<const Route> route;  // null: never answered
    int64_t fresh_until_us = 0;
    std::vector<Done> waiting;  // non-empty: a query is under way
  };
  // `last` says why the one before did not answer.
  void ask(const std::string& topic, size_t attempt, const absl::Status& last);
  void note_unanswered(const absl::Status& last);
  void answered(const std::string& topic, size_t attempt,
                absl::StatusOr<rmq::QueryRouteResponse> response);
  void finish(const std::string& topic, std::shared_ptr<const Route> route, bool keep);
  class EnsureTopic;
  void fall_back(const std::string& topic);
  std::shared_ptr<const Route> own_route(const std::string& topic) const;
  void drop_stale() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  const core::Registry& registry_;
  core::CorePort& core_;
  const OwnBroker own_;
  NameserverQuery* const nameservers_;
  std::atomic<size_t> preferred_{0};  // the nameserver that answered last
  std::atomic<int64_t> unanswered_{0};
  log::Limiter unanswered_limiter_;
  Mutex mutex_;
  StringMap<Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace petrel::grpcfront
