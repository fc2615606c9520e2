// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/e2e/petrelctl_fixture.h"

// Every example of every --help, as a shell runs it, against the cluster of
// examples/quickstart.yaml. What an example cannot know is put in its place: addresses, ports and
// ids of messages.

namespace petrel::e2e {
namespace {

using nlohmann::json;

class PetrelctlExamplesTest : public PetrelctlTest {
 protected:
  PetrelctlExamplesTest() {
    std::filesystem::create_directories(dir_.file("examples"));
    std::filesystem::copy_file(concat(PETREL_EXAMPLES_DIR, "/quickstart.yaml"),
                               dir_.file("examples/quickstart.yaml"));
    std::ofstream(dir_.file("order.json")) << "{}\n";
    std::ofstream(dir_.file("second.yaml"))
        << "apiVersion: petrel.io/v1alpha1\nkind: PetrelCluster\nmetadata: {name: second}\n";
  }
  ~PetrelctlExamplesTest() override {
    shell("petrelctl --context quickstart down --wipe --yes");
    shell("petrelctl --data ./second down --wipe --yes");
  }

  // In the directory of the files, which is home, too.
  Outcome shell(const std::string& line) {
    const std::string log = dir_.file(concat("shell-", ++shells_));
    const std::string bin = std::filesystem::path(Server("petrelctl").program()).parent_path();
    ProcessOptions options{.program = "/bin/bash", .log_file = log};
    options.arguments = {
        "-c", concat("cd ", dir_.path(), " && export HOME=", dir_.path(), " PATH=", bin,
                     ":$PATH PETREL_PORT_BASE=", port_base_, " && set -o pipefail && ", line)};
    auto process = Process::start(options);
    EXPECT_TRUE(process.ok()) << process.status();
    Outcome outcome;
    outcome.exit_code = (*process)->wait(kCommandTimeoutMs).value_or(-1);
    outcome.output = read_file(log, 16 << 20).value_or("");
    return outcome;
  }

  // Those of a command and of all below it, in the order of the help.
  std::vector<std::string> examples_of(const std::string& command) {
    const Outcome help = shell(concat(command, " --help"));
    EXPECT_EQ(help.exit_code, 0) << command;
    std::vector<std::string> examples;
    std::vector<std::string> commands;
    std::string part;
    std::istringstream lines(help.output);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with(" ")) {
        part = line;
      } else if (part == "Examples:") {
        examples.push_back(line.substr(line.find_first_not_of(' ')));
      } else if (part == "Subcommands:" && line.starts_with("  ") && line[2] != ' ') {
        commands.push_back(concat(command, " ", line.substr(2, line.find(' ', 2) - 2)));
      }
    }
    for (const std::string& below : commands) {
      if (below == "petrelctl bench") {
        continue;  // another program's
      }
      const std::vector<std::string> more = examples_of(below);
      examples.insert(examples.end(), more.begin(), more.end());
    }
    return examples;
  }

  // All that examples count on, whatever the one before has done.
  void prepare(const std::string& example) {
    if (example.find(" store ") != std::string::npos) {
      shell("petrelctl --context quickstart down");
      return;
    }
    const Outcome up = shell("petrelctl up -f examples/quickstart.yaml");
    EXPECT_EQ(up.exit_code, 0) << up.output;
    const Outcome sent = shell(
        "petrelctl --context quickstart -o json send --topic orders --body x --key 4711 "
        "--count 150");
    EXPECT_EQ(sent.exit_code, 0) << sent.output;
    message_id_ = json::parse(sent.output, nullptr, false)[0].value("messageId", "");
    const Outcome found = shell(concat(
        "petrelctl --context quickstart -o json message query --topic orders --key ", message_id_));
    offset_id_ = json::parse(found.output, nullptr, false)[0].value("offsetId", "");
  }

  std::string with_what_is_here(std::string example) const {
    const std::map<std::string, std::string> here = {
        {"nameserver.example:8080", concat("127.0.0.1:", port_base_)},
        {"127.0.0.1:8081", concat("127.0.0.1:", port_base_ + 100)},
        {"--port-base 21000", concat("--port-base ", second_port_base_)},
        {"01A4BB6D7CC1B7230D0878FCC800000000", message_id_},
        {"7F00000100001F910000000000001A2B", offset_id_}};
    for (const auto& [word, put] : here) {
      if (const size_t at = example.find(word); at != std::string::npos) {
        example.replace(at, word.size(), put);
      }
    }
    return example;
  }

  const int second_port_base_ = port_base();
  std::string message_id_;
  std::string offset_id_;
  int shells_ = 0;
};

bool never_ends(const std::string& example) {
  return example.find("logs -f") != std::string::npos ||
         example.find("message tail") != std::string::npos;
}

TEST_F(PetrelctlExamplesTest, EveryExampleOfEveryHelpRuns) {
  std::vector<std::string> examples = examples_of("petrelctl");
  ASSERT_GT(examples.size(), 40u);
  // The second cluster last: without it, the only one is meant.
  std::stable_partition(examples.begin(), examples.end(), [](const std::string& example) {
    return example.find("second") == std::string::npos;
  });
  for (const std::string& example : examples) {
    SCOPED_TRACE(example);
    prepare(example);
    std::string line = with_what_is_here(example);
    if (never_ends(example)) {
      line = concat("timeout 2 ", line, " || [ $? = 124 ]");
    }
    const Outcome outcome = shell(line);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  }
}

}  // namespace
}  // namespace petrel::e2e
