// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/rocketmq_files/lenient_json.h"

#include <nlohmann/json.hpp>

#include "gtest/gtest.h"

namespace petrel::rocketmq_files {
namespace {

TEST(LenientJson, KeysThatAreNumbersMayLackTheirQuotes) {
  const auto value = parse_lenient_json(R"({"t@g":{0:100, 1 : 50,-2:3},"list":[1,2]})");
  EXPECT_EQ(value.dump(), R"({"list":[1,2],"t@g":{"-2":3,"0":100,"1":50}})");
}

TEST(LenientJson, TextWithinStringsIsLeftAlone) {
  const auto value = parse_lenient_json(R"({"a":"{1:2,3:4}","b\"{5:6":"x\\"})");
  EXPECT_EQ(value.at("a"), "{1:2,3:4}");
  EXPECT_EQ(value.at("b\"{5:6"), "x\\");
}

TEST(LenientJson, OrdinaryJsonStaysWhatItIs) {
  constexpr char kText[] = R"({"a":[1,-2.5e3,true,null,{"b":{}}],"c":""})";
  EXPECT_EQ(parse_lenient_json(kText), nlohmann::json::parse(kText));
}

TEST(LenientJson, WhatIsCutOffAnywhereIsNone) {
  const std::string_view text = R"({"t":{0:1,"x":"y\""}})";
  for (size_t bytes = 0; bytes < text.size(); ++bytes) {
    EXPECT_TRUE(parse_lenient_json(text.substr(0, bytes)).is_discarded()) << bytes;
  }
  EXPECT_FALSE(parse_lenient_json(text).is_discarded());
}

}  // namespace
}  // namespace petrel::rocketmq_files
