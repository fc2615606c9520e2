// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "common/concat.h"
#include "common/config_loader.h"
#include "common/config_text.h"
#include "common/config_yaml.h"
#include "common/file_util.h"
#include "common/temp_directory.h"

namespace petrel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

enum class Mode { kAsync, kSync };

struct TestConfig {
  std::string directory = "data";
  Mode mode = Mode::kAsync;
  int64_t segment_bytes = 1 << 30;
  int64_t interval_ms = 500;
  int port = 8081;
  int64_t temperature = -5;
  bool enabled = true;
  std::vector<std::string> names = {"a"};

  void declare(ConfigSchema& schema) {
    schema.section("store", "Where messages are kept");
    schema.add("store.directory", &directory,
               {.help = "Directory of the log", .validate = not_empty});
    schema.add_enum("store.flush-mode", &mode,
                    {{"ASYNC_FLUSH", Mode::kAsync}, {"SYNC_FLUSH", Mode::kSync}},
                    {.help = "What a send waits for"});
    schema.add_bytes("store.segment-size", &segment_bytes,
                     {.help = "Size of a file", .min = 1024, .max = 1L << 40});
    schema.add_duration_ms("store.flush.interval", &interval_ms,
                           {.help = "Time between syncs", .min = 1});
    schema.add("server.port", &port, {.help = "Port", .unit = "ports", .min = 1, .max = 65'535});
    schema.add("server.temperature", &temperature, {.help = "Below zero too", .min = -10});
    schema.add("server.enabled", &enabled, {.help = "Whether | not"});
    schema.add("server.names", &names, {.help = "Names", .validate = not_empty});
    schema.add_check([this] {
      return port == 13 ? absl::InvalidArgumentError("server.port 13 needs luck")
                        : absl::OkStatus();
    });
  }

  static absl::Status not_empty(const std::string& text) {
    return text.empty() ? absl::InvalidArgumentError("expected a text that is not empty")
                        : absl::OkStatus();
  }
};

class Config : public testing::Test {
 protected:
  Config() { config_.declare(schema_); }

  std::string yaml_error(const std::string& text) {
    return std::string(apply_yaml(text, "petrel.yaml", schema_).message());
  }

  // What load_config returned as a word, an error, or the text printed.
  std::string run(const std::vector<std::string>& arguments) {
    std::ostringstream out;
    const auto next = load_config(arguments, {"prog", "does things", "1.2.3", "abc"}, schema_, out);
    if (!next.ok()) {
      return concat("error: ", next.status().message());
    }
    return *next == NextStep::kRun ? "run" : out.str();
  }

  TestConfig config_;
  ConfigSchema schema_;
  TempDirectory directory_;
};

TEST_F(Config, NestedYamlSetsEveryType) {
  ASSERT_EQ(yaml_error("store:\n"
                       "  directory: /var/lib/petrel\n"
                       "  flush-mode: SYNC_FLUSH\n"
                       "  segment-size: 64MiB\n"
                       "  flush: {interval: 2s}\n"
                       "server:\n"
                       "  port: 9000\n"
                       "  temperature: -10\n"
                       "  enabled: false\n"
                       "  names: [x, \"y z\"]\n"),
            "");
  EXPECT_EQ(config_.directory, "/var/lib/petrel");
  EXPECT_EQ(config_.mode, Mode::kSync);
  EXPECT_EQ(config_.segment_bytes, 64 << 20);
  EXPECT_EQ(config_.interval_ms, 2000);
  EXPECT_EQ(config_.port, 9000);
  EXPECT_EQ(config_.temperature, -10);
  EXPECT_FALSE(config_.enabled);
  EXPECT_THAT(config_.names, ElementsAre("x", "y z"));
}

TEST_F(Config, DottedKeysMeanTheSameAsNestedOnes) {
  ASSERT_EQ(
      yaml_error("store.flush.interval: 1s\nserver: {port: 1}\nstore: {flush-mode: SYNC_FLUSH}\n"),
      "");
  EXPECT_EQ(config_.interval_ms, 1000);
  EXPECT_EQ(config_.port, 1);
  EXPECT_EQ(config_.mode, Mode::kSync);
}

TEST_F(Config, EmptyFilesAndEmptySectionsChangeNothing) {
  EXPECT_EQ(yaml_error(""), "");
  EXPECT_EQ(yaml_error("# only a comment\n"), "");
  EXPECT_EQ(yaml_error("store:\n  # directory: x\n"), "");
  EXPECT_EQ(config_.directory, "data");
}

TEST_F(Config, UnknownKeyNamesPlaceAndNearestKey) {
  EXPECT_EQ(yaml_error("store:\n  flush_mode: SYNC_FLUSH\n"),
            "petrel.yaml:2:3: unknown key 'store.flush_mode', did you mean 'store.flush-mode'?");
  EXPECT_EQ(yaml_error("stor:\n  flush-mode: SYNC_FLUSH\n"),
            "petrel.yaml:1:1: unknown key 'stor', did you mean 'store'?");
  EXPECT_EQ(yaml_error("zookeeper: 3\n"), "petrel.yaml:1:1: unknown key 'zookeeper'");
}

TEST_F(Config, RepeatedKeysAreErrorsHoweverTheyAreWritten) {
  EXPECT_EQ(yaml_error("store:\n  directory: a\n  directory: b\n"),
            "petrel.yaml:3:3: key 'store.directory' is repeated, first in line 2");
  EXPECT_EQ(yaml_error("store:\n  directory: a\nstore.directory: b\n"),
            "petrel.yaml:3:1: key 'store.directory' is repeated, first in line 2");
  EXPECT_EQ(yaml_error("store: {directory: a}\nstore: {flush-mode: SYNC_FLUSH}\n"),
            "petrel.yaml:2:1: key 'store' is repeated, first in line 1");
}

TEST_F(Config, WrongValuesNamePlaceKeyValueAndWhatIsAllowed) {
  EXPECT_EQ(yaml_error("store: {flush-mode: SOMETIMES}"),
            "petrel.yaml:1:21: store.flush-mode: 'SOMETIMES' is not allowed: expected one of "
            "ASYNC_FLUSH, SYNC_FLUSH");
  EXPECT_EQ(yaml_error("store: {segment-size: 1KB}"),
            "petrel.yaml:1:23: store.segment-size: '1KB' is not allowed: expected a size like "
            "64MiB from 1KiB to 1TiB");
  EXPECT_EQ(yaml_error("store: {flush: {interval: 0}}"),
            "petrel.yaml:1:27: store.flush.interval: '0' is not allowed: expected a duration like "
            "500ms of at least 1ms");
  EXPECT_EQ(yaml_error("server: {port: 65536}"),
            "petrel.yaml:1:16: server.port: '65536' is not allowed: expected a whole number from 1 "
            "to 65535");
  EXPECT_EQ(yaml_error("server: {temperature: -11}"),
            "petrel.yaml:1:23: server.temperature: '-11' is not allowed: expected a whole number "
            "of at least -10");
  EXPECT_EQ(yaml_error("server: {enabled: yes}"),
            "petrel.yaml:1:19: server.enabled: 'yes' is not allowed: expected true or false");
  EXPECT_EQ(
      yaml_error("store: {directory: ''}"),
      "petrel.yaml:1:20: store.directory: '' is not allowed: expected a text that is not empty");
  EXPECT_EQ(yaml_error("server: {names: [a, '']}"),
            "petrel.yaml:1:17: server.names: expected a text that is not empty");
}

TEST_F(Config, WrongShapesAreErrors) {
  EXPECT_EQ(yaml_error("store: {directory: [a]}"),
            "petrel.yaml:1:20: store.directory: expected a text");
  EXPECT_EQ(yaml_error("store:\n  directory:\n"),
            "petrel.yaml:2:3: store.directory: expected a text");
  EXPECT_EQ(yaml_error("server: {names: a}"),
            "petrel.yaml:1:17: server.names: expected a list of texts");
  EXPECT_EQ(yaml_error("server: {names: [[a]]}"),
            "petrel.yaml:1:17: server.names: expected a list of texts");
  EXPECT_EQ(yaml_error("store: 3"),
            "petrel.yaml:1:8: 'store' is a section with keys under it and has no value of its own");
  EXPECT_EQ(yaml_error("[store]"), "petrel.yaml:1:1: expected keys and values");
  EXPECT_EQ(yaml_error("? [a]\n: b"), "petrel.yaml:1:3: a key must be a word");
  EXPECT_EQ(yaml_error("a: b\n---\nc: d\n"), "petrel.yaml:3:1: expected one YAML document");
}

TEST_F(Config, YamlThatDoesNotParseNamesItsPlace) {
  EXPECT_THAT(yaml_error("store: {directory: a\nserver"), testing::StartsWith("petrel.yaml:"));
  EXPECT_THAT(yaml_error("store:\n\t- x"), testing::StartsWith("petrel.yaml:2:"));
  EXPECT_NE(yaml_error(std::string(100'000, '[')), "");
  EXPECT_NE(yaml_error(std::string("a\0b: c", 6)), "");
}

TEST_F(Config, AllErrorsOfAFileAreReportedAtOnce) {
  EXPECT_EQ(
      yaml_error("x: 1\nserver:\n  port: 0\n"),
      "petrel.yaml:1:1: unknown key 'x'\n"
      "petrel.yaml:3:9: server.port: '0' is not allowed: expected a whole number from 1 to 65535");
}

TEST_F(Config, FlagsOverrideTheFileInBothForms) {
  const std::string file = directory_.file("petrel.yaml");
  ASSERT_TRUE(
      write_file_atomic(file, "server: {port: 9000, names: [q]}\nstore: {directory: d}\n", 0600)
          .ok());
  EXPECT_EQ(run({"--server.port=9001", "--config", file, "--server.names", "a,b"}), "run");
  EXPECT_EQ(config_.port, 9001);
  EXPECT_EQ(config_.directory, "d");
  EXPECT_THAT(config_.names, ElementsAre("a", "b"));
}

TEST_F(Config, FlagValuesMayBeEmptyOrNegativeOrContainEquals) {
  EXPECT_EQ(run({"--server.names=", "--server.temperature", "-3", "--store.directory=a=b"}), "run");
  EXPECT_THAT(config_.names, IsEmpty());
  EXPECT_EQ(config_.temperature, -3);
  EXPECT_EQ(config_.directory, "a=b");
}

TEST_F(Config, BadFlagsAreErrors) {
  EXPECT_EQ(run({"--server.prot=1"}),
            "error: unknown option '--server.prot', did you mean 'server.port'?");
  EXPECT_EQ(run({"--server.port=1", "--server.port=2"}),
            "error: option --server.port is given twice");
  EXPECT_EQ(run({"--server.port"}),
            "error: option --server.port needs a value: --server.port=VALUE");
  EXPECT_EQ(run({"--server.port", "--help"}),
            "error: option --server.port needs a value: --server.port=VALUE");
  EXPECT_EQ(run({"--help=yes"}), "error: option --help takes no value");
  EXPECT_EQ(run({"-h"}), "error: unexpected argument '-h': options are --KEY=VALUE");
  EXPECT_EQ(run({"--"}), "error: unexpected argument '--': options are --KEY=VALUE");
  EXPECT_EQ(run({"start"}), "error: unexpected argument 'start': options are --KEY=VALUE");
  EXPECT_EQ(run({"--server.port=x"}),
            "error: --server.port: 'x' is not allowed: expected a whole number from 1 to 65535");
  EXPECT_EQ(run({"--server.names=a,,b"}),
            "error: --server.names: 'a,,b' is not allowed: expected a text that is not empty");
}

TEST_F(Config, ChecksOverSeveralPropertiesRunLast) {
  EXPECT_EQ(run({"--server.port=13"}), "error: server.port 13 needs luck");
}

TEST_F(Config, MissingAndHugeFilesAreErrors) {
  EXPECT_EQ(run({"--config=/no/such/file"}),
            "error: open /no/such/file: No such file or directory");
  const std::string file = directory_.file("big.yaml");
  ASSERT_TRUE(write_file_atomic(file, std::string((1 << 20) + 1, '#'), 0600).ok());
  EXPECT_THAT(run({"--config=" + file}), HasSubstr("larger than 1048576 bytes"));
}

TEST_F(Config, HelpHasEveryKeyWithDefaultAndUnit) {
  const std::string help = run({"--help"});
  for (const auto& property : schema_.properties()) {
    EXPECT_THAT(help,
                HasSubstr(concat("  --", property->key(), "=", property->placeholder(), "\n")));
    EXPECT_THAT(help, HasSubstr(property->help()));
  }
  EXPECT_THAT(help, HasSubstr("\nstore: Where messages are kept\n"));
  EXPECT_THAT(help,
              HasSubstr("Expected a whole number from 1 to 65535, in ports. Default: 8081\n"));
}

TEST_F(Config, PrintedConfigurationReadsBackAsItself) {
  const std::vector<std::string> flags = {
      "--store.directory=a \"quoted\" #path: \t\u00e4", "--server.names=1,true,~",
      "--store.flush-mode=SYNC_FLUSH", "--store.flush.interval=90s"};
  std::vector<std::string> print = flags;
  print.emplace_back("--print-config");
  const std::string printed = run(print);
  TestConfig copy;
  ConfigSchema copy_schema;
  copy.declare(copy_schema);
  const absl::Status status = apply_yaml(printed, "printed", copy_schema);
  ASSERT_TRUE(status.ok()) << status << "\n" << printed;
  EXPECT_EQ(copy.directory, config_.directory);
  EXPECT_EQ(copy.names, config_.names);
  EXPECT_EQ(copy.mode, Mode::kSync);
  EXPECT_EQ(copy.interval_ms, 90'000);
  EXPECT_EQ(config_yaml(copy_schema).size(), printed.size());
}

TEST_F(Config, PrintedConfigurationExplainsEachKey) {
  EXPECT_THAT(run({"--print-config", "--server.port=1"}),
              HasSubstr("server:\n"
                        "  # Port\n"
                        "  # Expected a whole number from 1 to 65535, in "
                        "ports. Default: 8081\n"
                        "  port: 1\n"));
}

TEST_F(Config, OtherRequestsAreAnswered) {
  EXPECT_EQ(run({"--version"}), "prog 1.2.3 (abc)\n");
  EXPECT_EQ(run({"--check-config"}), "the configuration is valid\n");
  EXPECT_THAT(run({"--check-config", "--server.port=0"}), HasSubstr("error: --server.port"));
  EXPECT_THAT(run({"--print-config-docs"}),
              HasSubstr("| `server.enabled` | `true` | true or false | Whether \\| not |\n"));
}

TEST_F(Config, ConfigureTurnsErrorsIntoExitCodes) {
  std::string name = "prog";
  std::string bad = "--nonsense";
  std::string good = "--server.port=5";
  char* bad_arguments[] = {name.data(), bad.data()};
  char* good_arguments[] = {name.data(), good.data()};
  testing::internal::CaptureStderr();
  EXPECT_EQ(configure(2, bad_arguments, {"prog", "", "", ""}, schema_), 2);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "prog: unknown option '--nonsense'\nTry prog --help\n");
  EXPECT_EQ(configure(2, good_arguments, {"prog", "", "", ""}, schema_), std::nullopt);
}

TEST(ConfigSchemaDeathTest, DeclarationsThatContradictAreRefused) {
  bool flag = false;
  ConfigSchema schema;
  schema.add("a.b", &flag, {.help = ""});
  EXPECT_DEATH(schema.add("a.b", &flag, {.help = ""}), "declared twice");
  EXPECT_DEATH(schema.add("a", &flag, {.help = ""}), "declared twice");
  EXPECT_DEATH(schema.add("a.b.c", &flag, {.help = ""}), "lies under another property");
  EXPECT_DEATH(schema.add("A_b", &flag, {.help = ""}), "A_b");
  EXPECT_DEATH(schema.add("a..b", &flag, {.help = ""}), "check failed");
}

}  // namespace
}  // namespace petrel
