// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "proto/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace petrel {
namespace {

using ::testing::HasSubstr;

TEST(TopicName, MayHaveLettersDigitsAndFourSigns) {
  EXPECT_TRUE(validate_topic_name("Orders-2026_eu|a%b").ok());
}

TEST(TopicName, MayNotBeEmpty) { EXPECT_FALSE(validate_topic_name("").ok()); }

TEST(TopicName, MayNotHaveOtherCharacters) {
  for (const std::string name : {"a b", "a.b", "a/b", "a\tb", "caf\xC3\xA9", "a:b", " "}) {
    EXPECT_TRUE(absl::IsInvalidArgument(validate_topic_name(name))) << name;
  }
  EXPECT_FALSE(validate_topic_name(std::string("a\0b", 3)).ok());
}

TEST(TopicName, ErrorShowsTheNameWithUnprintableBytesEscaped) {
  EXPECT_THAT(validate_topic_name("a\nb").ToString(), HasSubstr("\"a\\nb\""));
}

TEST(TopicName, HasAtMost127Bytes) {
  EXPECT_TRUE(validate_topic_name(std::string(127, 'a')).ok());
  EXPECT_FALSE(validate_topic_name(std::string(128, 'a')).ok());
}

TEST(TopicName, HasAtMost255BytesForRetryAndDeadLetterTopics) {
  for (const std::string prefix : {"%RETRY%", "%DLQ%"}) {
    EXPECT_TRUE(validate_topic_name(prefix + std::string(255 - prefix.size(), 'a')).ok());
    EXPECT_FALSE(validate_topic_name(prefix + std::string(256 - prefix.size(), 'a')).ok());
  }
}

TEST(TopicName, MayNotBeThatOfASystemTopic) {
  for (const std::string name :
       {"rmq_sys_anything", "rmq_sys_", "TBW102", "SCHEDULE_TOPIC_XXXX", "RMQ_SYS_TRANS_HALF_TOPIC",
        "SELF_TEST_TOPIC", "OFFSET_MOVED_EVENT", "TRANS_CHECK_MAX_TIME_TOPIC"}) {
    EXPECT_FALSE(validate_topic_name(name).ok()) << name;
    EXPECT_TRUE(is_system_topic(name)) << name;
  }
}

TEST(TopicName, MayContainASystemNameElsewhere) {
  for (const std::string name : {"my_rmq_sys_", "TBW1023", "RMQ_SYS_", "tbw102"}) {
    EXPECT_TRUE(validate_topic_name(name).ok()) << name;
    EXPECT_FALSE(is_system_topic(name)) << name;
  }
}

TEST(GroupName, HasOneTo120Bytes) {
  EXPECT_FALSE(validate_group_name("").ok());
  EXPECT_TRUE(validate_group_name("g").ok());
  EXPECT_TRUE(validate_group_name(std::string(120, 'g')).ok());
  EXPECT_FALSE(validate_group_name(std::string(121, 'g')).ok());
}

TEST(GroupName, MayNotHaveOtherCharacters) { EXPECT_FALSE(validate_group_name("a b").ok()); }

TEST(GroupName, MayNotBeThatOfASystemGroup) {
  EXPECT_FALSE(validate_group_name("CID_RMQ_SYS_TRANS").ok());
  EXPECT_TRUE(validate_group_name("CID_RMQ").ok());
}

TEST(GroupTopics, AreMadeFromTheGroupAndRecognised) {
  EXPECT_EQ(retry_topic("g"), "%RETRY%g");
  EXPECT_EQ(dead_letter_topic("g"), "%DLQ%g");
  EXPECT_TRUE(is_retry_topic("%RETRY%g"));
  EXPECT_FALSE(is_retry_topic("%DLQ%g"));
  EXPECT_TRUE(is_dead_letter_topic("%DLQ%g"));
  EXPECT_FALSE(is_dead_letter_topic("g%DLQ%"));
}

TEST(Namespace, IsPutBeforeTheName) { EXPECT_EQ(with_namespace("ns", "topic"), "ns%topic"); }

TEST(Namespace, IsPutAfterTheRetryOrDeadLetterPrefix) {
  EXPECT_EQ(with_namespace("ns", "%RETRY%g"), "%RETRY%ns%g");
  EXPECT_EQ(with_namespace("ns", "%DLQ%g"), "%DLQ%ns%g");
}

TEST(Namespace, LeavesTheNameAloneWhenEmpty) {
  EXPECT_EQ(with_namespace("", "topic"), "topic");
  EXPECT_EQ(with_namespace("ns", ""), "");
}

TEST(Namespace, LeavesSystemNamesAlone) {
  EXPECT_EQ(with_namespace("ns", "rmq_sys_x"), "rmq_sys_x");
  EXPECT_EQ(with_namespace("ns", "TBW102"), "TBW102");
  EXPECT_EQ(with_namespace("ns", "CID_RMQ_SYS_TRANS"), "CID_RMQ_SYS_TRANS");
}

TEST(Namespace, IsNotPutTwice) {
  EXPECT_EQ(with_namespace("ns", "ns%topic"), "ns%topic");
  EXPECT_EQ(with_namespace("ns", "%RETRY%ns%g"), "%RETRY%ns%g");
}

TEST(Namespace, IsPutBeforeANameThatOnlyBeginsAlike) {
  EXPECT_EQ(with_namespace("ns", "nstopic"), "ns%nstopic");
  EXPECT_EQ(with_namespace("ns", "ns"), "ns%ns");
}

TEST(Namespace, IsSplitFromTheFullName) {
  EXPECT_EQ(split_namespace("ns%topic"), (NamespacedName{"ns", "topic"}));
  EXPECT_EQ(split_namespace("ns%a%b"), (NamespacedName{"ns", "a%b"}));
  EXPECT_EQ(split_namespace("%RETRY%ns%g"), (NamespacedName{"ns", "%RETRY%g"}));
  EXPECT_EQ(split_namespace("topic"), (NamespacedName{"", "topic"}));
  EXPECT_EQ(split_namespace("%topic"), (NamespacedName{"", "%topic"}));
  EXPECT_EQ(split_namespace("%DLQ%g"), (NamespacedName{"", "%DLQ%g"}));
  EXPECT_EQ(split_namespace("rmq_sys_a%b"), (NamespacedName{"", "rmq_sys_a%b"}));
  EXPECT_EQ(split_namespace(""), (NamespacedName{"", ""}));
}

}  // namespace
}  // namespace petrel
