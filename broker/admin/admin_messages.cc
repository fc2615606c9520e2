// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/admin/admin_messages.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "common/concat.h"

namespace petrel::broker {
namespace {

// Topics or groups of one page: what the core thread tells in about a millisecond.
constexpr int32_t kListPageMax = 1'000;

const char* kind_name(frontend::ClientKind kind) {
  switch (kind) {
    case frontend::ClientKind::kProducer:
      return "Producer";
    case frontend::ClientKind::kPushConsumer:
      return "PushConsumer";
    case frontend::ClientKind::kSimpleConsumer:
      return "SimpleConsumer";
    case frontend::ClientKind::kPullConsumer:
      return "PullConsumer";
    case frontend::ClientKind::kUnknown:
      break;
  }
  return "";
}

}  // namespace

grpc::Status to_status(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

grpc::Status to_status(const core::Outcome& outcome) {
  using core::OutcomeCode;
  using grpc::StatusCode;
  switch (outcome.code) {
    case OutcomeCode::kOk:
      return grpc::Status::OK;
    case OutcomeCode::kTopicNotFound:
    case OutcomeCode::kGroupNotFound:
    case OutcomeCode::kNoMessage:
      return {StatusCode::NOT_FOUND, outcome.text};
    case OutcomeCode::kInvalidArgument:
    case OutcomeCode::kTooLarge:
    case OutcomeCode::kInvalidReceiptHandle:
      return {StatusCode::INVALID_ARGUMENT, outcome.text};
    case OutcomeCode::kMessageTypeConflict:
    case OutcomeCode::kNoWritableQueue:
    case OutcomeCode::kNoReadableQueue:
      return {StatusCode::FAILED_PRECONDITION, outcome.text};
    case OutcomeCode::kForbidden:
      return {StatusCode::PERMISSION_DENIED, outcome.text};
    case OutcomeCode::kOverloaded:
    case OutcomeCode::kDiskFull:
      return {StatusCode::RESOURCE_EXHAUSTED, outcome.text};
    case OutcomeCode::kUnsupported:
      return {StatusCode::UNIMPLEMENTED, outcome.text};
    case OutcomeCode::kCancelled:
      return {StatusCode::CANCELLED, outcome.text};
    case OutcomeCode::kStoreFailed:
      return {StatusCode::INTERNAL, outcome.text};
    case OutcomeCode::kFlushDiskTimeout:
    case OutcomeCode::kFlushReplicaTimeout:
      return {StatusCode::DEADLINE_EXCEEDED, outcome.text};
    case OutcomeCode::kReplicasNotAvailable:
    case OutcomeCode::kNotServing:
    case OutcomeCode::kShuttingDown:
      return {StatusCode::UNAVAILABLE, outcome.text};
  }
  return {StatusCode::UNKNOWN, outcome.text};
}

core::Detail read_detail(admin::v1::Detail detail) {
  switch (detail) {
    case admin::v1::DETAIL_TOTALS:
      return core::Detail::kTotals;
    case admin::v1::DETAIL_SPEC:
      return core::Detail::kSettings;
    default:
      return core::Detail::kFull;
  }
}

core::ListRange read_range(const google::protobuf::RepeatedPtrField<std::string>& names,
                           const std::string& after, int32_t limit) {
  return {.names = {names.begin(), names.end()},
          .after = after,
          .limit = std::clamp(limit, 0, kListPageMax)};
}

absl::Status validate(const admin::v1::ListGroupsRequest& request) {
  if (!request.names().empty() && !request.interests().empty()) {
    return absl::InvalidArgumentError("names and interests exclude each other");
  }
  std::set<std::string_view> groups;
  for (const auto& interest : request.interests()) {
    if (!groups.insert(interest.group()).second) {
      return absl::InvalidArgumentError(concat("group '", interest.group(), "' has two interests"));
    }
    std::set<std::string_view> topics;
    for (const std::string& topic : interest.topics()) {
      if (!topics.insert(topic).second) {
        return absl::InvalidArgumentError(concat(
            "topic '", topic, "' stands twice in the interest of group '", interest.group(), "'"));
      }
    }
  }
  return absl::OkStatus();
}

core::TopicConfig read_topic(const admin::v1::TopicSpec& spec) {
  core::TopicConfig topic;
  topic.name = spec.name();
  topic.read_queues = spec.read_queues();
  topic.write_queues = spec.write_queues();
  topic.permission = spec.permission();
  topic.message_type = static_cast<core::MessageType>(spec.message_type());
  topic.retention_ms = spec.retention_ms();
  return topic;
}

core::GroupConfig read_group(const admin::v1::GroupSpec& spec) {
  core::GroupConfig group;
  group.name = spec.name();
  group.consume_enabled = !spec.has_consume_enabled() || spec.consume_enabled();
  group.backoff_ms.assign(spec.backoff().delays_ms().begin(), spec.backoff().delays_ms().end());
  group.attempts_max = spec.max_attempts();
  group.consume_from = static_cast<core::ConsumeFrom>(spec.consume_from());
  group.consume_from_ms = spec.consume_from_ms();
  return group;
}

void write_topic(const core::ListTopicsRequest::Topic& topic, core::Detail detail,
                 admin::v1::TopicStatus* status) {
  admin::v1::TopicSpec* spec = status->mutable_spec();
  spec->set_name(topic.config.name);
  spec->set_read_queues(topic.config.read_queues);
  spec->set_write_queues(topic.config.write_queues);
  spec->set_permission(topic.config.permission);
  spec->set_message_type(static_cast<admin::v1::MessageType>(topic.config.message_type));
  spec->set_retention_ms(topic.config.retention_ms);
  status->set_system(topic.system);
  for (const core::ListTopicsRequest::Queue& queue : topic.queues) {
    admin::v1::TopicStatus::Queue* out = status->add_queues();
    out->set_queue_id(queue.queue_id);
    out->set_min_offset(queue.min.value());
    out->set_max_offset(queue.max.value());
    out->set_size_bytes(queue.size_bytes);
    out->set_oldest_message_ms(queue.oldest_ms);
    out->set_last_written_ms(queue.newest_ms);
  }
  if (detail == core::Detail::kSettings) {
    return;
  }
  admin::v1::TopicStatus::Totals* totals = status->mutable_totals();
  totals->set_messages(topic.totals.messages);
  totals->set_size_bytes(topic.totals.size_bytes);
  totals->set_oldest_message_ms(topic.totals.oldest_ms);
  totals->set_last_written_ms(topic.totals.newest_ms);
}

void write_group(const core::ListGroupsRequest::Group& group, core::Detail detail, int32_t clients,
                 admin::v1::GroupStatus* status) {
  admin::v1::GroupSpec* spec = status->mutable_spec();
  spec->set_name(group.config.name);
  status->set_absent(group.absent);
  spec->set_consume_enabled(group.config.consume_enabled);
  spec->set_max_attempts(group.config.deliveries_max());
  spec->set_consume_from(static_cast<admin::v1::ConsumeFrom>(group.config.consume_from));
  spec->set_consume_from_ms(group.config.consume_from_ms);
  for (const int64_t delay_ms : group.config.backoff_ms) {
    spec->mutable_backoff()->add_delays_ms(delay_ms);
  }
  for (const core::ListGroupsRequest::Subscription& subscription : group.subscriptions) {
    admin::v1::GroupStatus::Subscription* out = status->add_subscriptions();
    out->set_topic(subscription.topic);
    out->set_lag(subscription.lag);
    out->set_in_flight(subscription.in_flight);
    out->set_not_begun(!subscription.begun);
    out->set_lag_at_most(subscription.lag_at_most);
    for (const auto& queue : subscription.queues) {
      admin::v1::GroupStatus::Subscription::Queue* told = out->add_queues();
      told->set_queue_id(queue.queue_id);
      told->set_next_offset(queue.next.value());
      told->set_lag(queue.lag);
      told->set_in_flight(queue.in_flight);
      told->set_not_begun(!queue.begun);
      told->set_lag_at_most(queue.lag_at_most);
    }
  }
  if (detail == core::Detail::kSettings) {
    return;
  }
  status->mutable_totals()->set_lag(group.lag);
  status->mutable_totals()->set_in_flight(group.in_flight);
  status->mutable_totals()->set_lag_at_most(group.lag_at_most);
  status->set_clients(clients);
}

void write_client(const frontend::ClientRegistry::Connected& connected,
                  admin::v1::ClientStatus* status) {
  const frontend::Client& client = *connected.client;
  status->set_client_id(connected.client_id);
  status->set_kind(kind_name(client.kind));
  status->set_group(client.group);
  status->set_address(client.address);
  status->set_protocol(client.protocol);
  status->set_language(client.language);
  status->set_version(client.version);
  status->set_connected_ms(connected.since_ms);
  status->set_connection_lost(connected.lost);
}

}  // namespace petrel::broker
