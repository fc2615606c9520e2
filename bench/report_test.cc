// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace petrel::bench {
namespace {

Report produced_report() {
  Report report;
  report.label = std::string("a \"label\"");
  report.mode = std::string("produce");
  report.produced = true;
  report.body_bytes = 1024;
  report.send.messages = 1000;
  report.send.seconds = 2;
  report.send.latency_ns.record(50'000);
  report.servers.push_back({.pid = 7, .cpu_s = 0.02, .rss_bytes = 3 << 20, .rss_anon_bytes = 0});
  return report;
}

TEST(Report, OneLineOfJsonWithRatesLatencyAndServerUse) {
  const std::string line = to_json_line(produced_report());
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["label"], "a \"label\"");
  EXPECT_EQ(json["send"]["msgs_per_s"], 500);
  EXPECT_NEAR(json["send"]["latency"]["p99_us"].get<double>(), 50, 0.5);
  EXPECT_NEAR(json["servers"][0]["cpu_us_per_msg"].get<double>(), 20, 0.01);
  EXPECT_NEAR(json["servers"][0]["rss_mib"].get<double>(), 3, 0.01);
  EXPECT_EQ(json["clean"], true);
  EXPECT_FALSE(json.contains("receive"));
}

TEST(Report, ErrorsAreCountedByCodeAndShownWithAnExample) {
  Report report = produced_report();
  report.errors.add("TOPIC_NOT_FOUND", "no topic t");
  report.errors.add("TOPIC_NOT_FOUND", "another");
  EXPECT_FALSE(report.is_clean());
  EXPECT_EQ(nlohmann::json::parse(to_json_line(report))["errors"]["TOPIC_NOT_FOUND"], 2);
  EXPECT_NE(to_text(report).find("TOPIC_NOT_FOUND: 2 times, first: no topic t"), std::string::npos);
}

TEST(Report, AMissingMessageOrAnArrivalGivenUpIsNotClean) {
  Report lost = produced_report();
  lost.missing = 1;
  EXPECT_FALSE(lost.is_clean());
  Report late = produced_report();
  late.given_up = 1;
  EXPECT_FALSE(late.is_clean());
}

TEST(Report, BytesThatAreNoUtf8DoNotBreakTheJson) {
  Report report = produced_report();
  report.label.assign(1, static_cast<char>(0xff));
  EXPECT_TRUE(nlohmann::json::accept(to_json_line(report)));
}

}  // namespace
}  // namespace petrel::bench
