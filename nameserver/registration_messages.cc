// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "nameserver/registration_messages.h"

#include "absl/status/status.h"
#include "common/concat.h"
#include "common/status.h"
#include "nameserver/address_messages.h"
#include "proto/names.h"

namespace petrel::nameserver {
namespace {

// Bits of message types are 1 << number; more than these no protocol version has.
constexpr int32_t kMessageTypeMax = 31;

absl::Status check_text(const char* field, const std::string& text) {
  constexpr size_t kTextBytesMax = 255;
  if (text.empty() || text.size() > kTextBytesMax) {
    return absl::InvalidArgumentError(
        concat("broker.", field, " has ", text.size(), " bytes, 1 to ", kTextBytesMax, " needed"));
  }
  return absl::OkStatus();
}

absl::Status check_range(const std::string& what, int64_t value, int64_t value_max) {
  if (value < 0 || value > value_max) {
    return absl::InvalidArgumentError(
        concat(what, " is ", value, ", 0 to ", value_max, " allowed"));
  }
  return absl::OkStatus();
}

absl::StatusOr<TopicEntry> read_topic(const v1::TopicRoute& route) {
  if (route.topic().empty() || route.topic().size() > kGroupTopicNameBytesMax) {
    return absl::InvalidArgumentError(concat("a topic name has ", route.topic().size(),
                                             " bytes, 1 to ", kGroupTopicNameBytesMax, " needed"));
  }
  const std::string of_topic = concat(" of topic ", route.topic());
  PETREL_RETURN_IF_ERROR(
      check_range("read_queues" + of_topic, route.read_queues(), kQueuesPerBrokerMax));
  PETREL_RETURN_IF_ERROR(
      check_range("write_queues" + of_topic, route.write_queues(), kQueuesPerBrokerMax));
  TopicEntry entry;
  entry.topic = route.topic();
  entry.queues = {.read_queues = route.read_queues(),
                  .write_queues = route.write_queues(),
                  .permission = route.permission() & (permission::kRead | permission::kWrite),
                  .message_types = 0};
  for (const int32_t type : route.message_types()) {
    PETREL_RETURN_IF_ERROR(check_range("a message type" + of_topic, type, kMessageTypeMax));
    entry.queues.message_types |= 1U << type;
  }
  return entry;
}

void write_queues(const std::string& topic, const TopicQueues& queues, v1::TopicRoute* route) {
  route->set_topic(topic);
  route->set_read_queues(queues.read_queues);
  route->set_write_queues(queues.write_queues);
  route->set_permission(queues.permission);
  for (int32_t type = 0; type <= kMessageTypeMax; ++type) {
    if ((queues.message_types >> type & 1) != 0) {
      route->add_message_types(type);
    }
  }
}

}  // namespace

absl::StatusOr<Broker> read_broker(const v1::BrokerIdentity& identity) {
  PETREL_RETURN_IF_ERROR(check_text("cluster", identity.cluster()));
  PETREL_RETURN_IF_ERROR(check_text("broker_name", identity.broker_name()));
  PETREL_RETURN_IF_ERROR(check_text("incarnation", identity.incarnation()));
  PETREL_RETURN_IF_ERROR(check_range("broker.broker_id", identity.broker_id(), INT32_MAX));
  PETREL_RETURN_IF_ERROR(check_range("broker.role_epoch", identity.role_epoch(), INT64_MAX));
  PETREL_RETURN_IF_ERROR(
      check_range("broker.auto_create_queues", identity.auto_create_queues(), kQueuesPerBrokerMax));
  Broker broker;
  broker.cluster = identity.cluster();
  broker.name = identity.broker_name();
  broker.id = identity.broker_id();
  broker.role_epoch = identity.role_epoch();
  PETREL_ASSIGN_OR_RETURN(broker.addresses, read_addresses(identity));
  broker.incarnation = identity.incarnation();
  broker.version = identity.version();
  broker.auto_create_topics = identity.auto_create_topics();
  broker.auto_create_queues = identity.auto_create_queues();
  return broker;
}

absl::StatusOr<std::vector<TopicEntry>> read_topics(
    const google::protobuf::RepeatedPtrField<v1::TopicRoute>& topics) {
  std::vector<TopicEntry> entries;
  entries.reserve(static_cast<size_t>(topics.size()));
  for (const v1::TopicRoute& route : topics) {
    PETREL_ASSIGN_OR_RETURN(entries.emplace_back(), read_topic(route));
  }
  return entries;
}

void write_broker(const RouteTable::BrokerInfo& info, v1::ListBrokersResponse::Entry* entry) {
  const Broker& broker = *info.broker;
  v1::BrokerIdentity* identity = entry->mutable_broker();
  identity->set_cluster(broker.cluster);
  identity->set_broker_name(broker.name);
  identity->set_broker_id(broker.id);
  identity->set_role_epoch(broker.role_epoch);
  write_addresses(broker, identity);
  identity->set_incarnation(broker.incarnation);
  identity->set_version(broker.version);
  identity->set_auto_create_topics(broker.auto_create_topics);
  identity->set_auto_create_queues(broker.auto_create_queues);
  entry->set_topics_version(info.topics_version);
  entry->set_topic_count(static_cast<int32_t>(info.topic_count));
  entry->set_registered_ms(info.registered_wall_ms);
  entry->set_last_heard_ms(info.last_heard_wall_ms);
}

void write_topic(const std::string& topic, const std::vector<GroupRoute>& routes,
                 v1::ListTopicsResponse::Entry* entry) {
  entry->set_topic(topic);
  for (const GroupRoute& route : routes) {
    v1::ListTopicsResponse::Entry::Placement* placement = entry->add_placements();
    placement->set_broker_name(route.replicas.front()->name);
    write_queues(topic, route.queues, placement->mutable_route());
  }
}

}  // namespace petrel::nameserver
