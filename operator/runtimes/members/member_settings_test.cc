// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/members/member_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/runtimes/members/digest.h"

namespace petrel::ops {
namespace {

using testing::HasSubstr;

const MemberPlace kPlace{.made_by = "petrelctl",
                         .host = "127.0.0.1",
                         .grpc_port = 8081,
                         .http_port = 5557,
                         .advertised_address = "b:8081",
                         .nameservers = {"n0:8080", "n1:8080"},
                         .store_directory = "/data"};

TEST(MemberSettings, OfABrokerHoldAllThatFollowsFromTheSpecAndThePlace) {
  const ClusterSpec spec{.flush_mode = FlushMode::kSync,
                         .auto_create_topics = true,
                         .broker_config = {{"log.level", "debug"}}};
  const MemberSettings settings = member_settings("demo", spec, {Role::kBroker, 1}, kPlace);
  EXPECT_EQ(settings.text,
            "# Made by petrelctl from the declared cluster; changes here are lost.\n"
            "\"grpc.host\": \"127.0.0.1\"\n"
            "\"grpc.port\": 8081\n"
            "\"http.host\": \"127.0.0.1\"\n"
            "\"http.port\": 5557\n"
            "\"broker.cluster\": \"demo\"\n"
            "\"broker.name\": \"broker-1\"\n"
            "\"broker.id\": 0\n"
            "\"broker.advertised-address\": \"b:8081\"\n"
            "\"broker.nameservers\": [\"n0:8080\",\"n1:8080\"]\n"
            "\"store.directory\": \"/data\"\n"
            "\"store.flush-mode\": \"sync\"\n"
            "\"topics.auto-create\": true\n"
            "\"groups.auto-create\": true\n"
            "\"log.level\": \"debug\"\n");
  EXPECT_TRUE(settings.refused.empty());
}

TEST(MemberSettings, AVersionWritesWhatItAlwaysWrote) {
  MemberPlace place = kPlace;
  place.expected_store = "one";
  const MemberId broker{Role::kBroker, 0};
  EXPECT_THAT(member_settings("demo", {}, broker, place).text,
              HasSubstr("\"store.expected-id\": \"one\"\n"));
  place.version = 1;
  const std::string of_before = member_settings("demo", {}, broker, place).text;
  EXPECT_EQ(of_before.find("expected-id"), std::string::npos);
  place.version = 2;
  place.expected_store = "";
  EXPECT_EQ(member_settings("demo", {}, broker, place).text, of_before);
}

TEST(MemberSettings, OfANameserverSayNothingOfBrokers) {
  const ClusterSpec spec{.nameserver_config = {{"brokers.expiry", "30s"}},
                         .broker_config = {{"log.level", "debug"}}};
  const MemberSettings settings = member_settings("demo", spec, {Role::kNameserver, 0}, kPlace);
  EXPECT_THAT(settings.text, HasSubstr("\"brokers.expiry\": \"30s\"\n"));
  EXPECT_EQ(settings.text.find("broker."), std::string::npos);
  EXPECT_EQ(settings.text.find("log.level"), std::string::npos);
}

TEST(MemberSettings, WhoEnforcesTlsTellsAllMembersAndNobodyElseIsToldAMode) {
  for (const MemberId& member : {MemberId{Role::kNameserver, 0}, MemberId{Role::kBroker, 0}}) {
    const std::string permissive = member_settings("demo", {}, member, kPlace).text;
    EXPECT_EQ(permissive.find("tls"), std::string::npos) << "as before there was a mode";
    // Whatever the version: who demands it is told by a program that does not know it.
    MemberPlace place = kPlace;
    place.version = 1;
    EXPECT_THAT(member_settings("demo", {.tls_mode = TlsMode::kEnforcing}, member, place).text,
                HasSubstr("\"grpc.tls-mode\": \"enforcing\"\n"));
  }
}

TEST(MemberSettings, TheTlsModeIsNotSetBesideTheSpecs) {
  const ClusterSpec spec{.nameserver_config = {{"grpc.tls-mode", "enforcing"}}};
  const MemberSettings settings = member_settings("demo", spec, {Role::kNameserver, 0}, kPlace);
  ASSERT_EQ(settings.refused.size(), 1u);
  EXPECT_EQ(settings.refused[0].message,
            "spec.nameservers.config: grpc.tls-mode follows from spec.tls.mode; remove it");
  EXPECT_EQ(settings.text.find("tls"), std::string::npos);
}

TEST(MemberSettings, KeysThatFollowFromOtherFieldsAreRefusedAndTold) {
  const ClusterSpec spec{
      .broker_config = {{"grpc.port", "1"}, {"log.level", "debug"}, {"store.flush-mode", "sync"}}};
  const MemberSettings settings = member_settings("demo", spec, {Role::kBroker, 0}, kPlace);
  ASSERT_EQ(settings.refused.size(), 2u);
  EXPECT_EQ(settings.refused[0].message,
            "spec.broker.config: grpc.port is given to each member by itself; remove it");
  EXPECT_EQ(settings.refused[1].message,
            "spec.broker.config: store.flush-mode follows from spec.broker.flushMode; remove it");
  EXPECT_THAT(settings.text, HasSubstr("\"grpc.port\": 8081\n"));
  EXPECT_THAT(settings.text, HasSubstr("\"store.flush-mode\": \"async\"\n"));
  EXPECT_THAT(settings.text, HasSubstr("\"log.level\": \"debug\"\n"));
}

TEST(Digest, ChangesWithTheText) {
  EXPECT_EQ(digest_of("").size(), 32u);
  EXPECT_EQ(digest_of("a"), digest_of("a"));
  EXPECT_NE(digest_of("a"), digest_of("b"));
}

}  // namespace
}  // namespace petrel::ops
