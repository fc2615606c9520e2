// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "common/concat.h"
#include "common/file_util.h"
#include "common/temp_directory.h"
#include "tests/e2e/harness.h"
#include "tests/e2e/process.h"

// petrelctl with the real programs, and a cluster of its own for each test.

namespace petrel::e2e {

inline constexpr int64_t kCommandTimeoutMs = 90'000;

struct Outcome {
  int exit_code = -1;
  std::string output;  // standard output and error
};

inline std::string document(const std::string& kind, const std::string& name,
                            const std::string& spec) {
  return concat("---\napiVersion: petrel.io/v1alpha1\nkind: ", kind, "\nmetadata: {name: ", name,
                "}\nspec: {", spec, "}\n");
}

inline std::string cluster(const std::string& spec = "") {
  return document("PetrelCluster", "e2e", spec.empty() ? "brokerGroups: {replicas: 2}" : spec);
}

inline std::string topic(const std::string& name, const std::string& more = "") {
  return document("PetrelTopic", name, concat("clusterRef: {name: e2e}", more));
}

inline std::string group(const std::string& name, const std::string& more = "") {
  return document("PetrelConsumerGroup", name, concat("clusterRef: {name: e2e}", more));
}

class PetrelctlTest : public testing::Test {
 protected:
  ~PetrelctlTest() override {
    if (std::filesystem::exists(data_dir())) {
      EXPECT_EQ(run({"down", "--wipe", "--yes"}).exit_code, 0);
    }
  }

  Outcome run(const std::vector<std::string>& arguments) { return run_in(data_dir(), arguments); }

  // With another data directory.
  Outcome run_in(const std::string& data, const std::vector<std::string>& arguments) {
    ProcessOptions options{.program = Server("petrelctl").program()};
    options.arguments = {"--data", data};
    return run_program(std::move(options), arguments);
  }

  // Adds the arguments.
  Outcome run_program(ProcessOptions options, const std::vector<std::string>& arguments) {
    const std::string log = dir_.file(concat("output-", ++runs_));
    options.log_file = log;
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    auto process = Process::start(options);
    EXPECT_TRUE(process.ok()) << process.status();
    Outcome outcome;
    outcome.exit_code = (*process)->wait(kCommandTimeoutMs).value_or(-1);
    outcome.output = read_file(log, 16 << 20).value_or("");
    return outcome;
  }

  Outcome up(const std::string& documents) {
    std::ofstream(dir_.file("cluster.yaml")) << documents;
    return run({"up", "-f", dir_.file("cluster.yaml"), "--port-base", std::to_string(port_base_)});
  }

  testing::AssertionResult comes_up(const std::string& documents) {
    const Outcome outcome = up(documents);
    return outcome.exit_code == 0 ? testing::AssertionSuccess()
                                  : testing::AssertionFailure() << outcome.output;
  }

  nlohmann::json run_json(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-o", "json"});
    return nlohmann::json::parse(run_without_errors(arguments).output, nullptr, false);
  }

  // Its output has nothing of standard error.
  Outcome run_without_errors(const std::vector<std::string>& arguments) {
    ProcessOptions options{.program = "/bin/sh"};
    options.arguments = {"-c", "exec \"$0\" \"$@\" 2> /dev/null", Server("petrelctl").program(),
                         "--data", data_dir()};
    return run_program(std::move(options), arguments);
  }

  // What up tells, without when.
  static std::string without_times(const std::string& output) {
    return std::regex_replace(output, std::regex("(^|\n) *[0-9]+[.][0-9] s  "), "$1");
  }

  std::string data_dir() const { return dir_.file("data"); }

  pid_t pid_of(const std::string& member) {
    const nlohmann::json process = nlohmann::json::parse(
        read_file(concat(data_dir(), "/", member, "/process.json"), 10'000).value_or(""), nullptr,
        false);
    return process.value("pid", 0);
  }

  // The first of a range of which every port that the cluster takes is free, below those that the
  // kernel gives to outgoing connections.
  static int port_base() {
    constexpr int kFirst = 20'000;
    constexpr int kRanges = 60;
    constexpr int kRangePorts = 200;
    static int turn = getpid();
    while (true) {
      const int base = kFirst + ++turn % kRanges * kRangePorts;
      bool free = true;
      for (const int offset : {0, 1, 100, 101, 102, 103}) {
        free = free && is_free(base + offset);
      }
      if (free) {
        return base;
      }
    }
  }

  static bool is_free(int port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    close(fd);
    return bound;
  }

  const TempDirectory dir_;
  const int port_base_ = port_base();
  int runs_ = 0;
};

}  // namespace petrel::e2e
