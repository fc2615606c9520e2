// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/brokers/broker_admin.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "common/concat.h"
#include "common/mutex.h"
#include "common/status.h"
#include "petrel/admin/v1/admin.grpc.pb.h"

namespace petrel::ops {

namespace {

constexpr std::chrono::seconds kCallTimeout{10};
constexpr std::chrono::seconds kRestartTimeout{600};  // a large store may take minutes to open
constexpr size_t kNamesPerCall = 1'000;
constexpr int32_t kPage = 1'000;

std::vector<std::string> names_of(const google::protobuf::RepeatedPtrField<std::string>& names) {
  return {names.begin(), names.end()};
}

}  // namespace

class BrokerAdmin::Calls {
 public:
  Calls(const std::shared_ptr<grpc::Channel>& channel, Connection connection)
      : stub_(admin::BrokerAdmin::NewStub(channel)), connection_(std::move(connection)) {}

  template <typename Request, typename Response>
  absl::StatusOr<Response> call(grpc::Status (admin::BrokerAdmin::Stub::*method)(
                                    grpc::ClientContext*, const Request&, Response*),
                                const Request& request,
                                std::chrono::seconds timeout = kCallTimeout) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + timeout);
    {
      const MutexLock lock(mutex_);
      if (cancelled_) {
        context.TryCancel();
      }
      under_way_ = &context;
    }
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    {
      const MutexLock lock(mutex_);
      under_way_ = nullptr;
    }
    PETREL_RETURN_IF_ERROR(from_grpc(status, connection_));
    return response;
  }

  void cancel() {
    const MutexLock lock(mutex_);
    cancelled_ = true;
    if (under_way_ != nullptr) {
      under_way_->TryCancel();
    }
  }

 private:
  const std::unique_ptr<admin::BrokerAdmin::Stub> stub_;
  const Connection connection_;
  Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ClientContext* under_way_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

namespace {

void add(const admin::TopicStatus& topic, BrokerContent& content) {
  const admin::TopicStatus::Totals& totals = topic.totals();
  content.topics.insert_or_assign(
      content.topics.end(), topic.spec().name(),
      TopicContent{.settings = from_message(topic.spec()),
                   .stats = {.messages = totals.messages(),
                             .size_bytes = totals.size_bytes(),
                             .oldest_message_ms = totals.oldest_message_ms()}});
}

void add(const admin::GroupStatus& group, BrokerContent& content) {
  content.groups.insert_or_assign(content.groups.end(), group.spec().name(),
                                  GroupContent{.settings = from_message(group.spec()),
                                               .stats = {.lag = group.totals().lag(),
                                                         .in_flight = group.totals().in_flight(),
                                                         .members = group.clients()}});
}

constexpr std::array<std::pair<ConsumeFrom::Kind, admin::ConsumeFrom>, 4> kConsumeFrom = {{
    {ConsumeFrom::Kind::kUndeclared, admin::CONSUME_FROM_UNSPECIFIED},
    {ConsumeFrom::Kind::kFirst, admin::CONSUME_FROM_FIRST},
    {ConsumeFrom::Kind::kLast, admin::CONSUME_FROM_LAST},
    {ConsumeFrom::Kind::kTime, admin::CONSUME_FROM_TIME},
}};

bool is_closing(const TopicSettings& topic) { return topic.write_queues < topic.read_queues; }

// What the group has before it beyond the queues that stay. A broker that tells no queues tells
// only of all of them.
void add_unread(const std::string& group, const admin::GroupStatus::Subscription& subscription,
                BrokerContent& content) {
  const auto topic = content.topics.find(subscription.topic());
  if (topic == content.topics.end() || !is_closing(topic->second.settings)) {
    return;
  }
  int64_t unread = subscription.lag() + subscription.in_flight();
  for (const admin::GroupStatus::Subscription::Queue& queue : subscription.queues()) {
    if (queue.queue_id() < topic->second.settings.write_queues) {
      unread -= queue.lag() + queue.in_flight();
    }
  }
  ClosingQueues& closing = topic->second.closing;
  if (unread > closing.unread) {
    closing.unread = unread;
    closing.unread_by = unread > 0 ? group : "";
  }
}

bool is_in_use(const admin::GroupStatus& group) {
  return group.totals().lag() > 0 || group.totals().in_flight() > 0 || group.clients() > 0;
}

absl::Status nothing_kept(std::string_view what, std::string_view why,
                          const std::vector<std::string>& kept) {
  return kept.empty()
             ? absl::OkStatus()
             : absl::FailedPreconditionError(concat(what, " ", kept.front(), " ", why,
                                                    ", and is only to be deleted without"));
}

// The part of `names` that begins at `from`, for one call.
template <typename Request>
void set_names(const std::vector<std::string>& names, size_t from, Request& request) {
  const size_t end = std::min(names.size(), from + kNamesPerCall);
  request.mutable_names()->Assign(names.begin() + static_cast<ptrdiff_t>(from),
                                  names.begin() + static_cast<ptrdiff_t>(end));
}

}  // namespace

