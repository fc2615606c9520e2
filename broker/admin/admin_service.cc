// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/admin/admin_service.h"

#include <utility>

#include "broker/admin/admin_handlers.h"
#include "broker/admin/admin_messages.h"
#include "broker/admin/admin_needs.h"
#include "petrel/admin/v1/admin.grpc.pb.h"

namespace petrel::broker {
namespace {

namespace v1 = admin::v1;
using Context = grpc::CallbackServerContext;
using Unary = grpc::ServerUnaryReactor;

// A stream that ends at once.
template <typename ResponseT>
class EndedStream final : public grpc::ServerWriteReactor<ResponseT> {
 public:
  explicit EndedStream(const grpc::Status& status) { this->Finish(status); }

 private:
  void OnDone() override { delete this; }
};

// The calls of the gRPC library, each handed to its handler by hand() or, if it is a stream,
// hand_stream(): where it is asked whether the caller may.
class AdminService final : public v1::BrokerAdmin::CallbackService {
 public:
  explicit AdminService(AdminParts parts) : access_(parts.access), handlers_(std::move(parts)) {}

  Unary* DescribeBroker(Context* context, const v1::DescribeBrokerRequest* request,
                        v1::DescribeBrokerResponse* response) override {
    return hand(context, &AdminHandlers::describe_broker, request, response);
  }
  Unary* ListTopics(Context* context, const v1::ListTopicsRequest* request,
                    v1::ListTopicsResponse* response) override {
    return hand(context, &AdminHandlers::list_topics, request, response);
  }
  Unary* ApplyTopics(Context* context, const v1::ApplyTopicsRequest* request,
                     v1::ApplyTopicsResponse* response) override {
    return hand(context, &AdminHandlers::apply_topics, request, response);
  }
  Unary* DeleteTopics(Context* context, const v1::DeleteTopicsRequest* request,
                      v1::DeleteTopicsResponse* response) override {
    return hand(context, &AdminHandlers::delete_topics, request, response);
  }
  Unary* ListGroups(Context* context, const v1::ListGroupsRequest* request,
                    v1::ListGroupsResponse* response) override {
    // Before it is asked whether the caller may: what it needs is plain only then.
    if (const absl::Status sound = validate(*request); !sound.ok()) {
      Unary* const refused = context->DefaultReactor();  // a second call would make another one
      refused->Finish(to_status(sound));
      return refused;
    }
    return hand(context, &AdminHandlers::list_groups, request, response);
  }
  Unary* ApplyGroups(Context* context, const v1::ApplyGroupsRequest* request,
                     v1::ApplyGroupsResponse* response) override {
    return hand(context, &AdminHandlers::apply_groups, request, response);
  }
  Unary* DeleteGroups(Context* context, const v1::DeleteGroupsRequest* request,
                      v1::DeleteGroupsResponse* response) override {
    return hand(context, &AdminHandlers::delete_groups, request, response);
  }
  Unary* ListClients(Context* context, const v1::ListClientsRequest* request,
                     v1::ListClientsResponse* response) override {
    return hand(context, &AdminHandlers::list_clients, request, response);
  }
  Unary* QueryMessages(Context* context, const v1::QueryMessagesRequest* request,
                       v1::QueryMessagesResponse* response) override {
    return hand(context, &AdminHandlers::query_messages, request, response);
  }
  Unary* GetMessage(Context* context, const v1::GetMessageRequest* request,
                    v1::GetMessageResponse* response) override {
    return hand(context, &AdminHandlers::get_message, request, response);
  }
  Unary* BrowseMessages(Context* context, const v1::BrowseMessagesRequest* request,
                        v1::BrowseMessagesResponse* response) override {
    return hand(context, &AdminHandlers::browse_messages, request, response);
  }
  Unary* RestartEngine(Context* context, const v1::RestartEngineRequest* request,
                       v1::RestartEngineResponse* response) override {
    return hand(context, &AdminHandlers::restart_engine, request, response);
  }
  grpc::ServerWriteReactor<v1::ConfigChanged>* WatchConfig(
      Context* /*context*/, const v1::WatchConfigRequest* request) override {
    return hand_stream(&AdminHandlers::watch_config, *request);
  }

 private:
  template <typename RequestT, typename ResponseT>
  using Handler = void (AdminHandlers::*)(const AdminCall&, const RequestT&, ResponseT&);

  template <typename RequestT, typename ResponseT>
  Unary* hand(Context* context, Handler<RequestT, ResponseT> handler, const RequestT* request,
              ResponseT* response) {
    const AdminCall call{.reactor = context->DefaultReactor(), .peer = context->peer()};
    const core::Outcome may = frontend::authorize_all(access_, call.principal, needs_of(*request));
    if (may.ok()) {
      (handlers_.*handler)(call, *request, *response);
    } else {
      call.reactor->Finish(to_status(may));
    }
    return call.reactor;
  }

  template <typename RequestT, typename ResponseT>
  grpc::ServerWriteReactor<ResponseT>* hand_stream(
      grpc::ServerWriteReactor<ResponseT>* (AdminHandlers::*handler)(), const RequestT& request) {
    const core::Outcome may = frontend::authorize_all(access_, {}, needs_of(request));
    if (!may.ok()) {
      return new EndedStream<ResponseT>(to_status(may));
    }
    return (handlers_.*handler)();
  }

  const frontend::Access& access_;
  AdminHandlers handlers_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_admin_service(AdminParts parts) {
  return std::make_unique<AdminService>(std::move(parts));
}

}  // namespace petrel::broker
