// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "apache/rocketmq/v2/service.grpc.pb.h"
#include "common/concat.h"
#include "common/log.h"
#include "nameserver/services.h"
#include "petrel/nameserver/v1/registration.grpc.pb.h"

namespace petrel::nameserver {
namespace {

namespace rmq = ::apache::rocketmq::v2;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kBrokerExpiryMs = 120'000;

// What other threads bring about, seen from outside.
bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    std::this_thread::yield();
  }
  return true;
}

v1::RegisterRequest registration(const std::string& name, const std::vector<std::string>& topics) {
  v1::RegisterRequest request;
  request.set_full(true);
  request.set_topics_version(1);
  v1::BrokerIdentity* broker = request.mutable_broker();
  broker->set_cluster("c");
  broker->set_broker_name(name);
  broker->set_grpc_address(name + ".example:8081");
  broker->set_incarnation(concat("run of ", name));
  for (const std::string& topic : topics) {
    v1::TopicRoute* route = request.add_topics();
    route->set_topic(topic);
    route->set_read_queues(2);
    route->set_write_queues(2);
    route->set_permission(6);
    route->add_message_types(rmq::NORMAL);
  }
  return request;
}

class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest() {
    log::Options quiet;
    quiet.level = log::Level::kError;
    EXPECT_TRUE(log::init(quiet).ok());
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    for (const auto& service : services_) {
      builder.RegisterService(service.get());
    }
    server_ = builder.BuildAndStart();
    channel_ = grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                   grpc::InsecureChannelCredentials());
    messaging_ = rmq::MessagingService::NewStub(channel_);
    registration_ = v1::Registration::NewStub(channel_);
    admin_ = v1::NameserverAdmin::NewStub(channel_);
  }

  ~ServiceTest() override { EXPECT_TRUE(log::init({}).ok()); }

  // A broker's stream. Ends with the object, as if the broker's process had died.
  class BrokerStream {
   public:
    explicit BrokerStream(v1::Registration::Stub& stub) : stream_(stub.Register(&context_)) {}
    ~BrokerStream() { context_.TryCancel(); }

    // The version that the nameserver holds, or -2 when it ended the stream.
    int64_t say(const v1::RegisterRequest& request) {
      v1::RegisterResponse response;
      return stream_->Write(request) && stream_->Read(&response) ? response.topics_version() : -2;
    }
    // Waits for the nameserver to end the stream.
    grpc::Status end() {
      v1::RegisterResponse response;
      while (stream_->Read(&response)) {
      }
      return stream_->Finish();
    }

   private:
    grpc::ClientContext context_;
    std::unique_ptr<grpc::ClientReaderWriter<v1::RegisterRequest, v1::RegisterResponse>> stream_;
  };

  std::unique_ptr<BrokerStream> broker(const v1::RegisterRequest& request) {
    auto stream = std::make_unique<BrokerStream>(*registration_);
    EXPECT_EQ(stream->say(request), request.topics_version());
    return stream;
  }

  static void add_headers(grpc::ClientContext* context) {
    context->AddMetadata("x-mq-client-id", "test@1");
  }

  rmq::QueryRouteResponse route(const std::string& topic, const std::string& name_space = "") {
    grpc::ClientContext context;
    add_headers(&context);
    rmq::QueryRouteRequest request;
    request.mutable_topic()->set_name(topic);
    request.mutable_topic()->set_resource_namespace(name_space);
    rmq::QueryRouteResponse response;
    EXPECT_TRUE(messaging_->QueryRoute(&context, request, &response).ok());
    return response;
  }

  rmq::QueryAssignmentResponse assignment(const std::string& topic, const std::string& group) {
    grpc::ClientContext context;
    add_headers(&context);
    rmq::QueryAssignmentRequest request;
    request.mutable_topic()->set_name(topic);
    request.mutable_group()->set_name(group);
    rmq::QueryAssignmentResponse response;
    EXPECT_TRUE(messaging_->QueryAssignment(&context, request, &response).ok());
    return response;
  }

  std::vector<std::string> broker_names() {
    grpc::ClientContext context;
    v1::ListBrokersResponse response;
    EXPECT_TRUE(admin_->ListBrokers(&context, {}, &response).ok());
    std::vector<std::string> names;
    for (const auto& entry : response.brokers()) {
      names.push_back(entry.broker().broker_name());
    }
    return names;
  }

  ManualClock clock_;
  MetricRegistry metrics_;
  NameserverMetrics nameserver_metrics_{metrics_};
  Registry registry_{clock_, nameserver_metrics_, kBrokerExpiryMs};
  std::vector<std::unique_ptr<grpc::Service>> services_ = [this] {
    std::vector<std::unique_ptr<grpc::Service>> services;
    services.push_back(make_registration_service(registry_));
    services.push_back(make_admin_service(registry_));
    services.push_back(make_messaging_service(registry_, clock_, nameserver_metrics_));
    return services;
  }();
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<rmq::MessagingService::Stub> messaging_;
  std::unique_ptr<v1::Registration::Stub> registration_;
  std::unique_ptr<v1::NameserverAdmin::Stub> admin_;
};