BrokerAdmin::BrokerAdmin(const Connection& connection)
    : BrokerAdmin(make_channel(connection), connection) {}

BrokerAdmin::BrokerAdmin(const std::shared_ptr<grpc::Channel>& channel, Connection connection)
    : connection_(std::move(connection)), calls_(std::make_unique<Calls>(channel, connection_)) {}

BrokerAdmin::~BrokerAdmin() = default;

absl::Status BrokerAdmin::write(const Action& action) {
  switch (action.kind) {
    case ActionKind::kApplyTopics:
      return apply_topics(action.topics).status();
    case ActionKind::kDeleteTopics:
      return delete_topics(action.names, action.only_empty).status();
    case ActionKind::kApplyGroups:
      return apply_groups(action.groups).status();
    case ActionKind::kDeleteGroups:
      return delete_groups(action.names, action.only_empty).status();
    default:
      return absl::InternalError("not about topics or groups");
  }
}

void BrokerAdmin::cancel() { calls_->cancel(); }

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

absl::StatusOr<admin::ListGroupsResponse> BrokerAdmin::list_interests(
    const std::map<std::string, std::vector<std::string>>& interests) {
  admin::ListGroupsRequest request;
  for (const auto& [group, topics] : interests) {
    auto* interest = request.add_interests();
    interest->set_group(group);
    interest->mutable_topics()->Assign(topics.begin(), topics.end());
  }
  return calls_->call(&admin::BrokerAdmin::Stub::ListGroups, request);
}

absl::StatusOr<std::vector<admin::ClientStatus>> BrokerAdmin::list_clients(
    const std::string& group) {
  std::vector<admin::ClientStatus> clients;
  admin::ListClientsRequest request;
  request.set_group(group);
  for (bool more = true; more;) {
    PETREL_ASSIGN_OR_RETURN(const auto page,
                            calls_->call(&admin::BrokerAdmin::Stub::ListClients, request));
    clients.insert(clients.end(), page.clients().begin(), page.clients().end());
    more = page.more() && page.clients_size() > 0;
    if (more) {
      request.set_after(clients.back().client_id());
    }
  }
  return clients;
}

absl::StatusOr<admin::QueryMessagesResponse> BrokerAdmin::query_messages(
    const admin::QueryMessagesRequest& request) {
  return calls_->call(&admin::BrokerAdmin::Stub::QueryMessages, request);
}

absl::StatusOr<admin::BrowseMessagesResponse> BrokerAdmin::browse_messages(
    const admin::BrowseMessagesRequest& request) {
  return calls_->call(&admin::BrokerAdmin::Stub::BrowseMessages, request);
}

absl::StatusOr<admin::StoredMessage> BrokerAdmin::get_message(const std::string& offset_id,
                                                              int64_t body_bytes_max) {
  admin::GetMessageRequest request;
  request.set_offset_id(offset_id);
  request.set_body_bytes_max(body_bytes_max);
  PETREL_ASSIGN_OR_RETURN(auto response,
                          calls_->call(&admin::BrokerAdmin::Stub::GetMessage, request));
  return std::move(*response.mutable_message());
}

