// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "apache/rocketmq/v2/service.pb.h"
#include "nameserver/route_table.h"

// Routes as RocketMQ 5 clients read them. Pure functions, callable from any thread. `topic` is the
// client's own name for the topic and comes back in each queue.

namespace petrel::nameserver {

// One MessageQueue per queue and replica, by broker name, replica and queue. Each broker has its
// route_addresses() as endpoints, in order, as far as set_endpoints() can tell them.
void write_route(const apache::rocketmq::v2::Resource& topic, const std::vector<GroupRoute>& routes,
                 apache::rocketmq::v2::QueryRouteResponse* response);

// One assignment for each master with queues that can be read; the queue id -1 stands for all of
// them. The response stays without any if there is no such master.
void write_assignments(const apache::rocketmq::v2::Resource& topic,
                       const std::vector<GroupRoute>& routes,
                       apache::rocketmq::v2::QueryAssignmentResponse* response);

}  // namespace petrel::nameserver
