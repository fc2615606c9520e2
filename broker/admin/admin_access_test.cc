// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// Callers who may not: the administration service behind a real connection.

#include <google/protobuf/descriptor.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "broker/admin/admin_needs.h"
#include "broker/admin/admin_service.h"
#include "broker/frontend/client_registry.h"
#include "broker/frontend/testing/deny.h"
#include "common/concat.h"
#include "gtest/gtest.h"

namespace petrel::broker {
namespace {

namespace v1 = admin::v1;
using frontend::Action;
using frontend::ResourceKind;

class NoReplies final : public core::ReplySink {
 public:
  void deliver(std::vector<std::unique_ptr<core::Request>>) override {}
};

// A service that refuses all, over an engine that was never started.
class AdminAccess : public testing::Test {
 protected:
  AdminAccess() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    channel_ = grpc::CreateChannel(concat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
  }
  ~AdminAccess() override {
    server_->Shutdown();
    server_->Wait();
  }

  // How an empty request ends.
  grpc::Status call(const google::protobuf::MethodDescriptor& method) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    grpc::CompletionQueue queue;
    const auto next = [&queue] {
      void* tag = nullptr;
      bool ok = false;
      EXPECT_TRUE(queue.Next(&tag, &ok));
    };
    grpc::GenericStub stub(channel_);
    const auto stream = stub.PrepareCall(
        &context, concat("/", method.service()->full_name(), "/", method.name()), &queue);
    int tag = 0;
    stream->StartCall(&tag);
    next();
    grpc::Slice none;
    stream->WriteLast(grpc::ByteBuffer(&none, 1), grpc::WriteOptions(), &tag);
    next();
    grpc::Status status;
    stream->Finish(&status, &tag);
    next();
    return status;
  }

  SystemClock clock_;
  std::unique_ptr<store::Disk> disk_ = store::make_posix_disk();
  frontend::ClientRegistry clients_{clock_};
  NoReplies replies_;
  core::Registry registry_;
  engine::EngineHost engine_{{.assembly = {.core = {}, .store = {}}},
                             {.core = {.disk = *disk_,
                                       .clock = clock_,
                                       .liveness = clients_,
                                       .replies = replies_,
                                       .registry = registry_},
                              .failed = [](const absl::Status&) {}}};
  ConfigWatchers watchers_{registry_};
  frontend::Deny deny_;
  std::unique_ptr<grpc::Service> service_ = make_admin_service(
      {.description = {},
       .access = deny_,
       .engine = engine_.slot(),
       .readers = engine_.slot(),
       .restart_engine = [](engine::Engine::How, auto) { ADD_FAILURE() << "restarted"; },
       .registry = registry_,
       .watchers = watchers_,
       .clients = clients_});
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(AdminAccess, EveryRpcOfTheServiceAsksFirst) {
  const auto* service =
      v1::DescribeBrokerRequest::descriptor()->file()->FindServiceByName("BrokerAdmin");
  ASSERT_NE(service, nullptr);
  ASSERT_GE(service->method_count(), 11);
  for (int i = 0; i < service->method_count(); ++i) {
    SCOPED_TRACE(service->method(i)->name());
    const size_t asked = deny_.asked().size();
    const grpc::Status status = call(*service->method(i));
    // An engine that does not serve would say UNAVAILABLE, had it been asked.
    EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(status.error_message(), "not for you");
    EXPECT_EQ(deny_.asked().size(), asked + 1);
  }
}

void expect(const Needs& needs, Action action, ResourceKind kind,
            const std::vector<std::string>& names) {
  ASSERT_EQ(needs.size(), names.size());
  for (size_t i = 0; i < needs.size(); ++i) {
    EXPECT_EQ(needs[i].action, action);
    EXPECT_EQ(needs[i].kind, kind);
    EXPECT_EQ(needs[i].name, names[i]);
  }
}

TEST(AdminNeeds, NameEachTopicAndGroup) {
  v1::ApplyTopicsRequest apply_topics;
  apply_topics.add_topics()->set_name("a");
  apply_topics.add_topics()->set_name("b");
  expect(needs_of(apply_topics), Action::kCreate, ResourceKind::kTopic, {"a", "b"});
  v1::DeleteTopicsRequest delete_topics;
  delete_topics.add_names("a");
  expect(needs_of(delete_topics), Action::kDelete, ResourceKind::kTopic, {"a"});
  v1::ApplyGroupsRequest apply_groups;
  apply_groups.add_groups()->set_name("g");
  expect(needs_of(apply_groups), Action::kCreate, ResourceKind::kGroup, {"g"});
  v1::DeleteGroupsRequest delete_groups;
  delete_groups.add_names("g");
  expect(needs_of(delete_groups), Action::kDelete, ResourceKind::kGroup, {"g"});
  v1::QueryMessagesRequest query;
  query.set_topic("a");
  expect(needs_of(query), Action::kGet, ResourceKind::kTopic, {"a"});
}

TEST(AdminNeeds, AListOfAllIsAnotherThingThanOfSome) {
  v1::ListTopicsRequest topics;
  expect(needs_of(topics), Action::kList, ResourceKind::kTopic, {""});
  topics.add_names("a");
  expect(needs_of(topics), Action::kGet, ResourceKind::kTopic, {"a"});
  v1::ListGroupsRequest groups;
  expect(needs_of(groups), Action::kList, ResourceKind::kGroup, {""});
  groups.add_names("g");
  expect(needs_of(groups), Action::kGet, ResourceKind::kGroup, {"g"});
}

TEST(AdminNeeds, InterestsNameGroupsAndTopicsBesideThoseOfNames) {
  v1::ListGroupsRequest request;
  request.add_interests()->set_group("g");
  expect(needs_of(request), Action::kGet, ResourceKind::kGroup, {"g"});
  request.mutable_interests(0)->add_topics("a");
  request.mutable_interests(0)->add_topics("b");
  request.add_names("h");  // refused before (validate), and yet nothing to be had by it
  const Needs needs = needs_of(request);
  ASSERT_EQ(needs.size(), 4U);
  expect({needs.begin(), needs.begin() + 2}, Action::kGet, ResourceKind::kGroup, {"h", "g"});
  expect({needs.begin() + 2, needs.end()}, Action::kGet, ResourceKind::kTopic, {"a", "b"});
}

}  // namespace
}  // namespace petrel::broker