absl::StatusOr<BrokerContent> BrokerAdmin::content() {
  BrokerContent content;
  PETREL_ASSIGN_OR_RETURN(auto description, describe());
  content.store_id = std::move(*description.mutable_store_id());
  content.signs = from_message(description.signs());
  admin::ListTopicsRequest topics;
  topics.set_detail(admin::DETAIL_TOTALS);
  topics.set_limit(kPage);
  for (bool more = true; more;) {
    PETREL_ASSIGN_OR_RETURN(const auto page,
                            calls_->call(&admin::BrokerAdmin::Stub::ListTopics, topics));
    for (const admin::TopicStatus& topic : page.topics()) {
      add(topic, content);
    }
    more = page.more() && page.topics_size() > 0;
    if (more) {
      topics.set_after(page.topics().rbegin()->spec().name());
    }
  }
  admin::ListGroupsRequest groups;
  groups.set_detail(admin::DETAIL_TOTALS);
  groups.set_limit(kPage);
  for (bool more = true; more;) {
    PETREL_ASSIGN_OR_RETURN(const auto page,
                            calls_->call(&admin::BrokerAdmin::Stub::ListGroups, groups));
    for (const admin::GroupStatus& group : page.groups()) {
      add(group, content);
    }
    more = page.more() && page.groups_size() > 0;
    if (more) {
      groups.set_after(page.groups().rbegin()->spec().name());
    }
  }
  PETREL_RETURN_IF_ERROR(add_closing(content));
  return content;
}

absl::StatusOr<BrokerContent> BrokerAdmin::content(const std::vector<std::string>& topics,
                                                   const std::vector<std::string>& groups) {
  BrokerContent content;
  for (size_t from = 0; from < topics.size(); from += kNamesPerCall) {
    admin::ListTopicsRequest request;
    request.set_detail(admin::DETAIL_TOTALS);
    set_names(topics, from, request);
    PETREL_ASSIGN_OR_RETURN(const auto listed,
                            calls_->call(&admin::BrokerAdmin::Stub::ListTopics, request));
    for (const admin::TopicStatus& topic : listed.topics()) {
      add(topic, content);
    }
  }
  for (size_t from = 0; from < groups.size(); from += kNamesPerCall) {
    admin::ListGroupsRequest request;
    request.set_detail(admin::DETAIL_TOTALS);
    set_names(groups, from, request);
    PETREL_ASSIGN_OR_RETURN(const auto listed,
                            calls_->call(&admin::BrokerAdmin::Stub::ListGroups, request));
    for (const admin::GroupStatus& group : listed.groups()) {
      add(group, content);
    }
  }
  PETREL_RETURN_IF_ERROR(add_closing(content));
  return content;
}

