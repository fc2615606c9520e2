// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "nameserver/route_messages.h"

#include "proto/endpoints.h"
#include "proto/message_queues.h"

namespace petrel::nameserver {
namespace {

namespace rmq = ::apache::rocketmq::v2;

// All but id and permission.
rmq::MessageQueue queue_on(const rmq::Resource& topic, const TopicQueues& queues,
                           const Broker& broker) {
  rmq::MessageQueue queue;
  *queue.mutable_topic() = topic;
  queue.mutable_broker()->set_name(broker.name);
  queue.mutable_broker()->set_id(broker.id);
  set_endpoints(route_addresses(broker), queue.mutable_broker()->mutable_endpoints());
  for (int type = rmq::MessageType_MIN; type <= rmq::MessageType_MAX; ++type) {
    if (rmq::MessageType_IsValid(type) && (queues.message_types >> type & 1) != 0) {
      queue.add_accept_message_types(static_cast<rmq::MessageType>(type));
    }
  }
  return queue;
}

bool readable(const TopicQueues& queues) { return (queues.permission & permission::kRead) != 0; }
bool writable(const TopicQueues& queues) { return (queues.permission & permission::kWrite) != 0; }

}  // namespace

void write_route(const rmq::Resource& topic, const std::vector<GroupRoute>& routes,
                 rmq::QueryRouteResponse* response) {
  for (const GroupRoute& route : routes) {
    const QueueCounts counts = {.read = route.queues.read_queues,
                                .write = route.queues.write_queues,
                                .readable = readable(route.queues),
                                .writable = writable(route.queues)};
    for (const auto& broker : route.replicas) {
      add_message_queues(counts, queue_on(topic, route.queues, *broker),
                         response->mutable_message_queues());
    }
  }
}

void write_assignments(const rmq::Resource& topic, const std::vector<GroupRoute>& routes,
                       rmq::QueryAssignmentResponse* response) {
  for (const GroupRoute& route : routes) {
    const Broker& speaker = *route.replicas.front();
    if (speaker.id != 0 || !readable(route.queues) || route.queues.read_queues == 0) {
      continue;
    }
    rmq::MessageQueue* queue = response->add_assignments()->mutable_message_queue();
    *queue = queue_on(topic, route.queues, speaker);
    queue->set_id(-1);
    queue->set_permission(writable(route.queues) ? rmq::READ_WRITE : rmq::READ);
  }
}

}  // namespace petrel::nameserver
