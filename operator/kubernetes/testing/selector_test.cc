// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/testing/selector.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace petrel::k8s::testing {
namespace {

bool matches(const char* labels, const char* fields = "") {
  const Json object = {{"metadata", {{"name", "n"}, {"labels", {{"a", "1"}, {"b", "2"}}}}},
                       {"spec", {{"nodeName", "node-1"}}}};
  const auto selector = Selector::parse(labels, fields);
  EXPECT_TRUE(selector.ok()) << selector.status();
  return selector.ok() && selector->matches(object);
}

TEST(Selector, LabelsMatchByEqualitySetAndPresence) {
  EXPECT_TRUE(matches(""));
  EXPECT_TRUE(matches("a=1,b==2"));
  EXPECT_FALSE(matches("a=2"));
  EXPECT_TRUE(matches("a!=2,c!=1"));
  EXPECT_TRUE(matches("a in (1,3), b notin (3)"));
  EXPECT_FALSE(matches("a notin (1)"));
  EXPECT_TRUE(matches("a,!c"));
  EXPECT_FALSE(matches("c"));
}

TEST(Selector, FieldsMatchByPath) {
  EXPECT_TRUE(matches("", "metadata.name=n,spec.nodeName!=node-2"));
  EXPECT_FALSE(matches("", "metadata.name=m"));
}

TEST(Selector, NonsenseIsRefused) { EXPECT_FALSE(Selector::parse("a between (1,2)", "").ok()); }

}  // namespace
}  // namespace petrel::k8s::testing
