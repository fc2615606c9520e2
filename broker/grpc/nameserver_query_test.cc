// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/nameserver_query.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <unistd.h>

#include <future>

#include "apache/rocketmq/v2/service.grpc.pb.h"
#include "common/clock.h"
#include "common/concat.h"
#include "common/file_util.h"
#include "common/tls.h"
#include "gtest/gtest.h"

namespace petrel::grpcfront {
namespace {

class Nameserver final : public rmq::MessagingService::Service {
 public:
  grpc::Status QueryRoute(grpc::ServerContext*, const rmq::QueryRouteRequest*,
                          rmq::QueryRouteResponse* response) override {
    response->mutable_status()->set_code(rmq::OK);
    return grpc::Status::OK;
  }
};

class NameserverQueryTest : public testing::Test {
 protected:
  ~NameserverQueryTest() override { unlink(ca_file_.c_str()); }

  TlsIdentity make_identity() {
    auto identity = make_self_signed_identity({}, SystemClock());
    EXPECT_TRUE(identity.ok()) << identity.status();
    return *std::move(identity);
  }
  // At the port that it had before, if it had one.
  void serve(const TlsIdentity& identity) {
    if (server_ != nullptr) {
      server_->Shutdown();
      server_->Wait();
    }
    grpc::SslServerCredentialsOptions options;
    options.pem_key_cert_pairs.push_back({identity.private_key_pem, identity.certificate_pem});
    grpc::ServerBuilder builder;
    builder.AddListeningPort(concat("127.0.0.1:", port_), grpc::SslServerCredentials(options),
                             &port_);
    builder.RegisterService(&nameserver_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }
  void trust(const std::string& authorities_pem) {
    ASSERT_TRUE(write_file_atomic(ca_file_, authorities_pem, 0600).ok());
  }
  // Whether one of so many calls, a second apart, is answered: a connection may take longer than a
  // call does.
  bool is_answered(NameserverQuery& query, int calls) {
    for (int call = 0; call < calls; ++call) {
      std::promise<bool> answered;
      query.query(0, "orders", [&](const absl::StatusOr<rmq::QueryRouteResponse>& response) {
        answered.set_value(response.ok());
      });
      if (answered.get_future().get()) {
        return true;
      }
      clock_.advance_ms(1'000);
    }
    return false;
  }

  const std::string ca_file_ = concat(testing::TempDir(), "nameserver-query-", getpid(), ".pem");
  ManualClock clock_;
  Nameserver nameserver_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(NameserverQueryTest, AuthoritiesThatChangeAreReadAgain) {
  const TlsIdentity before = make_identity();
  const TlsIdentity after = make_identity();
  serve(before);
  trust(before.certificate_pem);
  const auto query =
      make_nameserver_query(clock_, {concat("127.0.0.1:", port_)}, "broker-a", ca_file_);
  EXPECT_TRUE(is_answered(*query, 10));
  serve(after);
  EXPECT_FALSE(is_answered(*query, 2)) << "one that it cannot trust";
  trust(concat(before.certificate_pem, after.certificate_pem));
  EXPECT_TRUE(is_answered(*query, 30));
}

}  // namespace
}  // namespace petrel::grpcfront
