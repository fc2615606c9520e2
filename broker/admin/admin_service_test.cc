// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/admin/admin_service.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <set>
#include <sstream>

#include "broker/frontend/client_registry.h"
#include "broker/frontend/reply_threads.h"
#include "broker/frontend/testing/fake_channel.h"
#include "broker/housekeeper.h"
#include "common/concat.h"
#include "common/file_util.h"
#include "common/log.h"
#include "common/mutex.h"
#include "common/temp_directory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "petrel/admin/v1/admin.grpc.pb.h"

namespace petrel::broker {
namespace {

namespace v1 = admin::v1;
using Names = std::vector<std::string>;

// The service over a real core and store, reached without a network.
class AdminServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    registry_.set_listener([this](int64_t version) { housekeeper_.config_changed(version); });
    const absl::Status started = engine_.start();
    ASSERT_TRUE(started.ok()) << started.ToString();
    housekeeper_.start();
    service_ = make_admin_service(
        {.description = {.cluster = "petrel", .broker_name = "broker-a"},
         .access = access_,
         .engine = engine_.slot(),
         .readers = engine_.slot(),
         .restart_engine = [this](engine::Engine::How how,
                                  auto done) { engine_.restart_soon(how, std::move(done)); },
         .registry = registry_,
         .watchers = watchers_,
         .clients = clients_});
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = v1::BrokerAdmin::NewStub(server_->InProcessChannel({}));
    list_topics({});  // answered by a core that leads, and so has published what there is
    EXPECT_EQ(registry_.epoch(), 1);
  }
  void TearDown() override {
    watchers_.close();
    server_->Shutdown();
    server_->Wait();
    housekeeper_.stop();
    EXPECT_TRUE(engine_.stop(engine::Engine::How::kClose).ok());
  }

  grpc::Status apply_topics(const Names& names, int32_t queues = 1) {
    v1::ApplyTopicsRequest request;
    for (const std::string& name : names) {
      v1::TopicSpec* topic = request.add_topics();
      topic->set_name(name);
      topic->set_read_queues(queues);
    }
    grpc::ClientContext context;
    v1::ApplyTopicsResponse response;
    return stub_->ApplyTopics(&context, request, &response);
  }
  grpc::Status apply_group(const std::string& name) {
    v1::ApplyGroupsRequest request;
    request.add_groups()->set_name(name);
    grpc::ClientContext context;
    v1::ApplyGroupsResponse response;
    return stub_->ApplyGroups(&context, request, &response);
  }
  // Stores a message with a key.
  void send(const std::string& topic, const std::string& key, const std::string& body) {
    struct Send final : core::SendRequest {
      explicit Send(Notification& notification) : done(notification) {}
      void complete() override {
        EXPECT_TRUE(outcome.ok()) << outcome.text;
        done.notify();
      }
      Notification& done;
    };
    Notification done;
    auto request = std::make_unique<Send>(done);
    request->topic = topic;
    const std::string properties = concat("UNIQ_KEY\x01ID-", body, "\x02KEYS\x01", key, "\x02");
    request->messages.push_back(
        {.record = store::encode_record(
                       {.topic = topic, .body = body, .properties = properties, .born_ms = 5})
                       .value()});
    std::unique_ptr<core::Request> posted = std::move(request);
    ASSERT_TRUE(engine_.slot().try_post(posted));
    done.wait();
  }
  struct Queried {
    grpc::Status status;
    v1::QueryMessagesResponse response;
  };
  Queried query(const std::string& topic, const std::string& key, int32_t limit = 0) {
    v1::QueryMessagesRequest request;
    request.set_topic(topic);
    request.set_key(key);
    request.set_limit(limit);
    request.set_body_bytes_max(100);
    grpc::ClientContext context;
    Queried queried;
    queried.status = stub_->QueryMessages(&context, request, &queried.response);
    return queried;
  }