TEST_F(ServiceTest, ClientsFindTheTopicsOfARegisteredBroker) {
  const auto stream = broker(registration("a", {"orders"}));
  const rmq::QueryRouteResponse response = route("orders");
  EXPECT_EQ(response.status().code(), rmq::OK);
  ASSERT_EQ(response.message_queues_size(), 2);
  EXPECT_EQ(response.message_queues(0).broker().endpoints().addresses(0).host(), "a.example");
  EXPECT_EQ(route("payments").status().code(), rmq::TOPIC_NOT_FOUND);
  EXPECT_EQ(route("no topic").status().code(), rmq::ILLEGAL_TOPIC);
  EXPECT_EQ(route("TBW102").status().code(), rmq::ILLEGAL_TOPIC);
}

TEST_F(ServiceTest, NamesOfANamespaceAreJoinedWithIt) {
  const auto stream = broker(registration("a", {"shop%orders"}));
  EXPECT_EQ(route("orders").status().code(), rmq::TOPIC_NOT_FOUND);
  EXPECT_EQ(route("orders", "shop").status().code(), rmq::OK);
  EXPECT_EQ(route("shop%orders").status().code(), rmq::OK);

  grpc::ClientContext context;
  add_headers(&context);
  context.AddMetadata("x-mq-namespace", "shop");
  rmq::QueryRouteRequest request;
  request.mutable_topic()->set_name("orders");
  rmq::QueryRouteResponse response;
  ASSERT_TRUE(messaging_->QueryRoute(&context, request, &response).ok());
  EXPECT_EQ(response.status().code(), rmq::OK);
  EXPECT_EQ(response.message_queues(0).topic().name(), "orders");
}

TEST_F(ServiceTest, AssignmentsNameEachBrokerOnce) {
  const auto a = broker(registration("a", {"orders"}));
  const auto b = broker(registration("b", {"orders"}));
  const rmq::QueryAssignmentResponse response = assignment("orders", "billing");
  EXPECT_EQ(response.status().code(), rmq::OK);
  ASSERT_EQ(response.assignments_size(), 2);
  EXPECT_EQ(response.assignments(1).message_queue().broker().name(), "b");
  EXPECT_EQ(response.assignments(1).message_queue().id(), -1);
  EXPECT_EQ(assignment("orders", "no group").status().code(), rmq::ILLEGAL_CONSUMER_GROUP);
  EXPECT_EQ(assignment("payments", "billing").status().code(), rmq::TOPIC_NOT_FOUND);
}

TEST_F(ServiceTest, ATopicThatCannotBeReadHasNoAssignment) {
  v1::RegisterRequest request = registration("a", {"orders"});
  request.mutable_topics(0)->set_permission(2);
  const auto stream = broker(request);
  EXPECT_EQ(assignment("orders", "billing").status().code(), rmq::FORBIDDEN);
}

TEST_F(ServiceTest, ABrokerIsGoneWhenItsStreamIs) {
  auto a = broker(registration("a", {"orders"}));
  const auto b = broker(registration("b", {"orders"}));
  EXPECT_EQ(route("orders").message_queues_size(), 4);
  a.reset();
  EXPECT_TRUE(eventually([&] { return route("orders").message_queues_size() == 2; }));
  EXPECT_THAT(broker_names(), ElementsAre("b"));
}

