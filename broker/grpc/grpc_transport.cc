// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/grpc_transport.h"

#include "apache/rocketmq/v2/service.grpc.pb.h"
#include "broker/grpc/grpc_reactors.h"
#include "broker/grpc/grpc_telemetry.h"
#include "broker/grpc/handlers/handlers.h"
#include "broker/grpc/handlers/not_offered.h"
#include "broker/grpc/send_message_pool.h"

namespace petrel::grpcfront {
namespace {

using Context = grpc::CallbackServerContext;
using Unary = grpc::ServerUnaryReactor;

using PullMessageCall = StreamCall<rmq::PullMessageRequest, rmq::PullMessageResponse>;

// Every method hands its call to dispatch.h, by way of a reactor.
class MessagingService final : public rmq::MessagingService::CallbackService {
 public:
  explicit MessagingService(FrontEnd& front) : front_(front) {
    SetMessageAllocatorFor_SendMessage(&send_messages_);
  }

  Unary* QueryRoute(Context* context, const rmq::QueryRouteRequest* request,
                    rmq::QueryRouteResponse* response) override {
    return unary<QueryRouteCall>(Rpc::kQueryRoute, query_route, context, request, response);
  }
  Unary* QueryAssignment(Context* context, const rmq::QueryAssignmentRequest* request,
                         rmq::QueryAssignmentResponse* response) override {
    return unary<QueryAssignmentCall>(Rpc::kQueryAssignment, query_assignment, context, request,
                                      response);
  }
  Unary* Heartbeat(Context* context, const rmq::HeartbeatRequest* request,
                   rmq::HeartbeatResponse* response) override {
    return unary<HeartbeatCall>(Rpc::kHeartbeat, heartbeat, context, request, response);
  }
  Unary* SendMessage(Context* context, const rmq::SendMessageRequest* request,
                     rmq::SendMessageResponse* response) override {
    return unary<SendMessageCall>(Rpc::kSendMessage, send_message, context, request, response);
  }
  Unary* AckMessage(Context* context, const rmq::AckMessageRequest* request,
                    rmq::AckMessageResponse* response) override {
    return unary<AckMessageCall>(Rpc::kAckMessage, ack_message, context, request, response);
  }
  Unary* ChangeInvisibleDuration(Context* context,
                                 const rmq::ChangeInvisibleDurationRequest* request,
                                 rmq::ChangeInvisibleDurationResponse* response) override {
    return unary<ChangeInvisibleCall>(Rpc::kChangeInvisibleDuration, change_invisible_duration,
                                      context, request, response);
  }
  Unary* NotifyClientTermination(Context* context,
                                 const rmq::NotifyClientTerminationRequest* request,
                                 rmq::NotifyClientTerminationResponse* response) override {
    return unary<NotifyTerminationCall>(Rpc::kNotifyClientTermination, notify_client_termination,
                                        context, request, response);
  }
  grpc::ServerWriteReactor<rmq::ReceiveMessageResponse>* ReceiveMessage(
      Context* context, const rmq::ReceiveMessageRequest* request) override {
    return StreamReactor<ReceiveMessageCall>::start(front_, Rpc::kReceiveMessage, receive_message,
                                                    context, request);
  }
  grpc::ServerBidiReactor<rmq::TelemetryCommand, rmq::TelemetryCommand>* Telemetry(
      Context* context) override {
    return start_telemetry(front_, context);
  }

  Unary* ForwardMessageToDeadLetterQueue(
      Context* context, const rmq::ForwardMessageToDeadLetterQueueRequest* request,
      rmq::ForwardMessageToDeadLetterQueueResponse* response) override {
    return unary<ForwardToDeadLettersCall>(Rpc::kForwardToDeadLetters, forward_to_dead_letters,
                                           context, request, response);
  }
  Unary* UpdateOffset(Context* context, const rmq::UpdateOffsetRequest* request,
                      rmq::UpdateOffsetResponse* response) override {
    return refuse(context, request, response);
  }
  Unary* GetOffset(Context* context, const rmq::GetOffsetRequest* request,
                   rmq::GetOffsetResponse* response) override {
    return refuse(context, request, response);
  }
  Unary* QueryOffset(Context* context, const rmq::QueryOffsetRequest* request,
                     rmq::QueryOffsetResponse* response) override {
    return refuse(context, request, response);
  }
  Unary* EndTransaction(Context* context, const rmq::EndTransactionRequest* request,
                        rmq::EndTransactionResponse* response) override {
    return refuse(context, request, response);
  }
  Unary* RecallMessage(Context* context, const rmq::RecallMessageRequest* request,
                       rmq::RecallMessageResponse* response) override {
    return refuse(context, request, response);
  }
  Unary* SyncLiteSubscription(Context* context, const rmq::SyncLiteSubscriptionRequest* request,
                              rmq::SyncLiteSubscriptionResponse* response) override {
    return refuse(context, request, response);
  }
  grpc::ServerWriteReactor<rmq::PullMessageResponse>* PullMessage(
      Context* context, const rmq::PullMessageRequest* request) override {
    return StreamReactor<PullMessageCall>::start(front_, Rpc::kOther, not_offered<PullMessageCall>,
                                                 context, request);
  }

 private:
  template <typename CallT>
  Unary* unary(Rpc rpc, Handler<CallT> handler, Context* context,
               const typename CallT::Request* request, typename CallT::Response* response) {
    return UnaryReactor<CallT>::start(front_, rpc, handler, context, request, response);
  }
  template <typename Request, typename Response>
  Unary* refuse(Context* context, const Request* request, Response* response) {
    using Refused = UnaryCall<Request, Response>;
    return unary<Refused>(Rpc::kOther, not_offered<Refused>, context, request, response);
  }

  FrontEnd& front_;
  SendMessagePool send_messages_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_messaging_service(FrontEnd& front) {
  return std::make_unique<MessagingService>(front);
}

}  // namespace petrel::grpcfront
