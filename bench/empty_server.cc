// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/empty_server.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>

#include "apache/rocketmq/v2/service.grpc.pb.h"
#include "bench/connection.h"

namespace petrel::bench {
namespace {

namespace rmq = apache::rocketmq::v2;

class TelemetryEcho final
    : public grpc::ServerBidiReactor<rmq::TelemetryCommand, rmq::TelemetryCommand> {
 public:
  TelemetryEcho() { StartRead(&command_); }
  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish(grpc::Status::OK);
      return;
    }
    command_.mutable_status()->set_code(rmq::OK);
    StartWrite(&command_);
  }
  void OnWriteDone(bool ok) override {
    if (ok) {
      StartRead(&command_);
    } else {
      Finish(grpc::Status::OK);
    }
  }
  void OnDone() override { delete this; }

 private:
  rmq::TelemetryCommand command_;
};

class NothingReceived final : public grpc::ServerWriteReactor<rmq::ReceiveMessageResponse> {
 public:
  NothingReceived() {
    response_.mutable_status()->set_code(rmq::MESSAGE_NOT_FOUND);
    StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  rmq::ReceiveMessageResponse response_;
};

template <typename Response>
grpc::ServerUnaryReactor* answer_ok(grpc::CallbackServerContext* context, Response* response) {
  response->mutable_status()->set_code(rmq::OK);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace

class EmptyServer::Service final : public rmq::MessagingService::CallbackService {
 public:
  // Where QueryRoute sends clients. Before anybody knows of the server.
  void set_endpoints(const rmq::Endpoints& own) { own_ = own; }

  grpc::ServerUnaryReactor* QueryRoute(grpc::CallbackServerContext* context,
                                       const rmq::QueryRouteRequest* request,
                                       rmq::QueryRouteResponse* response) override {
    constexpr int kQueues = 8;
    for (int id = 0; id < kQueues; ++id) {
      rmq::MessageQueue& queue = *response->add_message_queues();
      *queue.mutable_topic() = request->topic();
      queue.set_id(id);
      queue.set_permission(rmq::READ_WRITE);
      queue.mutable_broker()->set_name("empty");
      *queue.mutable_broker()->mutable_endpoints() = own_;
      queue.add_accept_message_types(rmq::NORMAL);
    }
    return answer_ok(context, response);
  }

  grpc::ServerBidiReactor<rmq::TelemetryCommand, rmq::TelemetryCommand>* Telemetry(
      grpc::CallbackServerContext* /*context*/) override {
    return new TelemetryEcho();
  }

  grpc::ServerWriteReactor<rmq::ReceiveMessageResponse>* ReceiveMessage(
      grpc::CallbackServerContext* /*context*/,
      const rmq::ReceiveMessageRequest* /*request*/) override {
    return new NothingReceived();
  }

  grpc::ServerUnaryReactor* SendMessage(grpc::CallbackServerContext* context,
                                        const rmq::SendMessageRequest* /*request*/,
                                        rmq::SendMessageResponse* response) override {
    return answer_ok(context, response);
  }

  grpc::ServerUnaryReactor* Heartbeat(grpc::CallbackServerContext* context,
                                      const rmq::HeartbeatRequest* /*request*/,
                                      rmq::HeartbeatResponse* response) override {
    return answer_ok(context, response);
  }

  grpc::ServerUnaryReactor* NotifyClientTermination(
      grpc::CallbackServerContext* context, const rmq::NotifyClientTerminationRequest* /*request*/,
      rmq::NotifyClientTerminationResponse* response) override {
    return answer_ok(context, response);
  }

 private:
  rmq::Endpoints own_;
};

EmptyServer::EmptyServer() = default;

EmptyServer::~EmptyServer() {
  if (server_) server_->Shutdown(std::chrono::system_clock::now());
}

absl::StatusOr<std::unique_ptr<EmptyServer>> EmptyServer::start(const std::string& host, int port) {
  const std::string address = host + ":" + std::to_string(port);
  std::unique_ptr<EmptyServer> empty(new EmptyServer());
  empty->service_ = std::make_unique<Service>();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &empty->port_);
  builder.SetMaxReceiveMessageSize(64 << 20);
  builder.RegisterService(empty->service_.get());
  empty->server_ = builder.BuildAndStart();
  if (!empty->server_ || empty->port_ == 0) {
    return absl::UnavailableError("cannot listen on " + address);
  }
  const auto own = parse_endpoint(host + ":" + std::to_string(empty->port_));
  if (!own.ok()) return own.status();
  empty->service_->set_endpoints(*own);
  return empty;
}

}  // namespace petrel::bench