TEST_F(ServiceTest, ARestartedBrokerTakesThePlaceOfAStreamThatStillHangs) {
  const auto before = broker(registration("a", {"orders"}));
  v1::RegisterRequest again = registration("a", {"payments"});
  again.mutable_broker()->set_incarnation("second run");
  const auto after = broker(again);
  EXPECT_EQ(route("orders").status().code(), rmq::TOPIC_NOT_FOUND);
  EXPECT_EQ(route("payments").status().code(), rmq::OK);
  EXPECT_EQ(before->end().error_code(), grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(ServiceTest, ASilentBrokerIsEvictedAndTold) {
  const auto silent = broker(registration("a", {"orders"}));
  clock_.advance_ms(kBrokerExpiryMs / 2);
  v1::RegisterRequest heartbeat;
  heartbeat.set_topics_version(1);
  const auto talking = broker(registration("b", {"orders"}));
  clock_.advance_ms(kBrokerExpiryMs / 2 + 1);
  EXPECT_EQ(talking->say(heartbeat), 1);
  registry_.expire();
  EXPECT_THAT(broker_names(), ElementsAre("b"));
  EXPECT_EQ(silent->end().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(ServiceTest, ChangesFollowAFullRegistration) {
  const auto stream = broker(registration("a", {"orders"}));
  v1::RegisterRequest change = registration("a", {"payments"});
  change.clear_broker();
  change.set_full(false);
  change.set_topics_version(2);
  change.add_removed_topics("orders");
  EXPECT_EQ(stream->say(change), 2);
  EXPECT_EQ(route("orders").status().code(), rmq::TOPIC_NOT_FOUND);
  EXPECT_EQ(route("payments").status().code(), rmq::OK);

  // Said again, it does not fit; the answer asks for the whole, which needs no identity.
  EXPECT_NE(stream->say(change), 2);
  v1::RegisterRequest whole = registration("a", {"refunds"});
  whole.clear_broker();
  EXPECT_EQ(stream->say(whole), 1);
  EXPECT_EQ(route("refunds").status().code(), rmq::OK);
}

TEST_F(ServiceTest, AStreamThatDoesNotBeginWithAFullRegistrationEnds) {
  BrokerStream nameless(*registration_);
  v1::RegisterRequest request = registration("a", {});
  request.clear_broker();
  EXPECT_EQ(nameless.say(request), -2);
  EXPECT_EQ(nameless.end().error_code(), grpc::StatusCode::INVALID_ARGUMENT);

  BrokerStream partial(*registration_);
  request = registration("a", {});
  request.set_full(false);
  EXPECT_EQ(partial.say(request), -2);
  EXPECT_EQ(partial.end().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ServiceTest, ARefusedRegistrationEndsTheStreamAndChangesNothing) {
  v1::RegisterRequest promoted = registration("a", {"orders"});
  promoted.mutable_broker()->set_role_epoch(2);
  const auto stream = broker(promoted);
  BrokerStream late(*registration_);
  v1::RegisterRequest old = registration("a", {"payments"});
  old.mutable_broker()->set_grpc_address("old.example:8081");
  EXPECT_EQ(late.say(old), -2);
  const grpc::Status status = late.end();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("role epoch 2"));
  EXPECT_EQ(route("orders").status().code(), rmq::OK);
}

TEST_F(ServiceTest, AdministratorsSeeBrokersAndTopics) {
  const auto b = broker(registration("b", {"orders", "payments"}));
  const auto a = broker(registration("a", {"orders"}));
  EXPECT_THAT(broker_names(), ElementsAre("a", "b"));
  grpc::ClientContext context;
  v1::ListTopicsResponse topics;
  ASSERT_TRUE(admin_->ListTopics(&context, {}, &topics).ok());
  ASSERT_EQ(topics.topics_size(), 2);
  EXPECT_EQ(topics.topics(0).topic(), "orders");
  EXPECT_EQ(topics.topics(0).placements_size(), 2);
  EXPECT_EQ(topics.topics(1).placements(0).broker_name(), "b");
  EXPECT_EQ(topics.topics(1).placements(0).route().write_queues(), 2);
}

TEST_F(ServiceTest, UnknownTopicsAreOfferedWhereTheyAreCreatedByUse) {
  v1::RegisterRequest request = registration("a", {});
  request.mutable_broker()->set_auto_create_topics(true);
  request.mutable_broker()->set_auto_create_queues(3);
  const auto stream = broker(request);
  EXPECT_EQ(route("new").message_queues_size(), 3);
  EXPECT_EQ(route("%RETRY%billing").status().code(), rmq::TOPIC_NOT_FOUND);
  EXPECT_EQ(route("rmq_sys_x").status().code(), rmq::ILLEGAL_TOPIC);
}

TEST_F(ServiceTest, AClientWithoutIdIsAskedForIt) {
  grpc::ClientContext context;
  rmq::QueryRouteResponse response;
  ASSERT_TRUE(messaging_->QueryRoute(&context, {}, &response).ok());
  EXPECT_EQ(response.status().code(), rmq::CLIENT_ID_REQUIRED);
  grpc::ClientContext other;
  rmq::HeartbeatResponse heartbeat;
  ASSERT_TRUE(messaging_->Heartbeat(&other, {}, &heartbeat).ok());
  EXPECT_EQ(heartbeat.status().code(), rmq::CLIENT_ID_REQUIRED);
}

TEST_F(ServiceTest, HeartbeatsAreAcceptedAndMessagesAreNot) {
  grpc::ClientContext context;
  add_headers(&context);
  rmq::HeartbeatResponse heartbeat;
  ASSERT_TRUE(messaging_->Heartbeat(&context, {}, &heartbeat).ok());
  EXPECT_EQ(heartbeat.status().code(), rmq::OK);

  grpc::ClientContext sending;
  add_headers(&sending);
  rmq::SendMessageResponse sent;
  ASSERT_TRUE(messaging_->SendMessage(&sending, {}, &sent).ok());
  EXPECT_EQ(sent.status().code(), rmq::NOT_IMPLEMENTED);

  grpc::ClientContext receiving;
  add_headers(&receiving);
  const auto stream = messaging_->ReceiveMessage(&receiving, {});
  rmq::ReceiveMessageResponse received;
  ASSERT_TRUE(stream->Read(&received));
  EXPECT_EQ(received.status().code(), rmq::NOT_IMPLEMENTED);
  EXPECT_FALSE(stream->Read(&received));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(ServiceTest, TelemetryAnswersSettingsUntilTheClientIsDone) {
  grpc::ClientContext context;
  add_headers(&context);
  const auto stream = messaging_->Telemetry(&context);
  rmq::TelemetryCommand command;
  command.mutable_thread_stack_trace();
  ASSERT_TRUE(stream->Write(command));
  command.mutable_settings()->set_client_type(rmq::PRODUCER);
  command.mutable_settings()->mutable_publishing()->add_topics()->set_name("orders");
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(stream->Write(command));
    rmq::TelemetryCommand answer;
    ASSERT_TRUE(stream->Read(&answer));
    EXPECT_EQ(answer.status().code(), rmq::OK);
    EXPECT_EQ(answer.settings().client_type(), rmq::PRODUCER);
    EXPECT_EQ(answer.settings().publishing().max_body_size(), 4 << 20);
    EXPECT_TRUE(answer.settings().backoff_policy().has_exponential_backoff());
  }
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(ServiceTest, TelemetryEndsOnSettingsThatAreNotSound) {
  const auto code_of = [&](const rmq::Settings& settings) {
    grpc::ClientContext context;
    add_headers(&context);
    const auto stream = messaging_->Telemetry(&context);
    rmq::TelemetryCommand command;
    *command.mutable_settings() = settings;
    EXPECT_TRUE(stream->Write(command));
    rmq::TelemetryCommand answer;
    EXPECT_TRUE(stream->Read(&answer));
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    return answer.status().code();
  };
  rmq::Settings settings;
  EXPECT_EQ(code_of(settings), rmq::BAD_REQUEST);
  settings.mutable_publishing()->add_topics()->set_name("no topic");
  EXPECT_EQ(code_of(settings), rmq::ILLEGAL_TOPIC);
  settings.mutable_subscription()->mutable_group()->set_name("no group");
  EXPECT_EQ(code_of(settings), rmq::ILLEGAL_CONSUMER_GROUP);
  settings.mutable_subscription()->mutable_group()->set_name("billing");
  settings.mutable_subscription()->add_subscriptions()->mutable_topic()->set_name("no topic");
  EXPECT_EQ(code_of(settings), rmq::ILLEGAL_TOPIC);
}

TEST_F(ServiceTest, BrokersComeAndGoWhileClientsAsk) {
  const auto steady = broker(registration("steady", {"orders"}));
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 50; ++i) {
        v1::RegisterRequest request = registration(concat("b", i % 3), {"orders", "x"});
        request.mutable_broker()->set_incarnation(concat(t, "/", i));
        BrokerStream stream(*registration_);
        stream.say(request);
      }
    });
    threads.emplace_back([this] {
      for (int i = 0; i < 200; ++i) {
        const int queues = route("orders").message_queues_size();
        EXPECT_GE(queues, 2);
        EXPECT_LE(queues, 8);
        registry_.expire();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_TRUE(eventually([&] { return broker_names() == std::vector<std::string>{"steady"}; }));
}

}  // namespace
}  // namespace petrel::nameserver
