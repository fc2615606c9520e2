// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/rpc/rpc_server.h"

#include <dirent.h>
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

#include "common/concat.h"
#include "common/process.h"
#include "common/rpc/testing/test_sockets.h"

namespace petrel {
namespace {

grpc::ByteBuffer bytes(const std::string& text) {
  const grpc::Slice slice(text);
  return grpc::ByteBuffer(&slice, 1);
}

std::string text(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  return buffer.DumpToSingleSlice(&slice).ok()
             ? std::string(reinterpret_cast<const char*>(slice.begin()), slice.size())
             : "";
}

// Answers a request with itself; when told to hang, on answer() or when it is cancelled.
class Echo final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Echo(bool hang) : hang_(hang) { StartRead(&message_); }

  // Once the request has been read.
  void answer() {
    has_read_.get_future().wait();
    StartWriteAndFinish(&message_, {}, grpc::Status::OK);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no request"));
    } else if (!hang_) {
      StartWriteAndFinish(&message_, {}, grpc::Status::OK);
    }
    has_read_.set_value();
  }
  void OnCancel() override {
    if (hang_) {
      Finish(grpc::Status::CANCELLED);
    }
  }
  void OnDone() override { delete this; }

 private:
  const bool hang_;
  grpc::ByteBuffer message_;
  std::promise<void> has_read_;
};

class EchoService final : public grpc::CallbackGenericService {
 public:
  ~EchoService() override {
    if (held_.joinable()) {
      held_.join();
    }
  }
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    auto* echo = new Echo(context->method() != "/test/echo");
    if (context->method() == "/test/hold") {
      held_ = std::thread([this, echo] {
        is_held_.set_value();
        release_.wait();
        echo->answer();
      });
    }
    return echo;
  }

  // A request to /test/hold is answered then.
  void hold_until(std::shared_future<void> release) { release_ = std::move(release); }
  void await_held() { is_held_.get_future().wait(); }

 private:
  std::shared_future<void> release_;
  std::promise<void> is_held_;
  std::thread held_;
};

int open_descriptors() {
  int count = 0;
  DIR* directory = opendir("/proc/self/fd");
  while (readdir(directory) != nullptr) {
    ++count;
  }
  closedir(directory);
  return count;
}

class RpcServerTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { raise_open_files_limit(); }

  RpcServerTest() { config_.listener.host = "127.0.0.1"; }

  void start() {
    auto identity = make_self_signed_identity({}, clock_);
    ASSERT_TRUE(identity.ok()) << identity.status();
    identity_ = *identity;
    auto server = RpcServer::prepare(config_, {.generic = &service_}, identity_, clock_, registry_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
    server_->start();
  }

  // Own subchannels, so that each channel is a connection of its own.
  static grpc::ChannelArguments own_connection() {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return arguments;
  }

  std::shared_ptr<grpc::Channel> plaintext_channel() {
    return grpc::CreateCustomChannel(concat("127.0.0.1:", server_->port()),
                                     grpc::InsecureChannelCredentials(), own_connection());
  }

  std::shared_ptr<grpc::Channel> tls_channel(const std::string& roots_pem) {
    return grpc::CreateCustomChannel(concat("127.0.0.1:", server_->port()),
                                     grpc::SslCredentials({roots_pem, "", ""}), own_connection());
  }

  struct Outcome {
    grpc::Status status;
    std::string reply;
  };

  static Outcome call(const std::shared_ptr<grpc::Channel>& channel, const std::string& request,
                      const std::string& method = "/test/echo") {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    const grpc::ByteBuffer request_bytes = bytes(request);
    grpc::ByteBuffer reply;
    std::promise<grpc::Status> done;
    grpc::GenericStub stub(channel);
    stub.UnaryCall(&context, method, {}, &request_bytes, &reply,
                   [&done](const grpc::Status& status) { done.set_value(status); });
    const grpc::Status status = done.get_future().get();
    return {status, status.ok() ? text(reply) : ""};
  }

  const SystemClock clock_{};
  MetricRegistry registry_;
  RpcServerConfig config_;
  EchoService service_;
  TlsIdentity identity_;
  std::unique_ptr<RpcServer> server_;
};

TEST_F(RpcServerTest, ServesPlaintextAndTlsOnOnePort) {
  start();
  const Outcome plaintext = call(plaintext_channel(), "hello");
  EXPECT_TRUE(plaintext.status.ok()) << plaintext.status.error_message();
  EXPECT_EQ(plaintext.reply, "hello");
  const Outcome tls = call(tls_channel(identity_.certificate_pem), "secret");
  EXPECT_TRUE(tls.status.ok()) << tls.status.error_message();
  EXPECT_EQ(tls.reply, "secret");
  EXPECT_THAT(registry_.text(),
              testing::HasSubstr("petrel_rpc_connections_accepted_total{kind=\"tls\"} 1\n"));
}