absl::Status BrokerAdmin::add_closing(BrokerContent& content) {
  std::vector<std::string> names;
  for (const auto& [name, topic] : content.topics) {
    if (is_closing(topic.settings)) {
      names.push_back(name);
    }
  }
  if (names.empty()) {
    return absl::OkStatus();
  }
  PETREL_ASSIGN_OR_RETURN(const auto groups, list_groups({}));
  for (const std::string& name : names) {
    content.topics[name].closing.unread = -1;
  }
  for (const admin::GroupStatus& group : groups.groups()) {
    for (const admin::GroupStatus::Subscription& subscription : group.subscriptions()) {
      add_unread(group.spec().name(), subscription, content);
    }
  }
  for (size_t from = 0; from < names.size(); from += kNamesPerCall) {
    admin::ListTopicsRequest request;
    set_names(names, from, request);
    PETREL_ASSIGN_OR_RETURN(const auto listed,
                            calls_->call(&admin::BrokerAdmin::Stub::ListTopics, request));
    for (const admin::TopicStatus& topic : listed.topics()) {
      ClosingQueues& closing = content.topics[topic.spec().name()].closing;
      for (const admin::TopicStatus::Queue& queue : topic.queues()) {
        closing.messages += queue.queue_id() >= topic.spec().write_queues()
                                ? queue.max_offset() - queue.min_offset()
                                : 0;
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> BrokerAdmin::apply_topics(
    const std::vector<TopicSettings>& topics) {
  admin::ApplyTopicsRequest request;
  for (const TopicSettings& topic : topics) {
    to_message(topic, request.add_topics());
  }
  PETREL_ASSIGN_OR_RETURN(const auto response,
                          calls_->call(&admin::BrokerAdmin::Stub::ApplyTopics, request));
  written_version_ = response.config_version();
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
  written_version_ = response.config_version();
  return names_of(response.changed());
}

absl::StatusOr<std::vector<std::string>> BrokerAdmin::delete_topics(
    const std::vector<std::string>& names, bool only_empty) {
  admin::DeleteTopicsRequest request;
  request.set_only_empty(only_empty);
  request.mutable_names()->Assign(names.begin(), names.end());
  PETREL_ASSIGN_OR_RETURN(const auto response,
                          calls_->call(&admin::BrokerAdmin::Stub::DeleteTopics, request));
  written_version_ = response.config_version();
  PETREL_RETURN_IF_ERROR(nothing_kept("topic", "has messages", names_of(response.kept())));
  return names_of(response.deleted());
}

// The broker is asked just before, as what is known of a group may be half a minute old.
absl::StatusOr<std::vector<std::string>> BrokerAdmin::delete_groups(
    const std::vector<std::string>& names, bool only_empty) {
  std::vector<std::string> kept;
  admin::DeleteGroupsRequest request;
  request.mutable_names()->Assign(names.begin(), names.end());
  if (only_empty) {
    PETREL_ASSIGN_OR_RETURN(const auto listed, list_groups(names));
    request.clear_names();
    for (const admin::GroupStatus& group : listed.groups()) {
      if (is_in_use(group)) {
        kept.push_back(group.spec().name());
      } else {
        request.add_names(group.spec().name());
      }
    }
  }
  PETREL_ASSIGN_OR_RETURN(const auto response,
                          calls_->call(&admin::BrokerAdmin::Stub::DeleteGroups, request));
  written_version_ = response.config_version();
  PETREL_RETURN_IF_ERROR(
      nothing_kept("consumer group", "has messages before it, or clients", kept));
  return names_of(response.deleted());
}

absl::StatusOr<int64_t> BrokerAdmin::restart_engine(bool drop) {
  admin::RestartEngineRequest request;
  request.set_drop(drop);
  PETREL_ASSIGN_OR_RETURN(
      const auto response,
      calls_->call(&admin::BrokerAdmin::Stub::RestartEngine, request, kRestartTimeout));
  return response.duration_ms();
}

void to_message(const TopicSettings& settings, admin::TopicSpec* message) {
  message->set_name(settings.name);
  message->set_read_queues(settings.read_queues);
  message->set_write_queues(settings.write_queues);
  message->set_permission(settings.permission);
  message->set_message_type(static_cast<admin::MessageType>(settings.message_type));
  message->set_retention_ms(settings.retention_ms);
}

void to_message(const GroupSettings& settings, admin::GroupSpec* message) {
  message->set_name(settings.name);
  message->set_consume_enabled(settings.consume_enabled);
  message->set_max_attempts(settings.attempts_max);
  message->mutable_backoff()->mutable_delays_ms()->Assign(settings.backoff_ms.begin(),
                                                          settings.backoff_ms.end());
  for (const auto& [kind, from] : kConsumeFrom) {
    if (kind == settings.consume_from.kind) {
      message->set_consume_from(from);
    }
  }
  message->set_consume_from_ms(settings.consume_from.time_ms);
}

BrokerSigns from_message(const admin::BrokerSigns& message) {
  return {.nameservers = message.nameservers(),
          .registered = message.registered(),
          .sends_refused_since_ms = message.sends_refused_since_ms()};
}

TopicSettings from_message(const admin::TopicSpec& message) {
  return {.name = message.name(),
          .read_queues = message.read_queues(),
          .write_queues = message.write_queues(),
          .permission = message.permission(),
          .message_type = static_cast<int32_t>(message.message_type()),
          .retention_ms = message.retention_ms()};
}

GroupSettings from_message(const admin::GroupSpec& message) {
  GroupSettings settings{
      .name = message.name(),
      .consume_enabled = !message.has_consume_enabled() || message.consume_enabled(),
      .attempts_max = message.max_attempts() == 0 ? 17 : message.max_attempts(),
      .backoff_ms = {message.backoff().delays_ms().begin(), message.backoff().delays_ms().end()},
      .consume_from = {.time_ms = message.consume_from_ms()}};
  for (const auto& [kind, from] : kConsumeFrom) {
    if (from == message.consume_from()) {
      settings.consume_from.kind = kind;
    }
  }
  return settings;
}

}  // namespace petrel::ops
