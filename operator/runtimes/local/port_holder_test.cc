// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/local/port_holder.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/concat.h"

namespace petrel::ops {
namespace {

TEST(PortHolder, NamesTheProcessThatListensAndNobodyOnceItDoesNot) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const uint16_t port = ntohs(address.sin_port);
  EXPECT_EQ(port_holder(port), "") << "it is bound and does not listen";
  ASSERT_EQ(listen(fd, 1), 0);
  EXPECT_THAT(port_holder(port), testing::StartsWith("local_runtime_test"));
  EXPECT_THAT(port_holder(port), testing::EndsWith(concat(" (pid ", getpid(), ")")));
  close(fd);
  EXPECT_EQ(port_holder(port), "");
}

}  // namespace
}  // namespace petrel::ops
