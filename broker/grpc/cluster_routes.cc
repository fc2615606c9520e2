// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/cluster_routes.h"

#include <utility>

#include "broker/frontend/post.h"
#include "common/concat.h"
#include "proto/message_queues.h"

namespace petrel::grpcfront {
namespace {

constexpr log::Logger kLog("routes");

}  // namespace

class ClusterRoutes::EnsureTopic final : public core::EnsureTopicRequest {
 public:
  // In nobody's name: the route is for all who ask meanwhile.
  explicit EnsureTopic(ClusterRoutes& routes) : routes_(routes) {}
  // Made or refused: the registry knows.
  void complete() override { routes_.finish(topic, routes_.own_route(topic), false); }

 private:
  ClusterRoutes& routes_;
};

ClusterRoutes::ClusterRoutes(const Clock& clock, const core::Registry& registry,
                             core::CorePort& core, OwnBroker own, NameserverQuery* nameservers)
    : clock_(clock),
      registry_(registry),
      core_(core),
      own_(std::move(own)),
      nameservers_(nameservers),
      unanswered_limiter_(clock, kUnansweredLogMs) {}

void ClusterRoutes::find(const std::string& topic, Done done) {
  std::shared_ptr<const Route> fresh;
  {
    const MutexLock lock(mutex_);
    if (entries_.size() >= kCachedTopicsMax) {
      drop_stale();
    }
    Entry& entry = entries_[topic];
    if (entry.route != nullptr && clock_.mono_us() < entry.fresh_until_us) {
      fresh = entry.route;
    } else {
      entry.waiting.push_back(std::move(done));
      if (entry.waiting.size() > 1) {
        return;
      }
    }
  }
  if (fresh != nullptr) {                      // else `done` was moved
    return std::move(done)(std::move(fresh));  // NOLINT(bugprone-use-after-move)
  }
  ask(topic, 0, absl::OkStatus());
}

void ClusterRoutes::drop_stale() {
  const int64_t now_us = clock_.mono_us();
  absl::erase_if(entries_, [now_us](const auto& e) {
    return e.second.waiting.empty() && e.second.fresh_until_us <= now_us;
  });
}

void ClusterRoutes::ask(const std::string& topic, size_t attempt, const absl::Status& last) {
  const size_t count = nameservers_ == nullptr ? 0 : nameservers_->nameservers();
  if (attempt >= count) {
    if (count > 0) {
      note_unanswered(last);
    }
    return fall_back(topic);
  }
  const size_t nameserver = (preferred_.load(std::memory_order_relaxed) + attempt) % count;
  nameservers_->query(nameserver, topic,
                      [this, topic, attempt](absl::StatusOr<rmq::QueryRouteResponse> response) {
                        answered(topic, attempt, std::move(response));
                      });
}

void ClusterRoutes::answered(const std::string& topic, size_t attempt,
                             absl::StatusOr<rmq::QueryRouteResponse> response) {
  if (!response.ok()) {
    return ask(topic, attempt + 1, response.status());
  }
  if (attempt > 0) {
    preferred_.store(
        (preferred_.load(std::memory_order_relaxed) + attempt) % nameservers_->nameservers(),
        std::memory_order_relaxed);
  }
  if (response->status().code() != rmq::OK) {
    return fall_back(topic);
  }
  auto route = std::make_shared<Route>();
  route->queues.Swap(response->mutable_message_queues());
  finish(topic, std::move(route), true);
}

// Clients are told of one broker where there may be more, and see nothing wrong in that.
void ClusterRoutes::note_unanswered(const absl::Status& last) {
  unanswered_.fetch_add(1, std::memory_order_relaxed);
  kLog.limited(unanswered_limiter_, log::Level::kWarn,
               "no nameserver answers; clients are told of this broker alone",
               {{"why", last.ToString()}});
}

void ClusterRoutes::fall_back(const std::string& topic) {
  if (registry_.find_topic(topic) != nullptr) {
    return finish(topic, own_route(topic), false);
  }
  auto ensure = std::make_unique<EnsureTopic>(*this);
  ensure->topic = topic;
  frontend::post(core_, std::move(ensure));
}

std::shared_ptr<const Route> ClusterRoutes::own_route(const std::string& topic) const {
  auto route = std::make_shared<Route>();
  if (const auto config = registry_.find_topic(topic)) {
    rmq::MessageQueue queue;
    queue.mutable_topic()->set_name(topic);
    queue.mutable_broker()->set_name(own_.name);
    queue.mutable_broker()->set_id(own_.id);
    *queue.mutable_broker()->mutable_endpoints() = own_.endpoints;
    queue.add_accept_message_types(static_cast<rmq::MessageType>(config->message_type));
    add_message_queues({.read = config->read_queues,
                        .write = config->write_queues,
                        .readable = (config->permission & core::permission::kRead) != 0,
                        .writable = (config->permission & core::permission::kWrite) != 0},
                       queue, &route->queues);
  } else {
    route->verdict = {rmq::TOPIC_NOT_FOUND, concat("no broker has the topic ", topic)};
  }
  return route;
}

void ClusterRoutes::finish(const std::string& topic, std::shared_ptr<const Route> route,
                           bool keep) {
  std::vector<Done> waiting;
  {
    const MutexLock lock(mutex_);
    const auto it = entries_.find(topic);
    waiting.swap(it->second.waiting);
    if (keep) {
      it->second.route = route;
      it->second.fresh_until_us = clock_.mono_us() + kFreshMs * 1000;
    } else {
      entries_.erase(it);
    }
  }
  for (Done& done : waiting) {
    std::move(done)(route);
  }
}

}  // namespace petrel::grpcfront
