// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/grpc_transport.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <thread>

#include "apache/rocketmq/v2/service.grpc.pb.h"
#include "broker/grpc/testing/test_front.h"
#include "common/concat.h"
#include "common/mutex.h"
#include "gtest/gtest.h"

namespace petrel::grpcfront {
namespace {

// Requests from the library's threads, handed to the test.
class WaitingCore final : public core::CorePort {
 public:
  bool try_post(std::unique_ptr<core::Request>& request) override {
    post_internal(std::move(request));
    return true;
  }
  void post_internal(std::unique_ptr<core::Request> request) override {
    const MutexLock lock(mutex_);
    posted_.push_back(std::move(request));
    arrived_.notify_all();
  }
  template <typename RequestT>
  std::unique_ptr<RequestT> take() {
    const MutexLock lock(mutex_);
    while (posted_.empty()) {
      arrived_.wait(mutex_);
    }
    std::unique_ptr<core::Request> request = std::move(posted_.front());
    posted_.erase(posted_.begin());
    return std::unique_ptr<RequestT>(&dynamic_cast<RequestT&>(*request.release()));
  }

 private:
  Mutex mutex_;
  CondVar arrived_;
  std::vector<std::unique_ptr<core::Request>> posted_ ABSL_GUARDED_BY(mutex_);
};

// The service behind a real connection.
class Transport : public testing::Test {
 protected:
  Transport() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = rmq::MessagingService::NewStub(
        grpc::CreateChannel(concat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  }
  ~Transport() override { server_->Shutdown(); }

  static void prepare(grpc::ClientContext& context, int seconds = 30) {
    context.AddMetadata("x-mq-client-id", "client-1");
    context.AddMetadata("x-mq-language", "CPP");
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(seconds));
  }
  static rmq::ReceiveMessageRequest receive_request() {
    rmq::ReceiveMessageRequest request;
    request.mutable_group()->set_name("g");
    request.mutable_message_queue()->mutable_topic()->set_name("orders");
    request.mutable_message_queue()->set_id(-1);
    request.set_batch_size(4);
    request.mutable_invisible_duration()->set_seconds(30);
    return request;
  }
  // One delivery of a message with this body, read from `record_`.
  void deliver(core::ReceiveRequest& request, const std::string& body) {
    record_ = *store::encode_record({.topic = "orders", .body = body});
    request.deliveries.push_back(
        {.handle = {.delivery_id = 5}, .record_size = static_cast<int32_t>(record_.size())});
    request.deliveries[0].record = store::LogSlice(nullptr, record_);
  }

