// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "common/concat.h"
#include "common/config_yaml.h"
#include "common/log_config.h"

namespace petrel::log {
namespace {

// Sends the log into a file for the length of one test.
class LogFile : public testing::Test {
 protected:
  LogFile() : path_(testing::TempDir() + "petrel_log_test_" + std::to_string(getpid())) {}
  ~LogFile() override {
    EXPECT_TRUE(init(Options()).ok());
    std::filesystem::remove(path_);
  }

  std::string contents() const {
    std::ifstream in(path_);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

  const std::string path_;
  const Logger logger_{"store"};
};

TEST(LogFormat, TextQuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(format_text("store", "opened",
                        {{"file", "a/b"}, {"words", "two words"}, {"empty", ""}, {"n", -3}}),
            "store: opened file=a/b words=\"two words\" empty=\"\" n=-3");
  EXPECT_EQ(format_text("x", "m", {{"ok", true}, {"big", UINT64_MAX}, {"half", 0.5}}),
            "x: m ok=true big=18446744073709551615 half=0.5");
}

TEST(LogFormat, LineBreaksInValuesCannotForgeLines) {
  EXPECT_EQ(format_text("x", "m", {{"v", "a\nERROR forged"}}), "x: m v=\"a\\nERROR forged\"");
}

TEST(LogFormat, JsonSurvivesBytesThatAreNotUtf8AndNumbersThatAreNotJson) {
  const std::string line =
      concat("{", format_json("x", "m", {{"v", "a\xff\""}, {"nan", std::nan("")}, {"n", 7}}), "}");
  const auto parsed = nlohmann::json::parse(line);
  EXPECT_EQ(parsed["v"], "a\xef\xbf\xbd\"");
  EXPECT_TRUE(parsed["nan"].is_null());
  EXPECT_EQ(parsed["n"], 7);
}

TEST_F(LogFile, WritesTextLinesOfTheLevelAndAbove) {
  ASSERT_TRUE(init({.level = Level::kWarn, .file = path_}).ok());
  logger_.info("not written");
  logger_.warn("written", {{"n", 1}});
  EXPECT_FALSE(Logger::enabled(Level::kInfo));
  EXPECT_TRUE(Logger::enabled(Level::kError));
  const std::string text = contents();
  EXPECT_EQ(text.find("not written"), std::string::npos);
  EXPECT_NE(text.find("Z WARN  store: written n=1\n"), std::string::npos);
}

TEST_F(LogFile, WritesOneJsonObjectALine) {
  ASSERT_TRUE(init({.format = Format::kJson, .file = path_}).ok());
  logger_.error("broken", {{"file", "x y"}});
  const auto parsed = nlohmann::json::parse(contents());
  EXPECT_EQ(parsed["level"], "error");
  EXPECT_EQ(parsed["logger"], "store");
  EXPECT_EQ(parsed["message"], "broken");
  EXPECT_EQ(parsed["file"], "x y");
  EXPECT_EQ(parsed["time"].get<std::string>().size(),
            std::string("2026-11-21T10:33:52.123Z").size());
}

TEST_F(LogFile, LimiterLetsOneLineThroughPerIntervalAndCountsTheRest) {
  ASSERT_TRUE(init({.file = path_}).ok());
  ManualClock clock;
  Limiter limiter(clock, 1000);
  for (int i = 0; i < 3; ++i) {
    logger_.limited(limiter, Level::kWarn, "refused", {{"i", i}});
  }
  clock.advance_ms(1000);
  logger_.limited(limiter, Level::kWarn, "refused", {{"i", 9}});
  const std::string text = contents();
  EXPECT_NE(text.find("refused i=0\n"), std::string::npos);
  EXPECT_EQ(text.find("i=1"), std::string::npos);
  EXPECT_NE(text.find("refused i=9 suppressed=2\n"), std::string::npos);
}

TEST_F(LogFile, FileThatCannotBeOpenedIsAnErrorAndTheOldLogStays) {
  ASSERT_TRUE(init({.file = path_}).ok());
  EXPECT_EQ(init({.file = "/proc/no/such/file"}).code(), absl::StatusCode::kUnavailable);
  logger_.info("still here");
  EXPECT_NE(contents().find("still here"), std::string::npos);
}

TEST_F(LogFile, DeclaredOptionsSelectLevelFormatAndFile) {
  Options options;
  ConfigSchema schema;
  declare_log(schema, &options);
  ASSERT_TRUE(
      apply_yaml(concat("log: {level: error, format: json, file: ", path_, "}"), "x", schema).ok());
  ASSERT_TRUE(init(options).ok());
  logger_.warn("not written");
  logger_.error("written");
  EXPECT_EQ(nlohmann::json::parse(contents())["message"], "written");
}

TEST_F(LogFile, FullFileIsSetAside) {
  ASSERT_TRUE(init({.file = path_, .file_size_bytes_max = 100, .file_count_max = 1}).ok());
  for (int i = 0; i < 10; ++i) {
    logger_.info("a line of some length", {{"i", i}});
  }
  EXPECT_LE(std::filesystem::file_size(path_), 200U);
  EXPECT_TRUE(std::filesystem::exists(path_ + ".1"));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".2"));
  std::filesystem::remove(path_ + ".1");
}

}  // namespace
}  // namespace petrel::log
