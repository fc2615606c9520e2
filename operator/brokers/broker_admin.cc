// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/brokers/broker_admin.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>

#include "common/status.h"
#include "petrel/admin/v1/admin.grpc.pb.h"

namespace petrel::ops {

namespace {

constexpr std::chrono::seconds kCallTimeout{10};

std::vector<std::string> names_of(const google::protobuf::RepeatedPtrField<std::string>& names) {
  return {names.begin(), names.end()};
}

}  // namespace

struct BrokerAdmin::Calls {
  std::unique_ptr<admin::BrokerAdmin::Stub> stub;
  std::string address;

  template <typename Request, typename Response>
  absl::StatusOr<Response> call(grpc::Status (admin::BrokerAdmin::Stub::*method)(
                                    grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
    Response response;
    PETREL_RETURN_IF_ERROR(from_grpc((stub.get()->*method)(&context, request, &response), address));
    return response;
  }
};

BrokerAdmin::BrokerAdmin(const Connection& connection)
    : address_(connection.address), calls_(std::make_unique<Calls>()) {
  calls_->stub = admin::BrokerAdmin::NewStub(make_channel(connection));
  calls_->address = address_;
}

BrokerAdmin::~BrokerAdmin() = default;

absl::StatusOr<admin::DescribeBrokerResponse> BrokerAdmin::describe() {
  return calls_->call(&admin::BrokerAdmin::Stub::DescribeBroker, admin::DescribeBrokerRequest());
}

absl::StatusOr<admin::ListTopicsResponse> BrokerAdmin::list_topics(
    bool include_system, const std::vector<std::string>& names) {
  admin::ListTopicsRequest request;
  request.set_include_system(include_system);
  request.mutable_names()->Assign(names.begin(), names.end());
  return calls_->call(&admin::BrokerAdmin::Stub::ListTopics, request);
}

absl::StatusOr<admin::ListGroupsResponse> BrokerAdmin::list_groups(
    const std::vector<std::string>& names) {
  admin::ListGroupsRequest request;
  request.mutable_names()->Assign(names.begin(), names.end());
  return calls_->call(&admin::BrokerAdmin::Stub::ListGroups, request);
}

absl::StatusOr<BrokerContent> BrokerAdmin::content() {
  PETREL_ASSIGN_OR_RETURN(const admin::ListTopicsResponse topics, list_topics(false, {}));
  PETREL_ASSIGN_OR_RETURN(const admin::ListGroupsResponse groups, list_groups({}));
  BrokerContent content;
  for (const admin::TopicStatus& topic : topics.topics()) {
    content.topics[topic.spec().name()] = from_message(topic.spec());
  }
  for (const admin::GroupStatus& group : groups.groups()) {
    content.groups[group.spec().name()] = from_message(group.spec());
  }
  return content;
}

absl::StatusOr<std::vector<std::string>> BrokerAdmin::apply_topics(
    const std::vector<TopicSettings>& topics) {
  admin::ApplyTopicsRequest request;
  for (const TopicSettings& topic : topics) {
    to_message(topic, request.add_topics());
  }
  PETREL_ASSIGN_OR_RETURN(const auto response,
                          calls_->call(&admin::BrokerAdmin::Stub::ApplyTopics, request));
  return names_of(response.changed());
}

absl::StatusOr<std::vector<std::string>> BrokerAdmin::apply_groups(
    const std::vector<GroupSettings>& groups) {
  admin::ApplyGroupsRequest request;
  for (const GroupSettings& group : groups) {
    to_message(group, request.add_groups());
  }
  PETREL_ASSIGN_OR_RETURN(const auto response,
                          calls_->call(&admin::BrokerAdmin::Stub::ApplyGroups, request));
  return names_of(response.changed());
}

absl::StatusOr<std::vector<std::string>> BrokerAdmin::delete_topics(
    const std::vector<std::string>& names) {
  admin::DeleteTopicsRequest request;
  request.mutable_names()->Assign(names.begin(), names.end());
  PETREL_ASSIGN_OR_RETURN(const auto response,
                          calls_->call(&admin::BrokerAdmin::Stub::DeleteTopics, request));
  return names_of(response.deleted());
}

absl::StatusOr<std::vector<std::string>> BrokerAdmin::delete_groups(
    const std::vector<std::string>& names) {
  admin::DeleteGroupsRequest request;
  request.mutable_names()->Assign(names.begin(), names.end());
  PETREL_ASSIGN_OR_RETURN(const auto response,
                          calls_->call(&admin::BrokerAdmin::Stub::DeleteGroups, request));
  return names_of(response.deleted());
}

void to_message(const TopicSettings& settings, admin::TopicSpec* message) {
  message->set_name(settings.name);
  message->set_read_queues(settings.read_queues);
  message->set_write_queues(settings.write_queues);
  message->set_permission(settings.permission);
  message->set_message_type(static_cast<admin::MessageType>(settings.message_type));
}

void to_message(const GroupSettings& settings, admin::GroupSpec* message) {
  message->set_name(settings.name);
  message->set_consume_enabled(settings.consume_enabled);
  message->mutable_backoff()->mutable_delays_ms()->Assign(settings.backoff_ms.begin(),
                                                          settings.backoff_ms.end());
}

TopicSettings from_message(const admin::TopicSpec& message) {
  return {.name = message.name(),
          .read_queues = message.read_queues(),
          .write_queues = message.write_queues(),
          .permission = message.permission(),
          .message_type = static_cast<int32_t>(message.message_type())};
}

GroupSettings from_message(const admin::GroupSpec& message) {
  return {
      .name = message.name(),
      .consume_enabled = !message.has_consume_enabled() || message.consume_enabled(),
      .backoff_ms = {message.backoff().delays_ms().begin(), message.backoff().delays_ms().end()}};
}

}  // namespace petrel::ops
