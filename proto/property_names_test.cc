// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "proto/property_names.h"

#include "gtest/gtest.h"

namespace petrel::property {
namespace {

TEST(PropertyNames, WhatTheProtocolCarriesIsNoUsersToSet) {
  for (const std::string_view name :
       {kTag, kKeys, kMessageId, kBornHost, kBornTimestamp, kProducerGroup, kDeadLetterTopic,
        kDeadLetterMessageId, kChecksum, std::string_view("__PETREL_ORIGIN")}) {
    EXPECT_TRUE(is_reserved(name)) << name;
  }
}

TEST(PropertyNames, OthersAreTheUsers) {
  for (const std::string_view name :
       {std::string_view("colour"), std::string_view("tags"), std::string_view("KEYS "),
        std::string_view(), kTraceContext}) {
    EXPECT_FALSE(is_reserved(name)) << name;
  }
}

}  // namespace
}  // namespace petrel::property
