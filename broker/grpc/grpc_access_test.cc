// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// Callers who may not: the service behind a real connection.

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "apache/rocketmq/v2/service.grpc.pb.h"
#include "broker/frontend/testing/deny.h"
#include "broker/grpc/grpc_transport.h"
#include "broker/grpc/testing/test_front.h"
#include "common/concat.h"
#include "gtest/gtest.h"

namespace petrel::grpcfront {
namespace {

class GrpcAccess : public testing::Test {
 protected:
  void serve(const frontend::Access& access) {
    front_.reset(new FrontEnd{.options = t_.front.options,
                              .clock = t_.clock,
                              .core = t_.core,
                              .registry = t_.registry,
                              .clients = t_.clients,
                              .access = access,
                              .routes = t_.routes,
                              .deliveries = t_.deliveries,
                              .answers_under_way = t_.answers_under_way,
                              .undescribed_streams = t_.undescribed_streams,
                              .metrics = t_.metrics});
    service_ = make_messaging_service(*front_);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    channel_ = grpc::CreateChannel(concat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
  }
  void TearDown() override {
    server_->Shutdown();
    server_->Wait();
    EXPECT_TRUE(t_.core.posted.empty());
    EXPECT_EQ(t_.routes.asked, "");
    EXPECT_EQ(t_.clients.size(), 0U);
  }

  static void prepare(grpc::ClientContext& context) {
    context.AddMetadata("x-mq-client-id", "client-1");
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  }

  // The first message that answers an empty request.
  struct Answer {
    bool there = false;
    grpc::ByteBuffer bytes;
    grpc::Status status;
  };
  Answer call(const google::protobuf::MethodDescriptor& method) {
    grpc::ClientContext context;
    prepare(context);
    grpc::CompletionQueue queue;
    const auto next = [&queue] {
      void* tag = nullptr;
      bool ok = false;
      EXPECT_TRUE(queue.Next(&tag, &ok));
      return ok;
    };
    grpc::GenericStub stub(channel_);
    const auto stream = stub.PrepareCall(
        &context, concat("/", method.service()->full_name(), "/", method.name()), &queue);
    int tag = 0;
    stream->StartCall(&tag);
    EXPECT_TRUE(next());
    grpc::Slice none;
    stream->WriteLast(grpc::ByteBuffer(&none, 1), grpc::WriteOptions(), &tag);
    next();  // false when the call was refused before its request came
    Answer answer;
    stream->Read(&answer.bytes, &tag);
    answer.there = next();
    stream->Finish(&answer.status, &tag);
    next();
    return answer;
  }
  static int status_code(const google::protobuf::MethodDescriptor& method,
                         const grpc::ByteBuffer& bytes) {
    std::unique_ptr<google::protobuf::Message> message(
        google::protobuf::MessageFactory::generated_factory()
            ->GetPrototype(method.output_type())
            ->New());
    std::vector<grpc::Slice> slices;
    EXPECT_TRUE(bytes.Dump(&slices).ok());
    std::string text;
    for (const grpc::Slice& slice : slices) {
      text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
    EXPECT_TRUE(message->ParseFromString(text));
    const auto* field = method.output_type()->FindFieldByName("status");
    const auto& status =
        dynamic_cast<const rmq::Status&>(message->GetReflection()->GetMessage(*message, field));
    return status.code();
  }

  TestFront t_;
  std::unique_ptr<FrontEnd> front_;
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(GrpcAccess, EveryRpcOfTheServiceAsksFirst) {
  const frontend::Deny deny;
  serve(deny);
  const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      "apache.rocketmq.v2.MessagingService");
  ASSERT_NE(service, nullptr);
  ASSERT_GE(service->method_count(), 17);
  for (int i = 0; i < service->method_count(); ++i) {
    const auto& method = *service->method(i);
    SCOPED_TRACE(method.name());
    const size_t asked = deny.asked().size();
    const Answer answer = call(method);
    ASSERT_TRUE(answer.there) << answer.status.error_message();
    EXPECT_EQ(status_code(method, answer.bytes), rmq::FORBIDDEN);
    EXPECT_EQ(deny.asked().size(), asked + 1);
    EXPECT_EQ(answer.status.error_code(), method.client_streaming()
                                              ? grpc::StatusCode::PERMISSION_DENIED
                                              : grpc::StatusCode::OK);
  }
}

TEST_F(GrpcAccess, ATelemetryStreamIsAskedForEachOfItsCommands) {
  const frontend::Deny deny(frontend::ResourceKind::kTopic, "secret");
  serve(deny);
  const auto stub = rmq::MessagingService::NewStub(channel_);
  grpc::ClientContext context;
  prepare(context);
  const auto stream = stub->Telemetry(&context);
  rmq::TelemetryCommand command;
  command.mutable_settings()->set_client_type(rmq::PRODUCER);
  command.mutable_settings()->mutable_publishing()->add_topics()->set_name("secret");
  ASSERT_TRUE(stream->Write(command));
  rmq::TelemetryCommand reply;
  ASSERT_TRUE(stream->Read(&reply));
  EXPECT_EQ(reply.status().code(), rmq::FORBIDDEN);
  EXPECT_FALSE(stream->Read(&reply));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

}  // namespace
}  // namespace petrel::grpcfront
