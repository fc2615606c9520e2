// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/kubernetes/cluster_notes.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace petrel::ops {
namespace {

nlohmann::json with(std::string_view annotation, const std::string& text) {
  return {{"metadata", {{"annotations", {{std::string(annotation), text}}}}}};
}

TEST(ClusterNotes, PinsAreReadAsTheyWereWritten) {
  const Pins pins{"broker:1", "nameserver:1", 2, "monday"};
  EXPECT_EQ(read_pins(with(kPinsAnnotation, text_of(pins))), pins);
}

TEST(ClusterNotes, PinsThatAreNotWholeAreNone) {
  for (const char* text : {"", "x", "[]", "{}", R"({"brokerImage":"b","nameserverImage":"n"})",
                           R"({"brokerImage":"b","settings":2})"}) {
    EXPECT_EQ(read_pins(with(kPinsAnnotation, text)), std::nullopt) << text;
  }
}

TEST(ClusterNotes, StoresAreReadAsTheyWereWritten) {
  const StoreRecords records = {{{Role::kBroker, 0}, {"u0", "s0"}},
                                {{Role::kBroker, 12}, {"u1", ""}}};
  EXPECT_EQ(*read_store_records(with(kStoresAnnotation, text_of(records))), records);
  EXPECT_TRUE(read_store_records(nlohmann::json::object())->empty());
}

TEST(ClusterNotes, StoresThatCannotBeReadAreAnError) {
  for (const char* text : {"x", "[]", R"({"broker-0":"u"})", R"({"broker-x":{"claim":"u"}})",
                           R"({"broker-0":{"store":"s"}})", R"({"nameserver-0":{"claim":"u"}})"}) {
    EXPECT_FALSE(read_store_records(with(kStoresAnnotation, text)).ok()) << text;
  }
}

TEST(ClusterNotes, SeveralLossesMayBeAccepted) {
  EXPECT_EQ(accepted_losses(with(kAcceptLossAnnotation, "a, b,,c")),
            (std::set<std::string>{"a", "b", "c"}));
}

}  // namespace
}  // namespace petrel::ops
