// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/e2e/messaging_client.h"
#include "tests/e2e/petrelctl_fixture.h"

// A cluster that comes to demand TLS and to permit plaintext again, and what its tools and clients
// meet in either mode.

namespace petrel::e2e {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;

constexpr const char* kEachInTurn =
    "restart nameserver-0 with its new configuration(.|\n)*"
    "restart broker-0 with its new configuration(.|\n)*"
    "restart broker-1 with its new configuration(.|\n)*e2e is as declared";

class PetrelctlTlsTest : public PetrelctlTest {
 protected:
  std::string nameserver() const { return concat("127.0.0.1:", port_base_); }
  std::string broker() const { return concat("127.0.0.1:", port_base_ + 100); }

  // Who is named by an address and no cluster.
  Outcome at(const std::string& address, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--endpoint", address});
    return run(arguments);
  }
  testing::AssertionResult sends(const std::vector<std::string>& how) {
    std::vector<std::string> arguments = {"send", "--topic", "orders", "--body", "hello"};
    arguments.insert(arguments.begin(), how.begin(), how.end());
    const Outcome sent = run(arguments);
    return (sent.exit_code == 0 ? testing::AssertionSuccess() : testing::AssertionFailure())
           << sent.output;
  }
  std::string certificate_of(const std::string& member) const {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(concat(data_dir(), "/", member))) {
      if (entry.path().filename() == "tls-certificate.pem") {
        return entry.path().string();
      }
    }
    return "none";
  }

  static inline const std::string kGroups = "brokerGroups: {replicas: 2}";
  static inline const std::string kPermissive = cluster(kGroups) + topic("orders");
  static inline const std::string kEnforcing =
      cluster(kGroups + ", tls: {mode: Enforcing}") + topic("orders");
};

TEST_F(PetrelctlTlsTest, AClusterComesToDemandTlsAndPermitsPlaintextAgain) {
  ASSERT_TRUE(comes_up(kPermissive));
  EXPECT_TRUE(sends({"--endpoint", broker()}));
  EXPECT_TRUE(sends({"--endpoint", broker(), "--tls"}));

  const Outcome changed = up(kEnforcing);
  ASSERT_EQ(changed.exit_code, 0) << changed.output;
  EXPECT_THAT(changed.output, ContainsRegex(kEachInTurn));
  EXPECT_FALSE(sends({"--endpoint", broker()}));
  EXPECT_FALSE(sends({"--endpoint", nameserver()}));
  EXPECT_TRUE(sends({"--endpoint", broker(), "--tls"}));
  EXPECT_TRUE(sends({"--endpoint", nameserver(), "--tls"})) << "brokers have registered";

  const Outcome back = up(kPermissive);
  ASSERT_EQ(back.exit_code, 0) << back.output;
  EXPECT_THAT(back.output, ContainsRegex(kEachInTurn));
  EXPECT_TRUE(sends({"--endpoint", broker()}));
  EXPECT_TRUE(sends({"--endpoint", nameserver()}));
}

TEST_F(PetrelctlTlsTest, WhereTlsIsDemandedPlaintextIsToldWhatToDo) {
  ASSERT_TRUE(comes_up(kEnforcing));
  EXPECT_EQ(MessagingClient(broker()).send("orders", "in plaintext"), std::nullopt);
  const Outcome refused = at(broker(), {"topic", "list"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("does it take TLS only?"));
  EXPECT_THAT(run({"logs", "broker-0"}).output,
              ContainsRegex("plaintext connection refused peer=127.0.0.1:[0-9]+ "
                            "grpc.tls-mode=enforcing"));
}

TEST_F(PetrelctlTlsTest, WhereTlsIsDemandedEveryCommandWorks) {
  ASSERT_TRUE(comes_up(kEnforcing));
  EXPECT_EQ(run({"status"}).exit_code, 0);
  EXPECT_EQ(run({"topic", "create", "more"}).exit_code, 0);
  EXPECT_TRUE(sends({})) << "of a cluster that up made nothing need be said";
  const Outcome received =
      at(nameserver(), {"--tls", "receive", "--topic", "orders", "--group", "g", "--count", "1"});
  EXPECT_EQ(received.exit_code, 0);
  EXPECT_THAT(received.output, HasSubstr("hello"));
  const Outcome status = at(nameserver(), {"--tls", "status"});
  EXPECT_THAT(status.output, AllOf(HasSubstr("broker-0"), HasSubstr("broker-1")));
}

TEST_F(PetrelctlTlsTest, AnAuthorityThatIsNamedIsTheOnlyOneTrusted) {
  ASSERT_TRUE(comes_up(cluster("tls: {mode: Enforcing}") + topic("orders")));
  EXPECT_TRUE(sends({"--endpoint", broker(), "--tls", "--tls-ca", certificate_of("broker-0")}));
  EXPECT_TRUE(sends({"--endpoint", broker(), "--tls-ca", certificate_of("broker-0")}))
      << "who names an authority wants it asked";
  std::ofstream(dir_.file("none.pem")) << "no certificate";
  const Outcome refused = run({"--tls-ca", dir_.file("none.pem"), "status"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.output, HasSubstr("has no certificate in PEM form"));
  EXPECT_FALSE(sends({"--endpoint", broker(), "--tls", "--tls-ca", dir_.file("none.pem")}));
  EXPECT_FALSE(sends({"--tls-ca", dir_.file("none.pem")}));
}

}  // namespace
}  // namespace petrel::e2e
