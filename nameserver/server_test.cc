// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "nameserver/server.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <fstream>
#include <sstream>

#include "common/temp_directory.h"
#include "petrel/nameserver/v1/registration.grpc.pb.h"

namespace petrel::nameserver {
namespace {

using ::testing::HasSubstr;

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    config_.rpc.listener.host = "127.0.0.1";
    config_.rpc.listener.port = 0;
    config_.http.host = "127.0.0.1";
    config_.http.port = 0;
    config_.tls.directory = directory_.path();
    config_.shutdown_grace_ms = 0;
  }

  std::unique_ptr<NameserverServer> start() {
    auto server = NameserverServer::start(config_, clock_);
    EXPECT_TRUE(server.ok()) << server.status();
    return *std::move(server);
  }

  static std::string page(const NameserverServer& server, const char* path, int status) {
    httplib::Client client("127.0.0.1", server.http_port());
    const httplib::Result result = client.Get(path);
    EXPECT_TRUE(result);
    if (!result) {
      return "";
    }
    EXPECT_EQ(result->status, status) << path;
    return result->body;
  }

  static std::unique_ptr<v1::NameserverAdmin::Stub> admin(
      const NameserverServer& server, const std::shared_ptr<grpc::ChannelCredentials>& creds) {
    return v1::NameserverAdmin::NewStub(
        grpc::CreateChannel("localhost:" + std::to_string(server.grpc_port()), creds));
  }

  TempDirectory directory_;
  SystemClock clock_;
  NameserverConfig config_;
};

TEST_F(ServerTest, HealthAndMetricsAreServed) {
  const auto server = start();
  page(*server, "/healthz", 200);
  page(*server, "/readyz", 200);
  page(*server, "/elsewhere", 404);
  const std::string metrics = page(*server, "/metrics", 200);
  EXPECT_THAT(metrics, HasSubstr("petrel_nameserver_brokers 0"));
  EXPECT_THAT(metrics, HasSubstr("petrel_nameserver_evictions_total{reason=\"silent\"} 0"));
  EXPECT_THAT(metrics, HasSubstr("petrel_nameserver_route_query_seconds_bucket"));
  EXPECT_THAT(metrics, HasSubstr("process_resident_memory_bytes"));
}

TEST_F(ServerTest, OnePortSpeaksPlaintextAndTls) {
  const auto server = start();
  v1::ListBrokersResponse response;
  grpc::ClientContext plain;
  EXPECT_TRUE(
      admin(*server, grpc::InsecureChannelCredentials())->ListBrokers(&plain, {}, &response).ok());

  std::ostringstream pem;
  pem << std::ifstream(directory_.path() + "/tls-certificate.pem").rdbuf();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = pem.str();
  grpc::ClientContext secure;
  EXPECT_TRUE(
      admin(*server, grpc::SslCredentials(options))->ListBrokers(&secure, {}, &response).ok());
}

TEST_F(ServerTest, StoppingTellsTheBrokersSo) {
  const auto server = start();
  const auto stub = v1::Registration::NewStub(grpc::CreateChannel(
      "127.0.0.1:" + std::to_string(server->grpc_port()), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  const auto stream = stub->Register(&context);
  v1::RegisterRequest request;
  request.set_full(true);
  request.mutable_broker()->set_cluster("c");
  request.mutable_broker()->set_broker_name("a");
  request.mutable_broker()->set_grpc_address("127.0.0.1:8081");
  request.mutable_broker()->set_incarnation("run");
  v1::RegisterResponse response;
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));
  server->stop();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ServerTest, APortInUseIsAnErrorThatNamesIt) {
  const auto server = start();
  config_.rpc.listener.port = server->grpc_port();
  const auto second = NameserverServer::start(config_, clock_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr(std::to_string(server->grpc_port())));
}

TEST(NameserverConfigTest, DefaultsAreSound) {
  NameserverConfig config;
  ConfigSchema schema;
  config.declare(schema);
  EXPECT_TRUE(schema.run_checks().ok());
  EXPECT_EQ(config.rpc.listener.port, 8080);
  EXPECT_EQ(config.http.port, 5558);
  config.tls.key_file = "key.pem";
  EXPECT_FALSE(schema.run_checks().ok());
}

}  // namespace
}  // namespace petrel::nameserver
