// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/messaging_client.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>

#include "apache/rocketmq/v2/service.grpc.pb.h"
#include "common/concat.h"

namespace petrel::e2e {

namespace rmq = ::apache::rocketmq::v2;

namespace {

constexpr int64_t kCallTimeoutMs = 10'000;
constexpr int64_t kLongPollingSeconds = 5;  // the least that servers accept

void add_headers(grpc::ClientContext& context) {
  context.AddMetadata("x-mq-client-id", "e2e@1");
  context.AddMetadata("x-mq-language", "CPP");
}

std::unique_ptr<grpc::ClientContext> make_context(int64_t timeout_ms) {
  auto context = std::make_unique<grpc::ClientContext>();
  add_headers(*context);
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(timeout_ms));
  return context;
}

}  // namespace

struct MessagingClient::State {
  std::unique_ptr<rmq::MessagingService::Stub> stub;
  int64_t sent = 0;
  int64_t invisible_seconds = 60;
  grpc::ClientContext telemetry_context;
  std::unique_ptr<grpc::ClientReaderWriter<rmq::TelemetryCommand, rmq::TelemetryCommand>> telemetry;
};

MessagingClient::MessagingClient(const std::string& address) : state_(std::make_unique<State>()) {
  grpc::ChannelArguments arguments;
  // A server that was just started again is tried at once.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  state_->stub = rmq::MessagingService::NewStub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
}

MessagingClient::~MessagingClient() {
  if (state_->telemetry != nullptr) {
    rmq::NotifyClientTerminationResponse response;
    const auto context = make_context(kCallTimeoutMs);
    state_->stub->NotifyClientTermination(context.get(), {}, &response);
    state_->telemetry_context.TryCancel();
    state_->telemetry->Finish();
  }
}

bool MessagingClient::connect_as_producer(const std::string& topic) {
  add_headers(state_->telemetry_context);
  state_->telemetry = state_->stub->Telemetry(&state_->telemetry_context);
  rmq::TelemetryCommand command;
  rmq::Settings* settings = command.mutable_settings();
  settings->set_client_type(rmq::PRODUCER);
  settings->mutable_publishing()->add_topics()->set_name(topic);
  rmq::TelemetryCommand answer;
  return state_->telemetry->Write(command) && state_->telemetry->Read(&answer) &&
         answer.has_settings();
}

std::optional<rmq::Code> MessagingClient::send(const std::string& topic, const std::string& body,
                                               int64_t timeout_ms) {
  rmq::SendMessageRequest request;
  rmq::Message* message = request.add_messages();
  message->mutable_topic()->set_name(topic);
  message->set_body(body);
  rmq::SystemProperties* properties = message->mutable_system_properties();
  properties->set_message_id(concat("e2e-", ++state_->sent));
  properties->set_message_type(rmq::NORMAL);
  properties->set_body_encoding(rmq::IDENTITY);
  rmq::SendMessageResponse response;
  const auto context = make_context(timeout_ms);
  if (!state_->stub->SendMessage(context.get(), request, &response).ok()) return std::nullopt;
  return response.status().code();
}

rmq::QueryRouteResponse MessagingClient::route(const std::string& topic) {
  rmq::QueryRouteRequest request;
  request.mutable_topic()->set_name(topic);
  rmq::QueryRouteResponse response;
  const auto context = make_context(kCallTimeoutMs);
  if (!state_->stub->QueryRoute(context.get(), request, &response).ok()) response.Clear();
  return response;
}

std::set<std::string> MessagingClient::route_brokers(const std::string& topic) {
  std::set<std::string> names;
  const rmq::QueryRouteResponse response = route(topic);
  for (const rmq::MessageQueue& queue : response.message_queues()) {
    names.insert(queue.broker().name());
  }
  return names;
}

void MessagingClient::set_invisible_seconds(int64_t seconds) {
  state_->invisible_seconds = seconds;
}

