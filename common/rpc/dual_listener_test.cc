// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/rpc/dual_listener.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#include <string>
#include <vector>

#include "common/concat.h"
#include "common/log.h"
#include "common/mutex.h"
#include "common/rpc/testing/test_sockets.h"

namespace petrel {
namespace {

using testing::HasSubstr;

class DualListenerTest : public testing::Test {
 protected:
  ~DualListenerTest() override {
    for (const int fd : handed_) {
      close(fd);
    }
  }

  void start(DualListenerOptions options = {}) {
    options.host = "127.0.0.1";
    auto listener = DualListener::bind(options, clock_, registry_);
    ASSERT_TRUE(listener.ok()) << listener.status();
    listener_ = std::move(*listener);
    listener_->start([this](int fd, ConnectionKind kind) {
      MutexLock lock(mutex_);
      handed_.push_back(fd);
      kinds_.push_back(kind);
    });
  }

  size_t handed() {
    MutexLock lock(mutex_);
    return handed_.size();
  }

  // The socket that was handed over as the index-th.
  int handed_fd(size_t index) {
    EXPECT_TRUE(eventually([&] { return handed() > index; }));
    MutexLock lock(mutex_);
    return handed_[index];
  }

  void close_handed() {
    MutexLock lock(mutex_);
    for (const int fd : handed_) {
      close(fd);
    }
    handed_.clear();
  }

  bool metric_becomes(const std::string& line) {
    return eventually([&] { return registry_.text().find(line + "\n") != std::string::npos; });
  }

  int port() const { return listener_->port(); }

