// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/grpc_transport.h"

#include "apache/rocketmq/v2/service.grpc.pb.h"
#include "broker/grpc/grpc_reactors.h"
#include "broker/grpc/grpc_telemetry.h"
#include "broker/grpc/handlers/handlers.h"
#include "broker/grpc/send_message_pool.h"

namespace petrel::grpcfront {
namespace {

using Context = grpc::CallbackServerContext;
using Unary = grpc::ServerUnaryReactor;

using PullMessageCall = StreamCall<rmq::PullMessageRequest, rmq::PullMessageResponse>;

Verdict refusal(const CallContext& context, std::string_view rpc) {
  Verdict verdict = check_context(context);
  return verdict.ok() ? not_implemented(rpc) : verdict;
}

class PullRefusal final : public StreamBody<rmq::PullMessageResponse> {
 public:
  explicit PullRefusal(Verdict verdict) : verdict_(std::move(verdict)) {}
  bool next(rmq::PullMessageResponse& into) override {
    set_status(verdict_, into.mutable_status());
    return false;
  }
  void closed(bool) override {}

 private:
  const Verdict verdict_;
};

void refuse_pull(FrontEnd&, PullMessageCall& call) {
  call.send(std::make_unique<PullRefusal>(refusal(call.context(), "PullMessage")));
}

class MessagingService final : public rmq::MessagingService::CallbackService {
 public:
  explicit MessagingService(FrontEnd& front) : front_(front) {
    SetMessageAllocatorFor_SendMessage(&send_messages_);
  }

  Unary* QueryRoute(Context* context, const rmq::QueryRouteRequest* request,
                    rmq::QueryRouteResponse* response) override {
    return UnaryReactor<QueryRouteCall>::start(front_, Rpc::kQueryRoute, query_route, context,
                                               request, response);
  }
  Unary* QueryAssignment(Context* context, const rmq::QueryAssignmentRequest* request,
                         rmq::QueryAssignmentResponse* response) override {
    return UnaryReactor<QueryAssignmentCall>::start(front_, Rpc::kQueryAssignment, query_assignment,
                                                    context, request, response);
  }
  Unary* Heartbeat(Context* context, const rmq::HeartbeatRequest* request,
                   rmq::HeartbeatResponse* response) override {
    return UnaryReactor<HeartbeatCall>::start(front_, Rpc::kHeartbeat, heartbeat, context, request,
                                              response);
  }
  Unary* SendMessage(Context* context, const rmq::SendMessageRequest* request,
                     rmq::SendMessageResponse* response) override {
    return UnaryReactor<SendMessageCall>::start(front_, Rpc::kSendMessage, send_message, context,
                                                request, response);
  }
  grpc::ServerWriteReactor<rmq::ReceiveMessageResponse>* ReceiveMessage(
      Context* context, const rmq::ReceiveMessageRequest* request) override {
    return StreamReactor<ReceiveMessageCall>::start(front_, receive_message, context, request);
  }
  Unary* AckMessage(Context* context, const rmq::AckMessageRequest* request,
                    rmq::AckMessageResponse* response) override {
    return UnaryReactor<AckMessageCall>::start(front_, Rpc::kAckMessage, ack_message, context,
                                               request, response);
  }
  Unary* ChangeInvisibleDuration(Context* context,
                                 const rmq::ChangeInvisibleDurationRequest* request,
                                 rmq::ChangeInvisibleDurationResponse* response) override {
    return UnaryReactor<ChangeInvisibleCall>::start(front_, Rpc::kChangeInvisibleDuration,
                                                    change_invisible_duration, context, request,
                                                    response);
  }
  Unary* NotifyClientTermination(Context* context,
                                 const rmq::NotifyClientTerminationRequest* request,
                                 rmq::NotifyClientTerminationResponse* response) override {
    return UnaryReactor<NotifyTerminationCall>::start(front_, Rpc::kNotifyClientTermination,
                                                      notify_client_termination, context, request,
                                                      response);
  }
  grpc::ServerBidiReactor<rmq::TelemetryCommand, rmq::TelemetryCommand>* Telemetry(
      Context* context) override {
    return start_telemetry(front_, context);
  }

  Unary* ForwardMessageToDeadLetterQueue(
      Context* context, const rmq::ForwardMessageToDeadLetterQueueRequest*,
      rmq::ForwardMessageToDeadLetterQueueResponse* response) override {
    return refuse(context, response, "ForwardMessageToDeadLetterQueue");
  }
  grpc::ServerWriteReactor<rmq::PullMessageResponse>* PullMessage(
      Context* context, const rmq::PullMessageRequest* request) override {
    return StreamReactor<PullMessageCall>::start(front_, refuse_pull, context, request);
  }
  Unary* UpdateOffset(Context* context, const rmq::UpdateOffsetRequest*,
                      rmq::UpdateOffsetResponse* response) override {
    return refuse(context, response, "UpdateOffset");
  }
  Unary* GetOffset(Context* context, const rmq::GetOffsetRequest*,
                   rmq::GetOffsetResponse* response) override {
    return refuse(context, response, "GetOffset");
  }
  Unary* QueryOffset(Context* context, const rmq::QueryOffsetRequest*,
                     rmq::QueryOffsetResponse* response) override {
    return refuse(context, response, "QueryOffset");
  }
  Unary* EndTransaction(Context* context, const rmq::EndTransactionRequest*,
                        rmq::EndTransactionResponse* response) override {
    return refuse(context, response, "EndTransaction");
  }
  Unary* RecallMessage(Context* context, const rmq::RecallMessageRequest*,
                       rmq::RecallMessageResponse* response) override {
    return refuse(context, response, "RecallMessage");
  }
  Unary* SyncLiteSubscription(Context* context, const rmq::SyncLiteSubscriptionRequest*,
                              rmq::SyncLiteSubscriptionResponse* response) override {
    return refuse(context, response, "SyncLiteSubscription");
  }

 private:
  template <typename Response>
  Unary* refuse(Context* context, Response* response, std::string_view rpc) {
    const Verdict verdict = refusal(read_context(*context), rpc);
    set_status(verdict, response->mutable_status());
    front_.metrics.finished(Rpc::kOther, verdict.code, 0);
    Unary* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  FrontEnd& front_;
  SendMessagePool send_messages_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_messaging_service(FrontEnd& front) {
  return std::make_unique<MessagingService>(front);
}

}  // namespace petrel::grpcfront
