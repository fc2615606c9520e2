// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/brokers/channel.h"

#include <gmock/gmock.h>
#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

namespace petrel::ops {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string told(const Connection& connection, const std::string& words) {
  const absl::Status status =
      from_grpc(grpc::Status(grpc::StatusCode::UNAVAILABLE, words), connection);
  EXPECT_TRUE(absl::IsUnavailable(status));
  return std::string(status.message());
}

// The library's words for a connection that a server closed before it said anything.
TEST(Channel, OnlyOfPlaintextThatIsHungUpOnItIsAskedWhetherTheServerTakesTlsOnly) {
  for (const char* words : {"failed to connect to all addresses; last error: UNKNOWN: "
                            "ipv4:127.0.0.1:8081: Socket closed",
                            "failed to connect to all addresses; last error: UNAVAILABLE: "
                            "ipv4:127.0.0.1:8081: recvmsg:Connection reset by peer"}) {
    EXPECT_THAT(told({.address = "broker:8081", .tls = false}, words),
                AllOf(HasSubstr("cannot talk to broker:8081"), HasSubstr("does it take TLS only?"),
                      HasSubstr("grpc.connections-max"), HasSubstr(words)));
    EXPECT_THAT(told({.address = "broker:8081", .tls = true}, words),
                AllOf(HasSubstr("cannot talk to broker:8081"), HasSubstr("grpc.connections-max"),
                      Not(HasSubstr("TLS only"))));
  }
}

TEST(Channel, OfAServerThatIsNotThereItIsAskedWhetherItRuns) {
  const char* const words =
      "failed to connect to all addresses; last error: UNKNOWN: "
      "ipv4:127.0.0.1:8081: Failed to connect to remote host: "
      "Connection refused";
  EXPECT_THAT(told({.address = "broker:8081", .tls = false}, words),
              AllOf(HasSubstr("cannot reach broker:8081; is the server running"),
                    Not(HasSubstr("TLS only"))));
}

}  // namespace
}  // namespace petrel::ops
