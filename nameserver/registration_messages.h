// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nameserver/route_table.h"
#include "petrel/nameserver/v1/registration.pb.h"

// Between the tables and petrel.nameserver.v1. Pure functions, callable from any thread.

namespace petrel::nameserver {

inline constexpr int32_t kQueuesPerBrokerMax = 16'384;

// InvalidArgument with a sentence that says which field is wrong.
absl::StatusOr<Broker> read_broker(const v1::BrokerIdentity& identity);
absl::StatusOr<std::vector<TopicEntry>> read_topics(
    const google::protobuf::RepeatedPtrField<v1::TopicRoute>& topics);

void write_broker(const RouteTable::BrokerInfo& info, v1::ListBrokersResponse::Entry* entry);
void write_topic(const std::string& topic, const std::vector<GroupRoute>& routes,
                 v1::ListTopicsResponse::Entry* entry);

}  // namespace petrel::nameserver