  v1::ListTopicsResponse list_topics(const v1::ListTopicsRequest& request) {
    grpc::ClientContext context;
    v1::ListTopicsResponse response;
    const grpc::Status status = stub_->ListTopics(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  struct Watch {
    explicit Watch(v1::BrokerAdmin::Stub& stub)
        : reader(stub.WatchConfig(&context, v1::WatchConfigRequest())) {}
    v1::ConfigChanged next() {
      v1::ConfigChanged message;
      EXPECT_TRUE(reader->Read(&message));
      return message;
    }
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<v1::ConfigChanged>> reader;
  };

  TempDirectory directory_path_;
  SystemClock clock_;
  std::unique_ptr<store::Disk> disk_ = store::make_posix_disk();
  frontend::ClientRegistry clients_{clock_};
  frontend::ReplyThreads replies_{1};
  core::Registry registry_;
  frontend::AllowAll access_;
  engine::EngineHost engine_{
      {.assembly = {.core = {},
                    .store = {.directory = directory_path_.path(),
                              .log = {.segment_bytes = 32 << 20}}},
       .mailbox = {.requests = 1'024},
       .reader_threads = 1},
      {.core = {.disk = *disk_,
                .clock = clock_,
                .liveness = clients_,
                .replies = replies_,
                .registry = registry_},
       .failed = [](const absl::Status& status) { ADD_FAILURE() << status; }}};
  ConfigWatchers watchers_{registry_};
  Housekeeper housekeeper_{
      {.every_second = [] {}, .config_changed = [this](int64_t) { watchers_.notify(); }}};
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::BrokerAdmin::Stub> stub_;
};

TEST_F(AdminServiceTest, AWatcherReadsEverythingFirstAndThenWhatChanged) {
  ASSERT_TRUE(apply_topics({"before"}).ok());
  Watch watch(*stub_);
  const v1::ConfigChanged first = watch.next();
  EXPECT_TRUE(first.all());
  EXPECT_EQ(first.config_version(), 1);

  ASSERT_TRUE(apply_topics({"orders", "payments"}).ok());
  const v1::ConfigChanged topics = watch.next();
  EXPECT_FALSE(topics.all());
  EXPECT_EQ(topics.config_version(), 3);
  EXPECT_EQ(Names(topics.topics().begin(), topics.topics().end()), (Names{"orders", "payments"}));
  EXPECT_EQ(topics.groups_size(), 0);

  ASSERT_TRUE(apply_group("billing").ok());
  const v1::ConfigChanged groups = watch.next();
  EXPECT_EQ(groups.topics_size(), 0);
  EXPECT_EQ(Names(groups.groups().begin(), groups.groups().end()), Names{"billing"});

  v1::DeleteTopicsRequest gone;
  gone.add_names("orders");
  v1::DeleteTopicsResponse deleted;
  grpc::ClientContext context;
  ASSERT_TRUE(stub_->DeleteTopics(&context, gone, &deleted).ok());
  EXPECT_EQ(watch.next().topics(0), "orders");
}

TEST_F(AdminServiceTest, WhatIsAsAskedAlreadyIsToldToNobody) {
  ASSERT_TRUE(apply_topics({"orders"}).ok());
  Watch watch(*stub_);
  watch.next();
  ASSERT_TRUE(apply_topics({"orders"}).ok());
  ASSERT_TRUE(apply_topics({"other"}).ok());
  EXPECT_EQ(watch.next().topics(0), "other");
}

TEST_F(AdminServiceTest, ASlowWatcherMissesNothing) {
  Watch watch(*stub_);
  watch.next();
  std::set<std::string> expected;
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(apply_topics({concat("t", i)}).ok());
    expected.insert(concat("t", i));
  }
  std::set<std::string> told;
  int64_t version = 0;
  while (version < registry_.config_version()) {
    const v1::ConfigChanged message = watch.next();
    EXPECT_FALSE(message.all());
    EXPECT_GT(message.config_version(), version);
    version = message.config_version();
    told.insert(message.topics().begin(), message.topics().end());
  }
  EXPECT_EQ(told, expected);
}

TEST_F(AdminServiceTest, TooManyChangesToBeNamedAreEverything) {
  Watch watch(*stub_);
  watch.next();
  Names names;
  for (int i = 0; i < 5'000; ++i) {
    names.push_back(concat("topic-", i));
  }
  ASSERT_TRUE(apply_topics(names, 8).ok());
  const v1::ConfigChanged message = watch.next();
  EXPECT_TRUE(message.all());
  EXPECT_EQ(message.topics_size(), 0);
}

TEST_F(AdminServiceTest, WatchesEndWhenTheBrokerStops) {
  Watch watch(*stub_);
  watch.next();
  watchers_.close();
  v1::ConfigChanged message;
  EXPECT_FALSE(watch.reader->Read(&message));
  EXPECT_EQ(watch.reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  Watch late(*stub_);
  EXPECT_FALSE(late.reader->Read(&message));
  EXPECT_EQ(late.reader->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(AdminServiceTest, ThousandsOfTopicsAreToldInPagesOfSettingsAndTotals) {
  Names names;
  for (int i = 0; i < 5'000; ++i) {
    names.push_back(concat("topic-", 10'000 + i));
  }
  ASSERT_TRUE(apply_topics(names, 8).ok());
  v1::ListTopicsRequest request;
  request.set_detail(v1::DETAIL_TOTALS);
  request.set_limit(100'000);
  Names told;
  for (bool more = true; more;) {
    const v1::ListTopicsResponse page = list_topics(request);
    EXPECT_EQ(page.topics_size(), 1'000);
    for (const v1::TopicStatus& topic : page.topics()) {
      told.push_back(topic.spec().name());
      EXPECT_EQ(topic.queues_size(), 0);
      EXPECT_TRUE(topic.has_totals());
    }
    more = page.more();
    request.set_after(told.back());
  }
  EXPECT_EQ(told, names);
  // All at once, as older clients ask, stays below gRPC's usual limit for a message.
  const v1::ListTopicsResponse all = list_topics({});
  EXPECT_EQ(all.topics_size(), 5'000);
  EXPECT_EQ(all.topics(0).queues_size(), 8);
  EXPECT_LT(all.ByteSizeLong(), size_t{4} << 20);
}

TEST_F(AdminServiceTest, NamesThatAreNotThereAreLeftOut) {
  ASSERT_TRUE(apply_topics({"a", "b"}).ok());
  v1::ListTopicsRequest request;
  request.add_names("b");
  request.add_names("gone");
  request.set_detail(v1::DETAIL_SPEC);
  const v1::ListTopicsResponse response = list_topics(request);
  ASSERT_EQ(response.topics_size(), 1);
  EXPECT_EQ(response.topics(0).spec().name(), "b");
  EXPECT_FALSE(response.topics(0).has_totals());
}

TEST_F(AdminServiceTest, AWrongNameIsRefusedWithItsReason) {
  const grpc::Status status = apply_topics({"good", "not a topic"});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_FALSE(status.error_message().empty());
  EXPECT_EQ(list_topics({}).topics_size(), 0);
}

TEST_F(AdminServiceTest, MessagesAreFoundByKeyByIdAndByPlace) {
  ASSERT_TRUE(apply_topics({"orders"}).ok());
  send("orders", "4711 red", "first");
  send("orders", "4711", "second");
  const Queried by_key = query("orders", "4711");
  ASSERT_TRUE(by_key.status.ok()) << by_key.status.error_message();
  ASSERT_EQ(by_key.response.messages_size(), 2);
  EXPECT_EQ(by_key.response.messages(0).body(), "second");
  EXPECT_EQ(by_key.response.messages(1).keys_size(), 2);
  EXPECT_EQ(by_key.response.behind_bytes(), 0);
  EXPECT_EQ(query("orders", "4711", 1).response.messages_size(), 1);
  EXPECT_EQ(query("orders", "ID-first").response.messages_size(), 1);
  EXPECT_EQ(query("other", "4711").response.messages_size(), 0);

  v1::GetMessageRequest request;
  request.set_offset_id(by_key.response.messages(1).offset_id());
  request.set_body_bytes_max(1 << 20);
  v1::GetMessageResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(stub_->GetMessage(&context, request, &response).ok());
  EXPECT_EQ(response.message().body(), "first");
  EXPECT_EQ(response.message().message_id(), "ID-first");
}

TEST_F(AdminServiceTest, AQueryThatCannotBeAnsweredSaysWhy) {
  EXPECT_EQ(query("", "k").status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(query("t", "").status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(query("t", "k", 65).status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const auto get = [&](const std::string& id) {
    v1::GetMessageRequest request;
    request.set_offset_id(id);
    v1::GetMessageResponse response;
    grpc::ClientContext context;
    return stub_->GetMessage(&context, request, &response).error_code();
  };
  EXPECT_EQ(get("xyz"), grpc::StatusCode::INVALID_ARGUMENT);
  ASSERT_TRUE(apply_topics({"orders"}).ok());  // a record of another host, at offset 0
  EXPECT_EQ(get("7F00000100001F910000000000000000"), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(get("0000000000000000000000000000000A"), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(get("00000000000000007FFFFFFFFFFFFFFF"), grpc::StatusCode::NOT_FOUND);
}

TEST_F(AdminServiceTest, AGroupsMembersAreTold) {
  ASSERT_TRUE(apply_group("billing").ok());
  clients_.put("client-1", {.group = "billing"}, std::make_shared<frontend::FakeChannel>());
  grpc::ClientContext context;
  v1::ListGroupsResponse response;
  ASSERT_TRUE(stub_->ListGroups(&context, {}, &response).ok());
  ASSERT_EQ(response.groups_size(), 1);
  EXPECT_EQ(response.groups(0).clients(), 1);
  EXPECT_EQ(response.groups(0).totals().lag(), 0);
}

TEST_F(AdminServiceTest, InterestsTellEachGroupAndTopicOnce) {
  ASSERT_TRUE(apply_topics({"orders", "bills"}).ok());
  send("orders", "", "first");
  v1::ListGroupsRequest request;
  v1::ListGroupsResponse response;
  const auto list = [&] {
    grpc::ClientContext context;
    return stub_->ListGroups(&context, request, &response);
  };
  auto* interest = request.add_interests();
  interest->set_group("g");
  interest->add_topics("orders");
  interest->add_topics("bills");
  ASSERT_TRUE(list().ok());
  ASSERT_EQ(response.groups_size(), 1);
  EXPECT_TRUE(response.groups(0).absent());
  EXPECT_EQ(response.groups(0).subscriptions_size(), 2);
  EXPECT_EQ(response.groups(0).totals().lag(), 1);

  interest->add_topics("orders");
  EXPECT_EQ(list().error_code(), grpc::StatusCode::INVALID_ARGUMENT) << "a topic twice";
  interest->mutable_topics()->RemoveLast();
  request.add_interests()->set_group("g");
  EXPECT_EQ(list().error_code(), grpc::StatusCode::INVALID_ARGUMENT) << "a group twice";
  request.mutable_interests(1)->set_group("h");
  EXPECT_TRUE(list().ok());
  request.add_names("g");
  EXPECT_EQ(list().error_code(), grpc::StatusCode::INVALID_ARGUMENT) << "names, too";
}

TEST_F(AdminServiceTest, ConnectedClientsAreListedInPages) {
  const auto channel = std::make_shared<frontend::FakeChannel>();
  clients_.put("b",
               {.protocol = "grpc",
                .language = "JAVA",
                .version = "5.2.0",
                .kind = frontend::ClientKind::kPushConsumer,
                .group = "billing",
                .address = "10.0.0.1:4000"},
               channel);
  clients_.put("a", {.kind = frontend::ClientKind::kProducer}, channel);
  const auto list = [this](const std::string& group, const std::string& after, int32_t limit) {
    v1::ListClientsRequest request;
    request.set_group(group);
    request.set_after(after);
    request.set_limit(limit);
    v1::ListClientsResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(stub_->ListClients(&context, request, &response).ok());
    return response;
  };
  const v1::ListClientsResponse first = list("", "", 1);
  ASSERT_EQ(first.clients_size(), 1);
  EXPECT_EQ(first.clients(0).client_id(), "a");
  EXPECT_EQ(first.clients(0).kind(), "Producer");
  EXPECT_TRUE(first.more());
  const v1::ListClientsResponse second = list("", "a", 0);
  ASSERT_EQ(second.clients_size(), 1);
  EXPECT_FALSE(second.more());
  const v1::ClientStatus& client = second.clients(0);
  EXPECT_EQ(client.client_id(), "b");
  EXPECT_EQ(client.kind(), "PushConsumer");
  EXPECT_EQ(client.group(), "billing");
  EXPECT_EQ(client.address(), "10.0.0.1:4000");
  EXPECT_EQ(client.language(), "JAVA");
  EXPECT_EQ(client.version(), "5.2.0");
  EXPECT_GT(client.connected_ms(), 0);
  EXPECT_FALSE(client.connection_lost());
  clients_.channel_closed("b", channel.get());
  EXPECT_TRUE(list("", "a", 0).clients(0).connection_lost());
  clients_.heard("b");
  EXPECT_FALSE(list("", "a", 0).clients(0).connection_lost());
  EXPECT_EQ(list("other", "", 0).clients_size(), 0);
}

TEST_F(AdminServiceTest, AnEngineThatIsMadeAgainHasWhatWasStored) {
  ASSERT_TRUE(apply_topics({"orders"}).ok());
  send("orders", "4711", "first");
  Watch watch(*stub_);
  watch.next();
  for (const bool drop : {false, true}) {
    v1::RestartEngineRequest request;
    request.set_drop(drop);
    v1::RestartEngineResponse response;
    grpc::ClientContext context;
    const grpc::Status status = stub_->RestartEngine(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(query("orders", "4711").response.messages_size(), 1);
    EXPECT_TRUE(watch.next().all()) << "versions of before cannot be compared";
  }
  EXPECT_EQ(engine_.slot().starts(), 3);
  EXPECT_EQ(list_topics({}).topics_size(), 1);
}

TEST_F(AdminServiceTest, MessagesAreBrowsedInPiecesByTopicQueueAndOffset) {
  ASSERT_TRUE(apply_topics({"orders", "other"}, 1).ok());
  for (int i = 0; i < 5; ++i) {
    send("orders", "k", concat("m", i));
    send("other", "k", "x");
  }
  const auto browse = [&](v1::BrowseMessagesRequest request) {
    request.set_topic("orders");
    request.set_body_bytes_max(100);
    grpc::ClientContext context;
    v1::BrowseMessagesResponse response;
    const grpc::Status status = stub_->BrowseMessages(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  };
  v1::BrowseMessagesRequest request;
  request.set_limit(2);
  std::vector<std::string> bodies;
  for (bool more = true; more;) {
    const v1::BrowseMessagesResponse piece = browse(request);
    EXPECT_LE(piece.messages_size(), 2);
    for (const v1::StoredMessage& message : piece.messages()) {
      bodies.push_back(message.body());
    }
    more = piece.more();
    request.set_log_offset(piece.next_log_offset());
  }
  EXPECT_THAT(bodies, testing::ElementsAre("m0", "m1", "m2", "m3", "m4"));
  EXPECT_EQ(browse(request).messages_size(), 0) << "nothing new";
  send("orders", "k", "new");
  EXPECT_EQ(browse(request).messages(0).body(), "new");

  v1::BrowseMessagesRequest from;
  from.set_queue_id(0);
  from.set_queue_offset(4);
  ASSERT_EQ(browse(from).messages_size(), 2);
  EXPECT_EQ(browse(from).messages(0).body(), "m4");
  from.set_queue_id(1);
  EXPECT_EQ(browse(from).messages_size(), 0);
  v1::BrowseMessagesRequest tail;
  tail.set_from_end(true);
  const v1::BrowseMessagesResponse end = browse(tail);
  EXPECT_EQ(end.messages_size(), 0);
  EXPECT_EQ(end.next_log_offset(), browse({}).next_log_offset());
  v1::BrowseMessagesRequest later;
  later.set_begin_ms(SystemClock().wall_ms() + 3'600'000);
  EXPECT_EQ(browse(later).messages_size(), 0);
}

TEST_F(AdminServiceTest, WhoChangedWhatIsToldInTheLog) {
  const TempDirectory directory;
  ASSERT_TRUE(log::init({.file = directory.file("log")}).ok());
  ASSERT_TRUE(apply_topics({"orders"}, 2).ok());
  ASSERT_TRUE(apply_topics({"orders", "payments"}, 4).ok());
  ASSERT_TRUE(apply_topics({"orders"}, 4).ok());
  ASSERT_TRUE(apply_group("billing").ok());
  v1::DeleteTopicsRequest request;
  request.add_names("orders");
  request.add_names("none");
  v1::DeleteTopicsResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(stub_->DeleteTopics(&context, request, &response).ok());
  v1::RestartEngineResponse restarted;
  grpc::ClientContext restart_context;
  ASSERT_TRUE(stub_->RestartEngine(&restart_context, {}, &restarted).ok());
  ASSERT_TRUE(log::init({}).ok());

  std::vector<std::string> told;
  std::istringstream lines(read_file(directory.file("log"), 1 << 20).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const size_t audit = line.find("audit: ");
    if (audit != std::string::npos) {
      const size_t by = line.find(" by=");
      ASSERT_NE(by, std::string::npos) << line;
      const size_t end = line.find(' ', by + 1);
      EXPECT_GT(end, by + 4) << "who is not told: " << line;
      told.push_back(line.substr(audit, by - audit) + line.substr(end));
    }
  }
  const std::string two = "\"readQueues=2 writeQueues=2 permission=6 retention=log\"";
  const std::string four = "\"readQueues=4 writeQueues=4 permission=6 retention=log\"";
  EXPECT_THAT(told, testing::ElementsAre(
                        concat("audit: topic created topic=orders before=- after=", two),
                        concat("audit: topic changed topic=orders before=", two, " after=", four),
                        concat("audit: topic created topic=payments before=- after=", four),
                        "audit: group created group=billing before=- "
                        "after=\"consumeEnabled=true maxAttempts=17 backoff=default consumeFrom=last\"",
                        concat("audit: topic deleted topic=orders before=", four, " after=-"),
                        "audit: engine restart how=close"));
}

TEST_F(AdminServiceTest, WithoutAnEngineEveryQuestionToItIsUnavailable) {
  ASSERT_TRUE(apply_topics({"orders"}).ok());
  ASSERT_TRUE(engine_.stop(engine::Engine::How::kClose).ok());
  EXPECT_EQ(apply_topics({"later"}).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(query("orders", "4711").status.error_code(), grpc::StatusCode::UNAVAILABLE);
  v1::DescribeBrokerResponse described;
  grpc::ClientContext context;
  EXPECT_TRUE(stub_->DescribeBroker(&context, {}, &described).ok());
  EXPECT_EQ(described.topic_count(), 1);
  EXPECT_EQ(described.log_written(), 0);
  v1::RestartEngineResponse response;
  grpc::ClientContext restart_context;
  EXPECT_EQ(stub_->RestartEngine(&restart_context, {}, &response).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
}

}  // namespace
}  // namespace petrel::broker
