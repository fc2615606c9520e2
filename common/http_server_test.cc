// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "common/concat.h"

namespace petrel {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

int connect_to(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  return fd;
}

// Everything that the server sends until it closes.
std::string exchange(int port, const std::string& request) {
  const int fd = connect_to(port);
  EXPECT_GT(send(fd, request.data(), request.size(), MSG_NOSIGNAL), 0);
  std::string reply;
  char buffer[4096];
  for (ssize_t got = 0; (got = recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
    reply.append(buffer, static_cast<size_t>(got));
  }
  close(fd);
  return reply;
}

class Http : public testing::Test {
 protected:
  Http() {
    registry_.counter("petrel_x_total", "X").add(7);
    add_operations_pages(
        server_, registry_, {},
        {{"store", [this] { return store_; }}, {"nameserver", [this] { return nameserver_; }}});
    EXPECT_TRUE(server_.start().ok());
  }

  std::string get(const std::string& path) {
    return exchange(server_.port(), concat("GET ", path, " HTTP/1.1\r\nHost: x\r\n\r\n"));
  }

  MetricRegistry registry_;
  absl::Status store_;
  absl::Status nameserver_;
  HttpServer server_{{.host = "127.0.0.1"}};
};

TEST_F(Http, ServesMetricsAsText) {
  const std::string reply = get("/metrics");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(reply, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(reply, HasSubstr("\npetrel_x_total 7\n"));
}

TEST_F(Http, ReadinessNamesEveryCheckThatFails) {
  EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(get("/readyz"), HasSubstr("\r\n\r\nok\n"));
  store_ = absl::UnavailableError("recovering");
  nameserver_ = absl::UnavailableError("not registered");
  const std::string reply = get("/readyz");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(reply, HasSubstr("\r\n\r\nstore: recovering\nnameserver: not registered\n"));
  EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200"));
}

TEST_F(Http, RefusesWhatItDoesNotServe) {
  EXPECT_THAT(get("/etc/passwd"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(get("/metrics/../x"), StartsWith("HTTP/1.1 404"));
  // The reply to a body that nobody reads may be lost with the connection.
  exchange(server_.port(), concat("POST /metrics HTTP/1.1\r\nContent-Length: 70000\r\n\r\n",
                                  std::string(70'000, 'x')));
  EXPECT_THAT(
      exchange(server_.port(), concat("GET /", std::string(10'000, 'x'), " HTTP/1.1\r\n\r\n")),
      StartsWith("HTTP/1.1 414"));
  exchange(server_.port(), concat(std::string(4, '\0'), "\r\n\r\n"));
  EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200"));
}

TEST_F(Http, SilentConnectionsDelayOthersButDoNotLockThemOut) {
  std::vector<int> silent;
  for (int i = 0; i < 6; ++i) {
    silent.push_back(connect_to(server_.port()));
  }
  EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200"));
  for (const int fd : silent) {
    close(fd);
  }
}

TEST_F(Http, StopWaitsForHandlersAndFreesThePort) {
  const int port = server_.port();
  HttpServer taken({.host = "127.0.0.1", .port = port});
  EXPECT_EQ(taken.start().code(), absl::StatusCode::kUnavailable);
  server_.stop();
  server_.stop();
  HttpServer next({.host = "127.0.0.1", .port = port});
  EXPECT_TRUE(next.start().ok());
}

TEST(HttpServer, ManyClientsAtOnceAreAllServed) {
  HttpServer server({.host = "127.0.0.1"});
  std::atomic<int> served = 0;
  server.get("/", [&served] { return HttpReply{.body = concat(++served)}; });
  ASSERT_TRUE(server.start().ok());
  std::vector<std::thread> clients;
  for (int i = 0; i < 40; ++i) {
    clients.emplace_back([port = server.port()] {
      EXPECT_THAT(exchange(port, "GET / HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200"));
    });
  }
  for (std::thread& client : clients) {
    client.join();
  }
  EXPECT_EQ(served, 40);
}

}  // namespace
}  // namespace petrel