  TestFront t_;
  WaitingCore core_;
  frontend::DeliveryLoader deliveries_{
      core_, t_.clients, [this](store::LogOffset offset, int32_t) { return t_.read(offset); },
      t_.readers, t_.answer_memory};
  FrontEnd front_{.options = {.broker_name = "broker-a"},
                  .clock = t_.clock,
                  .core = core_,
                  .registry = t_.registry,
                  .clients = t_.clients,
                  .access = t_.access,
                  .routes = t_.routes,
                  .deliveries = deliveries_,
                  .answers_under_way = t_.answers_under_way,
                  .undescribed_streams = t_.undescribed_streams,
                  .metrics = t_.metrics};
  std::unique_ptr<grpc::Service> service_ = make_messaging_service(front_);
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<rmq::MessagingService::Stub> stub_;
  std::string record_;
};

TEST_F(Transport, CarriesASendAndItsAnswer) {
  for (int i = 0; i < 3; ++i) {  // later ones in recycled messages
    std::thread core([&] {
      const auto send = core_.take<core::SendRequest>();
      EXPECT_EQ(send->topic, "orders");
      EXPECT_EQ(send->messages.size(), 1U);
      send->messages[0].queue_offset = store::QueueOffset(i);
      send->complete();
    });
    rmq::SendMessageRequest request;
    rmq::Message* message = request.add_messages();
    message->mutable_topic()->set_name("orders");
    message->set_body("hello");
    message->mutable_system_properties()->set_message_id("id");
    rmq::SendMessageResponse response;
    grpc::ClientContext context;
    prepare(context);
    const grpc::Status status = stub_->SendMessage(&context, request, &response);
    core.join();
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.status().code(), rmq::OK);
    ASSERT_EQ(response.entries_size(), 1);
    EXPECT_EQ(response.entries(0).offset(), i);
  }
}

TEST_F(Transport, ClientsWithoutAnIdAreToldInBand) {
  rmq::HeartbeatResponse heartbeat;
  grpc::ClientContext context;
  EXPECT_TRUE(stub_->Heartbeat(&context, {}, &heartbeat).ok());
  EXPECT_EQ(heartbeat.status().code(), rmq::CLIENT_ID_REQUIRED);
  rmq::RecallMessageResponse recall;
  grpc::ClientContext recall_context;
  EXPECT_TRUE(stub_->RecallMessage(&recall_context, {}, &recall).ok());
  EXPECT_EQ(recall.status().code(), rmq::CLIENT_ID_REQUIRED);
}

TEST_F(Transport, WhatIsNotOfferedIsAnsweredInBand) {
  rmq::EndTransactionResponse end;
  grpc::ClientContext context;
  prepare(context);
  EXPECT_TRUE(stub_->EndTransaction(&context, {}, &end).ok());
  EXPECT_EQ(end.status().code(), rmq::NOT_IMPLEMENTED);

  grpc::ClientContext pull_context;
  prepare(pull_context);
  const auto reader = stub_->PullMessage(&pull_context, {});
  rmq::PullMessageResponse pull;
  ASSERT_TRUE(reader->Read(&pull));
  EXPECT_EQ(pull.status().code(), rmq::NOT_IMPLEMENTED);
  EXPECT_FALSE(reader->Read(&pull));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(Transport, StreamsAReceive) {
  grpc::ClientContext context;
  prepare(context);
  const auto reader = stub_->ReceiveMessage(&context, receive_request());
  const auto receive = core_.take<core::ReceiveRequest>();
  deliver(*receive, "hello");
  receive->complete();
  rmq::ReceiveMessageResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status().code(), rmq::OK);
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.message().body(), "hello");
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_TRUE(response.has_delivery_timestamp());
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(Transport, AClientThatGoesAwayCancelsAndLosesNothing) {
  grpc::ClientContext context;
  prepare(context);
  const auto reader = stub_->ReceiveMessage(&context, receive_request());
  const auto receive = core_.take<core::ReceiveRequest>();
  context.TryCancel();
  const auto cancel = core_.take<core::CancelReceive>();
  // The core had taken a message for it already.
  deliver(*receive, "hello");
  receive->complete();
  EXPECT_EQ(core_.take<core::GiveBackRequest>()->handles.size(), 1U);
  EXPECT_FALSE(reader->Finish().ok());
}

TEST_F(Transport, AnAnswerThatItsClientDoesNotReadEndsAndIsGivenBack) {
  grpc::ClientContext context;
  prepare(context);
  const auto reader = stub_->ReceiveMessage(&context, receive_request());
  const auto receive = core_.take<core::ReceiveRequest>();
  deliver(*receive, std::string(3 << 20, 'x'));  // more than buffers on the way take
  receive->complete();
  rmq::ReceiveMessageResponse response;
  ASSERT_TRUE(reader->Read(&response));  // the status, and no message
  EXPECT_EQ(t_.answers_under_way.running(), 1U);
  EXPECT_GT(t_.answer_memory.held_bytes(), 6 << 20);
  t_.clock.advance_ms(14'999);
  t_.answers_under_way.expire();
  EXPECT_EQ(t_.answers_under_way.running(), 1U);
  t_.clock.advance_ms(15'001);
  t_.answers_under_way.expire();
  EXPECT_EQ(core_.take<core::GiveBackRequest>()->handles.size(), 1U);
  while (reader->Read(&response)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(Transport, AStreamThatNeverSaysWhoItsClientIsEnds) {
  grpc::ClientContext context;
  prepare(context);
  const auto stream = stub_->Telemetry(&context);
  rmq::TelemetryCommand command;  // neither settings nor anything else
  ASSERT_TRUE(stream->Write(command));
  while (t_.undescribed_streams.running() == 0) {
    std::this_thread::yield();
  }
  t_.clock.advance_ms(10'001);
  t_.undescribed_streams.expire();
  rmq::TelemetryCommand reply;
  EXPECT_FALSE(stream->Read(&reply));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(Transport, TelemetryAnswersAndEndsWithTheClient) {
  grpc::ClientContext context;
  prepare(context);
  const auto stream = stub_->Telemetry(&context);
  rmq::TelemetryCommand command;
  command.mutable_settings()->set_client_type(rmq::PRODUCER);
  command.mutable_settings()->mutable_publishing();
  ASSERT_TRUE(stream->Write(command));
  rmq::TelemetryCommand reply;
  ASSERT_TRUE(stream->Read(&reply));
  EXPECT_EQ(reply.status().code(), rmq::OK);
  EXPECT_TRUE(t_.clients.connected("client-1"));

  t_.clients.ask_to_reconnect("broker:8081");
  ASSERT_TRUE(stream->Read(&reply));
  EXPECT_EQ(reply.reconnect_endpoints_command().nonce(), "broker:8081");

  EXPECT_TRUE(stream->WritesDone());
  EXPECT_FALSE(stream->Read(&reply));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(Transport, BadSettingsEndTheStreamWithInvalidArgument) {
  grpc::ClientContext context;
  prepare(context);
  const auto stream = stub_->Telemetry(&context);
  rmq::TelemetryCommand command;
  command.mutable_settings()->set_client_type(rmq::PRODUCER);
  ASSERT_TRUE(stream->Write(command));
  rmq::TelemetryCommand reply;
  ASSERT_TRUE(stream->Read(&reply));
  EXPECT_EQ(reply.status().code(), rmq::BAD_REQUEST);
  EXPECT_FALSE(stream->Read(&reply));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace petrel::grpcfront
