// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/server_callback.h>

#include <string>

#include "broker/admin/admin_service.h"
#include "broker/core/principal.h"
#include "petrel/admin/v1/admin.pb.h"

namespace petrel::broker {

// One call of the administration service, to be finished once, from any thread.
struct AdminCall {
  grpc::ServerUnaryReactor* reactor = nullptr;
  core::Principal principal = {};  // who has logged in: nobody can, so far
  std::string peer = {};           // where the call came from, as gRPC writes it
};

// What each RPC does, for callers who may. Nothing here blocks. Request and response live until the
// call is finished.
class AdminHandlers {
 public:
  explicit AdminHandlers(AdminParts parts) : parts_(std::move(parts)) {}

  void describe_broker(const AdminCall& call, const admin::v1::DescribeBrokerRequest& request,
                       admin::v1::DescribeBrokerResponse& response);
  void list_topics(const AdminCall& call, const admin::v1::ListTopicsRequest& request,
                   admin::v1::ListTopicsResponse& response);
  void apply_topics(const AdminCall& call, const admin::v1::ApplyTopicsRequest& request,
                    admin::v1::ApplyTopicsResponse& response);
  void delete_topics(const AdminCall& call, const admin::v1::DeleteTopicsRequest& request,
                     admin::v1::DeleteTopicsResponse& response);
  void list_groups(const AdminCall& call, const admin::v1::ListGroupsRequest& request,
                   admin::v1::ListGroupsResponse& response);
  void apply_groups(const AdminCall& call, const admin::v1::ApplyGroupsRequest& request,
                    admin::v1::ApplyGroupsResponse& response);
  void delete_groups(const AdminCall& call, const admin::v1::DeleteGroupsRequest& request,
                     admin::v1::DeleteGroupsResponse& response);
  void list_clients(const AdminCall& call, const admin::v1::ListClientsRequest& request,
                    admin::v1::ListClientsResponse& response);
  void query_messages(const AdminCall& call, const admin::v1::QueryMessagesRequest& request,
                      admin::v1::QueryMessagesResponse& response);
  void get_message(const AdminCall& call, const admin::v1::GetMessageRequest& request,
                   admin::v1::GetMessageResponse& response);
  void browse_messages(const AdminCall& call, const admin::v1::BrowseMessagesRequest& request,
                       admin::v1::BrowseMessagesResponse& response);
  void restart_engine(const AdminCall& call, const admin::v1::RestartEngineRequest& request,
                      admin::v1::RestartEngineResponse& response);
  grpc::ServerWriteReactor<admin::v1::ConfigChanged>* watch_config() {
    return parts_.watchers.watch();
  }

 private:
  template <typename RequestT, typename PrepareT, typename FillT>
  void ask(const AdminCall& call, PrepareT prepare, FillT fill);
  template <typename AnswerT>
  void read(const AdminCall& call, AnswerT answer);

  const AdminParts parts_;
};

}  // namespace petrel::broker
