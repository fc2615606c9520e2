// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "proto/endpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "apache/rocketmq/v2/definition.pb.h"

namespace petrel {
namespace {

using ::testing::HasSubstr;

apache::rocketmq::v2::Endpoints endpoints_of(std::string_view text) {
  apache::rocketmq::v2::Endpoints endpoints;
  set_endpoints(parse_host_port(text).value(), &endpoints);
  return endpoints;
}

TEST(HostPort, IsParsedFromIpv4AndFromDomainName) {
  EXPECT_EQ(*parse_host_port("127.0.0.1:8081"), (HostPort{"127.0.0.1", 8081}));
  EXPECT_EQ(*parse_host_port("localhost:1"), (HostPort{"localhost", 1}));
  EXPECT_EQ(*parse_host_port("broker-0.petrel.svc.cluster.local.:65535"),
            (HostPort{"broker-0.petrel.svc.cluster.local.", 65535}));
}

TEST(HostPort, HasIpv6InBrackets) {
  EXPECT_EQ(*parse_host_port("[::1]:8081"), (HostPort{"::1", 8081}));
  EXPECT_THAT(parse_host_port("::1:8081").status().ToString(), HasSubstr("brackets"));
}

TEST(HostPort, IsRefusedWithoutAPort) {
  for (const std::string text : {"", "localhost", "localhost:", ":", "[::1]"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(parse_host_port(text).status())) << text;
  }
}

TEST(HostPort, IsRefusedWithAPortOutOfRange) {
  for (const std::string port : {"0", "65536", "-1", "+1", "99999999999", "8081x", " 80", "80 "}) {
    EXPECT_FALSE(parse_host_port("localhost:" + port).ok()) << port;
  }
}

TEST(HostPort, IsRefusedWithABadHost) {
  for (const std::string host :
       {"", "a b", "a..b", ".", "300.1.1.1", "1.2.3", "1.2.3.4.", "a/b", "[]", "[localhost]",
        "[127.0.0.1]", "[::1", "::1]", "[::1%eth0]"}) {
    EXPECT_FALSE(parse_host_port(host + ":80").ok()) << host;
  }
  EXPECT_FALSE(parse_host_port(std::string("a\0b:80", 6)).ok());
}

TEST(HostPort, IsRefusedWhenANameIsTooLong) {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'a');
  EXPECT_TRUE(parse_host_port(longest + ":65535").ok());
  EXPECT_FALSE(parse_host_port(longest + "a:1").ok());
  EXPECT_FALSE(parse_host_port(label + "a:1").ok());
  EXPECT_FALSE(parse_host_port(std::string(100000, 'a') + ":1").ok());
}

TEST(HostPort, IsWrittenAsItIsRead) {
  for (const std::string text : {"127.0.0.1:8081", "[2001:db8::1]:8081", "example.org:80"}) {
    EXPECT_EQ(to_string(*parse_host_port(text)), text);
  }
}

TEST(Endpoints, HaveTheSchemeOfTheHost) {
  EXPECT_EQ(endpoints_of("10.0.0.1:8081").scheme(), apache::rocketmq::v2::IPv4);
  EXPECT_EQ(endpoints_of("[::1]:8081").scheme(), apache::rocketmq::v2::IPv6);
  EXPECT_EQ(endpoints_of("localhost:8081").scheme(), apache::rocketmq::v2::DOMAIN_NAME);
}

TEST(Endpoints, HaveTheAddressWithoutBrackets) {
  const apache::rocketmq::v2::Endpoints endpoints = endpoints_of("[::1]:8081");
  ASSERT_EQ(endpoints.addresses_size(), 1);
  EXPECT_EQ(endpoints.addresses(0).host(), "::1");
  EXPECT_EQ(endpoints.addresses(0).port(), 8081);
}

TEST(Endpoints, AreReplacedWhenSetAgain) {
  apache::rocketmq::v2::Endpoints endpoints = endpoints_of("[::1]:8081");
  set_endpoints({"127.0.0.1", 9000}, &endpoints);
  ASSERT_EQ(endpoints.addresses_size(), 1);
  EXPECT_EQ(endpoints.scheme(), apache::rocketmq::v2::IPv4);
  EXPECT_EQ(endpoints.addresses(0).port(), 9000);
}

std::vector<std::string> hosts_of(const std::vector<HostPort>& addresses) {
  apache::rocketmq::v2::Endpoints endpoints;
  set_endpoints(addresses, &endpoints);
  std::vector<std::string> hosts;
  for (const auto& address : endpoints.addresses()) {
    hosts.push_back(address.host());
  }
  return hosts;
}

TEST(Endpoints, HaveSeveralAddressesOfOneKindInOrder) {
  EXPECT_EQ(hosts_of({{"10.0.0.2", 1}, {"10.0.0.1", 2}}),
            (std::vector<std::string>{"10.0.0.2", "10.0.0.1"}));
  EXPECT_EQ(hosts_of({{"10.0.0.2", 1}, {"::1", 1}, {"example.org", 1}, {"10.0.0.1", 2}}),
            (std::vector<std::string>{"10.0.0.2", "10.0.0.1"}));
}

TEST(Endpoints, HaveOneDomainNameAlone) {
  EXPECT_EQ(hosts_of({{"a.example", 1}, {"b.example", 1}, {"10.0.0.1", 2}}),
            (std::vector<std::string>{"a.example"}));
}

}  // namespace
}  // namespace petrel
