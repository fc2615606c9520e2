// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// Consumers of a real broker that ask for messages and do not read them.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "apache/rocketmq/v2/service.grpc.pb.h"
#include "common/concat.h"
#include "tests/e2e/harness.h"
#include "tests/e2e/messaging_client.h"

namespace petrel::e2e {
namespace {

namespace rmq = ::apache::rocketmq::v2;

constexpr char kTopic[] = "orders";
constexpr int kReaders = 50;
constexpr int64_t kMiB = 1 << 20;
constexpr int kMessagesPerMiB = 4;
constexpr int kMiBSent = 100;
constexpr int64_t kHotMiB = 16;
constexpr int64_t kLentMiB = 16;
constexpr int64_t kAnswersMiB = 32;
// Of gRPC for 50 connections, and what the allocator keeps.
constexpr int64_t kSlackMiB = 64;

// A consumer of its own group and connection that asks for 4 MiB of messages and reads nothing.
class SlowReader {
 public:
  SlowReader(const std::string& address, int number) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    // Else the library takes megabytes in on its own, as many as it thinks the path carries.
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 1 << 16);
    stub_ = rmq::MessagingService::NewStub(
        grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
    context_.AddMetadata("x-mq-client-id", concat("slow@", number));
    context_.AddMetadata("x-mq-language", "CPP");
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(5));
    rmq::ReceiveMessageRequest request;
    request.mutable_group()->set_name(concat("slow-", number));
    request.mutable_message_queue()->mutable_topic()->set_name(kTopic);
    request.mutable_message_queue()->set_id(-1);
    request.set_batch_size(4 * kMessagesPerMiB);
    request.mutable_invisible_duration()->set_seconds(300);
    reader_ = stub_->ReceiveMessage(&context_, request);
  }
  ~SlowReader() {
    context_.TryCancel();
    (void)reader_->Finish();
  }

 private:
  std::unique_ptr<rmq::MessagingService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<rmq::ReceiveMessageResponse>> reader_;
};

class SlowReadersE2eTest : public ::testing::Test {
 protected:
  SlowReadersE2eTest() {
    broker_.add_flag(concat("--broker.advertised-address=", broker_.address()));
    broker_.add_flag(concat("--store.directory=", broker_.directory(), "/store"));
    broker_.add_flag(concat("--store.memory=", kHotMiB, "MiB"));
    broker_.add_flag(concat("--store.memory-lent=", kLentMiB, "MiB"));
    broker_.add_flag(concat("--limits.answer-memory=", kAnswersMiB, "MiB"));
    broker_.add_flag("--topics.auto-create=true");
    broker_.add_flag("--topics.default-queues=1");
  }
  // The value of a metric without labels of its own; -1 when there is none.
  int64_t metric(const std::string& name) const {
    const std::string page = broker_.page("/metrics");
    size_t at = page.find(concat("\n", name, "{"));
    if (at != std::string::npos) at = page.find("} ", at);
    if (at == std::string::npos) return -1;
    return static_cast<int64_t>(std::strtod(page.c_str() + at + 2, nullptr));
  }
  void send_mib(MessagingClient& client, int mib) {
    const std::string body(kMiB / kMessagesPerMiB, 'x');
    for (int i = 0; i < mib * kMessagesPerMiB; ++i) {
      ASSERT_EQ(client.send(kTopic, body), rmq::OK) << i;
    }
  }

  Server broker_{"petrel-broker"};
};

TEST_F(SlowReadersE2eTest, HoldNoMoreThanTheBoundsSayAndNobodyUpForLong) {
  broker_.add_flag("--limits.answer-stall-timeout=3s");
  ASSERT_TRUE(broker_.start());
  MessagingClient client(broker_.address());
  send_mib(client, kMiBSent);
  const int64_t before = broker_.resident_bytes();

  std::vector<std::unique_ptr<SlowReader>> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.push_back(std::make_unique<SlowReader>(broker_.address(), i));
  }
  ASSERT_TRUE(eventually([this] { return metric("petrel_answers_waiting") > 0; }))
      << "50 answers of 4 MiB have no room";
  EXPECT_LE(metric("petrel_answer_memory_bytes"), kAnswersMiB * kMiB);
  send_mib(client, static_cast<int>(kHotMiB + kLentMiB));  // what is lent leaves the newest part
  EXPECT_LE(metric("petrel_log_lent_bytes"), (kLentMiB + kHotMiB + 1) * kMiB);
  const int64_t grown = broker_.resident_bytes() - before;
  RecordProperty("grown_mib", static_cast<int>(grown / kMiB));
  EXPECT_LE(grown / kMiB, kAnswersMiB + kLentMiB + kHotMiB + kSlackMiB);

  // They are ended one share after the other, and others are served.
  size_t received = 0;
  EXPECT_TRUE(eventually(
      [&] {
        const auto some = client.try_receive(kTopic, "steady");
        received += some.has_value() ? some->size() : 0;
        return received >= 4;
      },
      120'000));
}

}  // namespace
}  // namespace petrel::e2e