  const SystemClock clock_{};
  MetricRegistry registry_;
  Mutex mutex_;
  std::vector<int> handed_ ABSL_GUARDED_BY(mutex_);
  std::vector<ConnectionKind> kinds_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<DualListener> listener_;
};

TEST_F(DualListenerTest, FirstByteTellsTlsFromPlaintextAndStaysInTheSocket) {
  start();
  TestSocket tls(port());
  tls.send_bytes("\x16\x03\x01");
  const int tls_fd = handed_fd(0);
  TestSocket plaintext(port());
  plaintext.send_bytes("PRI * HTTP/2.0");
  const int plaintext_fd = handed_fd(1);
  {
    MutexLock lock(mutex_);
    EXPECT_EQ(kinds_[0], ConnectionKind::kTls);
    EXPECT_EQ(kinds_[1], ConnectionKind::kPlaintext);
  }
  char first = 0;
  EXPECT_EQ(recv(tls_fd, &first, 1, 0), 1);
  EXPECT_EQ(first, 0x16);
  EXPECT_NE(fcntl(plaintext_fd, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(fcntl(plaintext_fd, F_GETFD) & FD_CLOEXEC, 0);
  int no_delay = 0;
  socklen_t size = sizeof(no_delay);
  EXPECT_EQ(getsockopt(plaintext_fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
  EXPECT_EQ(no_delay, 1);
  EXPECT_TRUE(metric_becomes("petrel_rpc_connections_accepted_total{kind=\"tls\"} 1"));
  EXPECT_TRUE(metric_becomes("petrel_rpc_connections{kind=\"plaintext\"} 1"));
}

TEST_F(DualListenerTest, PlaintextIsClosedAndCountedWhenTlsIsEnforced) {
  start({.tls_mode = TlsMode::kEnforcing});
  TestSocket plaintext(port());
  plaintext.send_bytes("PRI * HTTP/2.0");
  plaintext.await_close();
  TestSocket tls(port());
  tls.send_bytes("\x16\x03\x01");
  handed_fd(0);
  {
    MutexLock lock(mutex_);
    EXPECT_THAT(kinds_, testing::ElementsAre(ConnectionKind::kTls));
  }
  EXPECT_TRUE(metric_becomes("petrel_rpc_connections_dropped_total{reason=\"tls-mode\"} 1"));
  EXPECT_TRUE(metric_becomes("petrel_rpc_connections_accepted_total{kind=\"plaintext\"} 0"));
}

TEST_F(DualListenerTest, SilentConnectionHoldsUpNoOther) {
  start();
  TestSocket silent(port());
  TestSocket speaking(port());
  speaking.send_bytes("P");
  EXPECT_TRUE(eventually([&] { return handed() == 1; }));
  silent.send_bytes("\x16");
  EXPECT_TRUE(eventually([&] { return handed() == 2; }));
}

TEST_F(DualListenerTest, SilentConnectionIsClosedAtItsTimeout) {
  start({.first_byte_timeout_ms = 20});
  TestSocket silent(port());
  silent.await_close();
  EXPECT_TRUE(
      metric_becomes("petrel_rpc_connections_dropped_total{reason=\"first-byte-timeout\"} 1"));
  EXPECT_EQ(handed(), 0U);
}

TEST_F(DualListenerTest, ProbesThatConnectAndCloseLeaveNothing) {
  start();
  for (int i = 0; i < 100; ++i) {
    TestSocket probe(port());
  }
  EXPECT_TRUE(
      metric_becomes("petrel_rpc_connections_dropped_total{reason=\"closed-by-peer\"} 100"));
  EXPECT_EQ(handed(), 0U);
}

TEST_F(DualListenerTest, TooManySilentConnectionsEvictTheOldest) {
  start({.undecided_max = 2});
  TestSocket first(port());
  TestSocket second(port());
  TestSocket third(port());
  first.await_close();
  second.send_bytes("P");
  third.send_bytes("P");
  EXPECT_TRUE(eventually([&] { return handed() == 2; }));
  EXPECT_TRUE(metric_becomes("petrel_rpc_connections_dropped_total{reason=\"undecided-max\"} 1"));
}

TEST_F(DualListenerTest, ConnectionsBeyondTheLimitAreRefusedUntilOthersClose) {
  start({.connections_max = 2});
  TestSocket first(port());
  TestSocket second(port());
  first.send_bytes("P");
  second.send_bytes("P");
  EXPECT_TRUE(eventually([&] { return handed() == 2; }));
  TestSocket third(port());
  third.await_close();
  EXPECT_TRUE(metric_becomes("petrel_rpc_connections_dropped_total{reason=\"connections-max\"} 1"));
  close_handed();
  EXPECT_TRUE(metric_becomes("petrel_rpc_connections{kind=\"plaintext\"} 0"));
  TestSocket fourth(port());
  fourth.send_bytes("P");
  EXPECT_TRUE(eventually([&] { return handed() == 1; }));
}

TEST_F(DualListenerTest, ClosedSocketWhoseNumberIsTakenAgainIsNotCounted) {
  start();
  TestSocket client(port());
  client.send_bytes("P");
  const int fd = handed_fd(0);
  close_handed();
  const int other = open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(other, fd);
  EXPECT_TRUE(metric_becomes("petrel_rpc_connections{kind=\"plaintext\"} 0"));
  close(other);
}

TEST_F(DualListenerTest, AcceptingResumesAfterDescriptorsRanOut) {
  start();
  TestSocket client;
  // Sanitizers look at an object of a new type through a pipe, for which there will be no
  // descriptors.
  log::Limiter limiter(clock_);
  log::Logger("test").limited(limiter, log::Level::kInfo, "the next line is as it should be",
                              {{"error", "no descriptors"}});
  registry_.text();
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit few{128, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  std::vector<int> hogs;
  for (int fd = 0; (fd = dup(STDIN_FILENO)) >= 0;) {
    hogs.push_back(fd);
  }
  ASSERT_TRUE(client.connect_to(port()));  // into the backlog
  client.send_bytes("P");
  EXPECT_TRUE(metric_becomes("petrel_rpc_accept_pauses_total 1"));
  EXPECT_EQ(handed(), 0U);
  for (const int fd : hogs) {
    close(fd);
  }
  EXPECT_TRUE(eventually([&] { return handed() == 1; }));
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

TEST_F(DualListenerTest, StopClosesThePortAndWhatIsUndecided) {
  start();
  TestSocket silent(port());
  TestSocket speaking(port());
  speaking.send_bytes("P");
  EXPECT_TRUE(eventually([&] { return handed() == 1; }));
  const int port_number = port();
  listener_->stop();
  listener_->stop();
  silent.await_close();
  EXPECT_FALSE(TestSocket().connect_to(port_number));
  EXPECT_EQ(send(handed_fd(0), "x", 1, MSG_NOSIGNAL), 1) << "what was handed over stays open";
}

TEST_F(DualListenerTest, AddressesThatCannotBeBoundAreErrors) {
  start();
  MetricRegistry other;
  const auto taken = DualListener::bind({.host = "127.0.0.1", .port = port()}, clock_, other);
  EXPECT_EQ(taken.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(taken.status().message()),
              HasSubstr(concat("listen on 127.0.0.1:", port())));
  const auto nonsense = DualListener::bind({.host = "not an address"}, clock_, other);
  EXPECT_EQ(nonsense.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(DualListenerTest, ListenerThatNeverStartsLeaksNothing) {
  const int before = dup(STDIN_FILENO);
  close(before);
  {
    MetricRegistry registry;
    ASSERT_TRUE(DualListener::bind({.host = "127.0.0.1"}, clock_, registry).ok());
  }
  const int after = dup(STDIN_FILENO);
  close(after);
  EXPECT_EQ(before, after);
}

}  // namespace
}  // namespace petrel
