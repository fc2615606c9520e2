// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/rpc_needs.h"

#include "broker/grpc/front_end.h"

namespace petrel::grpcfront {
namespace {

using frontend::Action;
using frontend::Need;
using frontend::ResourceKind;

Need topic(const CallContext& context, Action action, const rmq::Resource& resource) {
  return {action, ResourceKind::kTopic, full_name(context, resource)};
}

Need group(const CallContext& context, const rmq::Resource& resource) {
  return {Action::kSubscribe, ResourceKind::kGroup, full_name(context, resource)};
}

Needs publishing(const CallContext& context, const rmq::Resource& to) {
  return {topic(context, Action::kPublish, to)};
}

Needs subscribing(const CallContext& context, const rmq::Resource& from, const rmq::Resource& by) {
  return {topic(context, Action::kSubscribe, from), group(context, by)};
}

// Of a request whose group is optional: producers have none.
template <typename RequestT>
Needs of_client(const CallContext& context, const RequestT& request) {
  if (!request.has_group() || request.group().name().empty()) {
    return needs_to_connect();
  }
  return {group(context, request.group())};
}

void add_settings(const CallContext& context, const rmq::Settings& settings, Needs* needs) {
  for (const rmq::Resource& resource : settings.publishing().topics()) {
    needs->push_back(topic(context, Action::kPublish, resource));
  }
  const rmq::Subscription& subscription = settings.subscription();
  if (subscription.has_group()) {
    needs->push_back(group(context, subscription.group()));
  }
  for (const rmq::SubscriptionEntry& entry : subscription.subscriptions()) {
    needs->push_back(topic(context, Action::kSubscribe, entry.topic()));
  }
}

bool same(const rmq::Resource& a, const rmq::Resource& b) {
  return a.name() == b.name() && a.resource_namespace() == b.resource_namespace();
}

}  // namespace

Needs needs_to_connect() { return {{Action::kConnect, ResourceKind::kBroker, ""}}; }

Needs needs_of(const CallContext& context, const rmq::QueryRouteRequest& request) {
  return {topic(context, Action::kGet, request.topic())};
}
Needs needs_of(const CallContext& context, const rmq::QueryAssignmentRequest& request) {
  return subscribing(context, request.topic(), request.group());
}
Needs needs_of(const CallContext& context, const rmq::HeartbeatRequest& request) {
  return of_client(context, request);
}
Needs needs_of(const CallContext& context, const rmq::SendMessageRequest& request) {
  if (request.messages().empty()) {
    return needs_to_connect();
  }
  // As a rule all messages are of one topic; those of several are refused later.
  Needs needs = publishing(context, request.messages(0).topic());
  for (int i = 1; i < request.messages_size(); ++i) {
    if (!same(request.messages(i).topic(), request.messages(i - 1).topic())) {
      needs.push_back(topic(context, Action::kPublish, request.messages(i).topic()));
    }
  }
  return needs;
}
Needs needs_of(const CallContext& context, const rmq::ReceiveMessageRequest& request) {
  return subscribing(context, request.message_queue().topic(), request.group());
}
Needs needs_of(const CallContext& context, const rmq::AckMessageRequest& request) {
  return subscribing(context, request.topic(), request.group());
}
Needs needs_of(const CallContext& context, const rmq::ChangeInvisibleDurationRequest& request) {
  return subscribing(context, request.topic(), request.group());
}
Needs needs_of(const CallContext& context, const rmq::NotifyClientTerminationRequest& request) {
  return of_client(context, request);
}
Needs needs_of(const CallContext& context, const rmq::TelemetryCommand& command) {
  Needs needs = needs_to_connect();
  if (command.has_settings()) {
    add_settings(context, command.settings(), &needs);
  }
  return needs;
}
Needs needs_of(const CallContext& context,
               const rmq::ForwardMessageToDeadLetterQueueRequest& request) {
  return subscribing(context, request.topic(), request.group());
}
Needs needs_of(const CallContext& context, const rmq::PullMessageRequest& request) {
  return subscribing(context, request.message_queue().topic(), request.group());
}
Needs needs_of(const CallContext& context, const rmq::UpdateOffsetRequest& request) {
  return subscribing(context, request.message_queue().topic(), request.group());
}
Needs needs_of(const CallContext& context, const rmq::GetOffsetRequest& request) {
  return subscribing(context, request.message_queue().topic(), request.group());
}
Needs needs_of(const CallContext& context, const rmq::QueryOffsetRequest& request) {
  return {topic(context, Action::kSubscribe, request.message_queue().topic())};
}
Needs needs_of(const CallContext& context, const rmq::EndTransactionRequest& request) {
  return publishing(context, request.topic());
}
Needs needs_of(const CallContext& context, const rmq::RecallMessageRequest& request) {
  return publishing(context, request.topic());
}
Needs needs_of(const CallContext& context, const rmq::SyncLiteSubscriptionRequest& request) {
  return subscribing(context, request.topic(), request.group());
}

}  // namespace petrel::grpcfront
