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

Client::Client(std::vector<ops::Connection> access_points, Silence silence)
    : session_(std::make_unique<ClientSession>(std::move(access_points), std::move(silence))) {}

Client::~Client() = default;

bool Client::is_partial() const { return session_->is_any_silent(); }

absl::StatusOr<std::vector<SentMessage>> Client::send(
    const std::string& topic, const std::vector<OutgoingMessage>& messages) {
  PETREL_ASSIGN_OR_RETURN(std::vector<RouteBroker> brokers, session_->route(topic));
  std::erase_if(brokers, [](const RouteBroker& broker) { return broker.writable_queues.empty(); });
  if (brokers.empty()) {
    return absl::PermissionDeniedError(concat("topic ", topic, " does not allow sending"));
  }
  const size_t turn = session_->next_turn();
  absl::Status status;
  for (size_t i = 0; i < brokers.size(); ++i) {
    const RouteBroker& broker = brokers[(turn + i) % brokers.size()];
    const auto& queues = broker.writable_queues;
    status = session_->silence(broker.address);
    if (!status.ok()) {
      continue;
    }
    absl::StatusOr<std::vector<SentMessage>> sent =
        send_to(broker, queues[turn / brokers.size() % queues.size()], topic, messages);
    if (!ops::is_unreached(sent.status())) {
      return sent;
    }
    status = sent.status();
    if (brokers.size() > 1) {
      session_->set_silent(broker.broker.name(), broker.address, status);
    }
  }
  return status;
}

absl::StatusOr<std::vector<SentMessage>> Client::send_to(
    const RouteBroker& broker, int32_t queue, const std::string& topic,
    const std::vector<OutgoingMessage>& messages) {
  PETREL_RETURN_IF_ERROR(session_->greet(broker.address, session_->producer_settings(topic)));
  rmq::SendMessageRequest request;
  for (const OutgoingMessage& message : messages) {
    rmq::Message* wire = request.add_messages();
    to_wire(message, topic, session_->clock().wall_ms(), wire);
    wire->mutable_system_properties()->set_message_id(session_->next_message_id());
    wire->mutable_system_properties()->set_queue_id(queue);
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
    sent.push_back({.message_id = entry.message_id(),
                    .broker = broker.broker.name(),
                    .address = broker.address,
                    .offset = entry.offset()});
  }
  return sent;
}

absl::StatusOr<std::vector<RouteBroker>> Client::greet(std::vector<RouteBroker> brokers,
                                                       const ReceiveOptions& options) {
  std::vector<RouteBroker> greeted;
  absl::Status status;
  for (RouteBroker& broker : brokers) {
    status = session_->silence(broker.address);
    if (status.ok()) {
      status = session_->greet(broker.address, session_->consumer_settings(options));
    }
    if (status.ok()) {
      greeted.push_back(std::move(broker));
    } else if (!ops::is_unreached(status)) {
      return status;
    } else if (brokers.size() > 1) {
      session_->set_silent(broker.broker.name(), broker.address, status);
    }
  }
  if (greeted.empty()) {
    return status;
  }
  return greeted;
}

absl::StatusOr<size_t> Client::receive(const ReceiveOptions& options, const Show& show) {
  PETREL_ASSIGN_OR_RETURN(std::vector<RouteBroker> brokers, session_->route(options.topic));
  std::erase_if(brokers, [](const RouteBroker& broker) { return !broker.readable; });
  if (brokers.empty()) {
    return absl::PermissionDeniedError(
        concat("topic ", options.topic, " does not allow receiving"));
  }
  PETREL_ASSIGN_OR_RETURN(brokers, greet(std::move(brokers), options));
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
  const std::vector<absl::Status> errors = receiving.errors();
  const bool any_answers = std::any_of(errors.begin(), errors.end(), [](const absl::Status& error) {
    return !ops::is_unreached(error);
  });
  for (size_t i = 0; i < brokers.size(); ++i) {
    if (!errors[i].ok() && shown == 0 && (!any_answers || !ops::is_unreached(errors[i]))) {
      return errors[i];
    }
    if (!errors[i].ok()) {
      session_->set_silent(brokers[i].broker.name(), brokers[i].address, errors[i]);
    }
  }
  return shown;
}

absl::Status Client::acknowledge(const std::string& group,
                                 const std::vector<ReceivedMessage>& messages) {
  for (const auto& [address, received] : by_address(messages)) {
    const absl::Status status = acknowledge_some(address, group, received);
    if (!ops::is_unreached(status)) {
      PETREL_RETURN_IF_ERROR(status);
    } else {
      session_->set_silent(
          received.front()->broker, address,
          annotate(status, concat("messages that it gave are not acknowledged and come again, ",
                                  received.size(), " at least")));
    }
  }
  return absl::OkStatus();
}

absl::Status Client::acknowledge_some(const std::string& address, const std::string& group,
                                      const std::vector<const ReceivedMessage*>& messages) {
  PETREL_RETURN_IF_ERROR(session_->silence(address));
  for (size_t from = 0; from < messages.size(); from += kAcknowledgedMax) {
    rmq::AckMessageRequest request;
    request.mutable_group()->set_name(group);
    request.mutable_topic()->set_name(messages.front()->topic);
    for (size_t i = from; i < std::min(messages.size(), from + kAcknowledgedMax); ++i) {
      rmq::AckMessageEntry* entry = request.add_entries();
      entry->set_message_id(messages[i]->message_id);
      entry->set_receipt_handle(messages[i]->receipt_handle);
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
  return absl::OkStatus();
}

void Client::give_back(const std::string& group, const std::vector<ReceivedMessage>& messages) {
  for (const ReceivedMessage& message : messages) {
    // One that cannot be given back comes again when its time is over.
    if (!session_->silence(message.address).ok()) {
      continue;
    }
    rmq::ChangeInvisibleDurationRequest request;
    request.mutable_group()->set_name(group);
    request.mutable_topic()->set_name(message.topic);
    request.set_receipt_handle(message.receipt_handle);
    request.set_message_id(message.message_id);
    *request.mutable_invisible_duration() = to_duration(0);
    request.set_suspend(true);
    rmq::ChangeInvisibleDurationResponse response;
    const absl::Status given = session_->call(
        message.address, &rmq::MessagingService::Stub::ChangeInvisibleDuration, request, &response);
    if (ops::is_unreached(given)) {
      session_->set_silent(message.broker, message.address, given);
    }
  }
}

}  // namespace petrel::cli