std::vector<rmq::Message> MessagingClient::receive(const std::string& topic,
                                                   const std::string& group) {
  auto messages = try_receive(topic, group);
  EXPECT_TRUE(messages.has_value()) << "the server went away";
  return std::move(messages).value_or(std::vector<rmq::Message>());
}

std::optional<std::vector<rmq::Message>> MessagingClient::try_receive(const std::string& topic,
                                                                      const std::string& group) {
  rmq::ReceiveMessageRequest request;
  request.mutable_group()->set_name(group);
  request.mutable_message_queue()->mutable_topic()->set_name(topic);
  request.mutable_message_queue()->set_id(-1);
  request.mutable_filter_expression()->set_type(rmq::TAG);
  request.mutable_filter_expression()->set_expression("*");
  request.set_batch_size(32);
  request.mutable_invisible_duration()->set_seconds(state_->invisible_seconds);
  request.mutable_long_polling_timeout()->set_seconds(kLongPollingSeconds);
  const auto context = make_context(kLongPollingSeconds * 1000 + kCallTimeoutMs);
  const auto stream = state_->stub->ReceiveMessage(context.get(), request);
  std::vector<rmq::Message> messages;
  rmq::ReceiveMessageResponse response;
  while (stream->Read(&response)) {
    if (response.has_message()) {
      messages.push_back(response.message());
    } else if (response.has_status()) {
      const rmq::Code code = response.status().code();
      // TOO_MANY_REQUESTS: the broker opens its store again just now.
      EXPECT_TRUE(code == rmq::OK || code == rmq::MESSAGE_NOT_FOUND ||
                  code == rmq::TOO_MANY_REQUESTS)
          << response.status().ShortDebugString();
    }
  }
  if (!stream->Finish().ok()) return std::nullopt;
  return messages;
}

rmq::Code MessagingClient::ack(const std::string& topic, const std::string& group,
                               const rmq::Message& message) {
  const std::optional<rmq::Code> code = try_ack(topic, group, message);
  EXPECT_TRUE(code.has_value()) << "the server went away";
  return code.value_or(rmq::CODE_UNSPECIFIED);
}

rmq::Code MessagingClient::forward(const std::string& topic, const std::string& group,
                                   const rmq::Message& message) {
  rmq::ForwardMessageToDeadLetterQueueRequest request;
  request.mutable_group()->set_name(group);
  request.mutable_topic()->set_name(topic);
  request.set_message_id(message.system_properties().message_id());
  request.set_receipt_handle(message.system_properties().receipt_handle());
  rmq::ForwardMessageToDeadLetterQueueResponse response;
  const auto context = make_context(kCallTimeoutMs);
  const grpc::Status called =
      state_->stub->ForwardMessageToDeadLetterQueue(context.get(), request, &response);
  EXPECT_TRUE(called.ok()) << called.error_message();
  return response.status().code();
}

std::optional<rmq::Code> MessagingClient::try_ack(const std::string& topic,
                                                  const std::string& group,
                                                  const rmq::Message& message) {
  rmq::AckMessageRequest request;
  request.mutable_group()->set_name(group);
  request.mutable_topic()->set_name(topic);
  rmq::AckMessageEntry* entry = request.add_entries();
  entry->set_message_id(message.system_properties().message_id());
  entry->set_receipt_handle(message.system_properties().receipt_handle());
  rmq::AckMessageResponse response;
  const auto context = make_context(kCallTimeoutMs);
  if (!state_->stub->AckMessage(context.get(), request, &response).ok()) return std::nullopt;
  return response.status().code();
}

std::vector<std::string> MessagingClient::drain(const std::string& topic,
                                                const std::string& group) {
  std::vector<std::string> bodies;
  for (;;) {
    const std::vector<rmq::Message> messages = receive(topic, group);
    if (messages.empty()) return bodies;
    for (const rmq::Message& message : messages) {
      bodies.push_back(message.body());
      EXPECT_EQ(ack(topic, group, message), rmq::OK);
    }
  }
}

}  // namespace petrel::e2e