TEST_F(RpcServerTest, EnforcingServesTlsAndRefusesPlaintextAtOnceForAReasonThatIsCounted) {
  config_.listener.tls_mode = TlsMode::kEnforcing;
  start();
  EXPECT_EQ(call(plaintext_channel(), "x").status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(call(tls_channel(identity_.certificate_pem), "secret").reply, "secret");
  EXPECT_THAT(
      registry_.text(),
      testing::ContainsRegex("petrel_rpc_connections_dropped_total.reason=\"tls-mode\". [1-9]"));
}

TEST_F(RpcServerTest, TlsClientThatTrustsAnotherCertificateIsTheOnlyOneThatFails) {
  start();
  const auto other = make_self_signed_identity({}, clock_);
  EXPECT_EQ(call(tls_channel(other->certificate_pem), "x").status.error_code(),
            grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(call(tls_channel(identity_.certificate_pem), "x").status.ok());
}

TEST_F(RpcServerTest, RequestBeyondTheLimitIsRefusedWithAStatus) {
  config_.receive_bytes_max = 1000;
  start();
  const auto channel = plaintext_channel();
  EXPECT_TRUE(call(channel, std::string(1000, 'x')).status.ok());
  EXPECT_EQ(call(channel, std::string(1001, 'x')).status.error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(call(channel, "x").status.ok());
}

TEST_F(RpcServerTest, ClientsWaitInTheBacklogUntilTheServerStarts) {
  const auto identity = make_self_signed_identity({}, clock_);
  auto server = RpcServer::prepare(config_, {.generic = &service_}, *identity, clock_, registry_);
  ASSERT_TRUE(server.ok()) << server.status();
  server_ = std::move(*server);
  auto outcome =
      std::async(std::launch::async, [this] { return call(plaintext_channel(), "early"); });
  server_->start();
  EXPECT_EQ(outcome.get().reply, "early");
}

TEST_F(RpcServerTest, GarbageHalfOpenAndThousandsOfIdleConnectionsDisturbNobodyAndLeakNothing) {
  config_.handshake_timeout_ms = 300;
  start();
  EXPECT_TRUE(call(plaintext_channel(), "warm up").status.ok());
  EXPECT_TRUE(call(tls_channel(identity_.certificate_pem), "warm up").status.ok());
  const int descriptors_before = open_descriptors();
  {
    std::vector<TestSocket> idle;
    for (int i = 0; i < 2000; ++i) {
      idle.emplace_back(server_->port());
    }
    std::vector<TestSocket> hostile;
    for (const std::string& garbage :
         {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(100'000, '\xff'),
          std::string("\x16garbage that is no TLS"), std::string("\x16\x03\x01\x40\x00", 5),
          std::string("P"), std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
          std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\x00\x00\x00\x00\x00\x00",
                      33)}) {
      for (int i = 0; i < 20; ++i) {
        hostile.emplace_back(server_->port()).send_bytes(garbage.substr(0, 4096));
      }
    }
    EXPECT_EQ(call(plaintext_channel(), "amid").reply, "amid");
    EXPECT_EQ(call(tls_channel(identity_.certificate_pem), "amid").reply, "amid");
    for (TestSocket& socket : hostile) {
      socket.await_close();
    }
  }
  EXPECT_TRUE(eventually([&] { return open_descriptors() <= descriptors_before; }))
      << open_descriptors() << " descriptors, " << descriptors_before << " before\n"
      << registry_.text();
}

TEST_F(RpcServerTest, ShutdownCancelsWhatDoesNotEndInTime) {
  start();
  const auto channel = plaintext_channel();
  EXPECT_TRUE(call(channel, "x").status.ok());
  auto hanging = std::async(std::launch::async, [&] { return call(channel, "x", "/test/hang"); });
  server_->shutdown(10);
  server_->shutdown(10);
  EXPECT_FALSE(hanging.get().status.ok());
}

TEST_F(RpcServerTest, ShutdownDoesNotWaitForAClientThatReadsNothing) {
  start();
  TestSocket silent(server_->port());
  silent.send_bytes(
      concat("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", std::string("\0\0\0\4\0\0\0\0\0", 9)));
  // What comes later is served, so the server has taken the connection.
  const auto channel = plaintext_channel();
  EXPECT_TRUE(call(channel, "x").status.ok());
  server_->shutdown(3'600'000);
}

TEST_F(RpcServerTest, ShutdownWaitsForACallUnderWay) {
  start();
  const auto channel = plaintext_channel();
  std::promise<void> finish;
  service_.hold_until(finish.get_future().share());
  auto answer = std::async(std::launch::async, [&] { return call(channel, "x", "/test/hold"); });
  service_.await_held();
  auto shutdown = std::async(std::launch::async, [&] { server_->shutdown(3'600'000); });
  // Nothing tells that shutdown is waiting; a server that does not wait fails the call in the end.
  EXPECT_EQ(shutdown.wait_for(std::chrono::milliseconds(500)), std::future_status::timeout);
  finish.set_value();
  EXPECT_EQ(answer.get().reply, "x");
  shutdown.get();
}

TEST_F(RpcServerTest, KeysAreDeclaredUnderThePrefix) {
  ConfigSchema schema;
  config_.listener.port = 8081;
  config_.declare(schema, "grpc");
  ASSERT_NE(schema.find("grpc.port"), nullptr);
  EXPECT_EQ(schema.find("grpc.port")->default_yaml(), "8081");
  EXPECT_EQ(schema.find("grpc.receive-size-max")->default_yaml(), "64MiB");
  EXPECT_EQ(schema.find("grpc.tls-mode")->default_yaml(), "permissive");
}

}  // namespace
}  // namespace petrel
