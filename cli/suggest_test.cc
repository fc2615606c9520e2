// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/suggest.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

namespace petrel::cli {
namespace {

class SuggestTest : public testing::Test {
 protected:
  SuggestTest() {
    app_.add_option("--data", text_);
    app_.add_option("-o,--output", text_);
    CLI::App* topic = app_.add_subcommand("topic", "");
    topic->add_subcommand("list", "")->add_flag("--system", flag_);
    topic->add_subcommand("create", "")->add_option("--queues", text_);
    CLI::App* send = app_.add_subcommand("send", "");
    send->add_option("--topic", text_);
    send->add_option("--key", texts_);
    CLI::App* bench = app_.add_subcommand("bench", "");
    bench->prefix_command();
  }

  std::string explain(const std::vector<std::string>& words) const {
    return explain_unknown_word(app_, words);
  }

  CLI::App app_{"", "prog"};
  std::string text_;
  std::vector<std::string> texts_;
  bool flag_ = false;
};

TEST_F(SuggestTest, ACommandThatIsNearlyOneIsSuggested) {
  EXPECT_EQ(explain({"topics", "list"}), "prog has no command topics; did you mean topic?");
  EXPECT_EQ(explain({"--data", "x", "topic", "lsit"}),
            "prog topic has no command lsit; did you mean list?");
  EXPECT_EQ(explain({"elephant"}), "prog has no command elephant");
}

TEST_F(SuggestTest, AnOptionOfTheCommandOrAboveItIsSuggested) {
  EXPECT_EQ(explain({"send", "--topc", "orders"}),
            "prog send has no option --topc; did you mean --topic?");
  EXPECT_EQ(explain({"topic", "create", "a", "--queue=4"}),
            "prog topic create has no option --queue; did you mean --queues?");
  EXPECT_EQ(explain({"topic", "list", "--dta", "x"}),
            "prog topic list has no option --dta; did you mean --data?");
}

TEST_F(SuggestTest, ValuesAreNoCommandsAndWhatIsKnownIsNotExplained) {
  EXPECT_EQ(explain({"--data", "topics", "topic", "list", "--system"}), "");
  EXPECT_EQ(explain({"-o", "json", "send", "--key", "a", "b", "--topic=x"}), "");
  EXPECT_EQ(explain({"topic", "create", "lsit"}), "");
  EXPECT_EQ(explain({"bench", "produce", "--anything"}), "") << "another program's";
  EXPECT_EQ(explain({"topic", "list", "--", "--sytem"}), "");
}

}  // namespace
}  // namespace petrel::cli
