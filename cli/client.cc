// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/client.h"

#include <algorithm>
#include <map>
#include <utility>

#include "cli/client_receive.h"
#include "cli/client_session.h"
#include "cli/client_wire.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::cli {

namespace {

// Servers take no more in one request.
constexpr size_t kAcknowledgedMax = 1'000;

// By the address of the broker that they came from.
using ByAddress = std::map<std::string, std::vector<const ReceivedMessage*>>;

ByAddress by_address(const std::vector<ReceivedMessage>& messages) {
  ByAddress sorted;
  for (const ReceivedMessage& message : messages) {
    sorted[message.address].push_back(&message);
  }
  return sorted;
}

}  // namespace

Client::Client(const ops::Connection& access_point)
    : session_(std::make_unique<ClientSession>(access_point)) {}

Client::~Client() = default;

absl::StatusOr<std::vector<SentMessage>> Client::send(
    const std::string& topic, const std::vector<OutgoingMessage>& messages) {
  PETREL_ASSIGN_OR_RETURN(std::vector<RouteBroker> brokers, session_->route(topic));
  std::erase_if(brokers, [](const RouteBroker& broker) { return broker.writable_queues.empty(); });
  if (brokers.empty()) {
    return absl::PermissionDeniedError(concat("topic ", topic, " does not allow sending"));
  }
  const size_t turn = session_->next_turn();
  const RouteBroker& broker = brokers[turn % brokers.size()];
  PETREL_RETURN_IF_ERROR(session_->greet(broker.address, session_->producer_settings(topic)));
  rmq::SendMessageRequest request;
  for (const OutgoingMessage& message : messages) {
    rmq::Message* wire = request.add_messages();
    to_wire(message, topic, session_->clock().wall_ms(), wire);
    wire->mutable_system_properties()->set_message_id(session_->next_message_id());
    const auto& queues = broker.writable_queues;
    wire->mutable_system_properties()->set_queue_id(queues[turn / brokers.size() % queues.size()]);
  }
  rmq::SendMessageResponse response;
  PETREL_RETURN_IF_ERROR(session_->call(broker.address, &rmq::MessagingService::Stub::SendMessage,
                                        request, &response));
  if (response.status().code() != rmq::MULTIPLE_RESULTS) {
    PETREL_RETURN_IF_ERROR(from_status(response.status()));
  }
  std::vector<SentMessage> sent;
  for (const rmq::SendResultEntry& entry : response.entries()) {
    PETREL_RETURN_IF_ERROR(from_status(entry.status()));
    const auto& message = request.messages(static_cast<int>(sent.size()));
    sent.push_back({.message_id = entry.message_id(),
                    .broker = broker.broker.name(),
                    .address = broker.address,
                    .queue_id = message.system_properties().queue_id(),
                    .offset = entry.offset()});
  }
  return sent;
}

absl::StatusOr<size_t> Client::receive(const ReceiveOptions& options, const Show& show) {
  PETREL_ASSIGN_OR_RETURN(std::vector<RouteBroker> brokers, session_->route(options.topic));
  std::erase_if(brokers, [](const RouteBroker& broker) { return !broker.readable; });
  if (brokers.empty()) {
    return absl::PermissionDeniedError(
        concat("topic ", options.topic, " does not allow receiving"));
  }
  for (const RouteBroker& broker : brokers) {
    PETREL_RETURN_IF_ERROR(session_->greet(broker.address, session_->consumer_settings(options)));
  }
  Receiving receiving(*session_, options, brokers);
  size_t shown = 0;
  absl::Status status;
  while (status.ok()) {
    const std::vector<ReceivedMessage> messages = receiving.next();
    if (messages.empty()) {
      break;
    }
    status = show(messages);
    if (!status.ok()) {
      give_back(options.group, messages);
      break;
    }
    shown += messages.size();
    if (options.acknowledge) {
      status = acknowledge(options.group, messages);
    }
  }
  give_back(options.group, receiving.stop());
  PETREL_RETURN_IF_ERROR(status);
  if (shown == 0) {
    PETREL_RETURN_IF_ERROR(receiving.error());
  }
  return shown;
}

absl::Status Client::acknowledge(const std::string& group,
                                 const std::vector<ReceivedMessage>& messages) {
  for (const auto& [address, received] : by_address(messages)) {
    for (size_t from = 0; from < received.size(); from += kAcknowledgedMax) {
      rmq::AckMessageRequest request;
      request.mutable_group()->set_name(group);
      request.mutable_topic()->set_name(messages.front().topic);
      for (size_t i = from; i < std::min(received.size(), from + kAcknowledgedMax); ++i) {
        rmq::AckMessageEntry* entry = request.add_entries();
        entry->set_message_id(received[i]->message_id);
        entry->set_receipt_handle(received[i]->receipt_handle);
      }
      rmq::AckMessageResponse response;
      PETREL_RETURN_IF_ERROR(
          session_->call(address, &rmq::MessagingService::Stub::AckMessage, request, &response));
      for (const rmq::AckMessageResultEntry& entry : response.entries()) {
        PETREL_RETURN_IF_ERROR(
            annotate(from_status(entry.status()), concat("acknowledging ", entry.message_id())));
      }
      PETREL_RETURN_IF_ERROR(from_status(response.status()));
    }
  }
  return absl::OkStatus();
}

void Client::give_back(const std::string& group, const std::vector<ReceivedMessage>& messages) {
  for (const ReceivedMessage& message : messages) {
    rmq::ChangeInvisibleDurationRequest request;
    request.mutable_group()->set_name(group);
    request.mutable_topic()->set_name(message.topic);
    request.set_receipt_handle(message.receipt_handle);
    request.set_message_id(message.message_id);
    *request.mutable_invisible_duration() = to_duration(0);
    request.set_suspend(true);
    rmq::ChangeInvisibleDurationResponse response;
    // One that cannot be given back comes again when its time is over.
    session_
        ->call(message.address, &rmq::MessagingService::Stub::ChangeInvisibleDuration, request,
               &response)
        .IgnoreError();
  }
}

}  // namespace petrel::cli
