// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>

#include <memory>
#include <set>

#include "tests/e2e/petrelctl_fixture.h"

// petrelctl beside a broker that hangs, or was never received from.

namespace petrel::e2e {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class PetrelctlSilentTest : public PetrelctlTest {
 protected:
  ~PetrelctlSilentTest() override { wake(); }

  void hang(const std::string& member) {
    hanging_ = pid_of(member);
    ASSERT_EQ(::kill(hanging_, SIGSTOP), 0);
  }
  void wake() {
    if (hanging_ != 0) {
      ::kill(hanging_, SIGCONT);
      hanging_ = 0;
    }
  }
  Outcome send(int count) {
    return run({"send", "--topic", "orders", "--body", "x", "--count", std::to_string(count)});
  }
  // Messages on broker-0 that group g received, and as many on broker-1, where it never was.
  void receive_from_one_of_two() {
    ASSERT_TRUE(comes_up(cluster() + topic("orders")));
    ASSERT_EQ(send(8).exit_code, 0);
    hang("broker-1");
    ASSERT_EQ(receive(4).exit_code, 4);
    wake();
    ASSERT_TRUE(eventually([&] { return run({"status"}).exit_code == 0; }));
  }
  Outcome receive(int count) {
    return run({"receive", "--topic", "orders", "--group", "g", "--count", std::to_string(count),
                "--wait", "30s"});
  }

 private:
  pid_t hanging_ = 0;
};

TEST_F(PetrelctlSilentTest, SendAndReceiveGoOnWithoutABrokerThatHangs) {
  ASSERT_TRUE(comes_up(cluster() + topic("orders")));
  ASSERT_EQ(send(8).exit_code, 0);
  for (const char* member : {"broker-1", "broker-0"}) {
    SCOPED_TRACE(member);
    hang(member);
    const Outcome sent = send(4);
    EXPECT_EQ(sent.exit_code, 4) << sent.output;
    EXPECT_THAT(sent.output, AllOf(HasSubstr("petrelctl: without broker "),
                                   HasSubstr("did not answer"), HasSubstr("sent 4 messages")));
    const Outcome received = receive(4);
    EXPECT_EQ(received.exit_code, 4) << received.output;
    EXPECT_THAT(received.output, AllOf(HasSubstr("petrelctl: without broker "),
                                       HasSubstr("received 4 and acknowledged them")));
    wake();
    ASSERT_TRUE(eventually([&] { return run({"status"}).exit_code == 0; }));
  }
  const Outcome rest = receive(8);
  EXPECT_EQ(rest.exit_code, 0) << rest.output;
}

}  // namespace
}  // namespace petrel::e2e
