// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "common/config_loader.h"
#include "common/log.h"
#include "common/process.h"
#include "common/signals.h"
#include "common/version.h"
#include "operator/main/config.h"
#include "operator/main/let_go.h"
#include "operator/main/operator.h"
#include "operator/main/probe_command.h"
#include "operator/resources/crd.h"

namespace {

constexpr petrel::log::Logger kLog("main");
constexpr int64_t kProbeTimeoutMs = 30'000;
constexpr const char* kLeadershipLost = "leadership lost";

int print_definitions() {
  for (const petrel::ops::Kind& kind : petrel::ops::kinds()) {
    std::cout << "---\n" << petrel::ops::crd_yaml(kind);
  }
  return std::cout.flush() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "crds") {
    return print_definitions();
  }
  if (argc == 3 && std::string_view(argv[1]) == "probe") {
    return petrel::ops::probe_command(argv[2], kProbeTimeoutMs, std::cout);
  }
  if (argc >= 2 && std::string_view(argv[1]) == "let-go") {
    return petrel::ops::let_go_command({argv + 2, argv + argc}, std::cout);
  }
  petrel::ops::OperatorConfig config;
  petrel::ConfigSchema schema;
  config.declare(schema);
  const petrel::ProgramInfo program = {
      .name = "petrel-operator",
      .summary =
          "Runs PetrelClusters, their topics and their consumer groups on Kubernetes. "
          "\"petrel-operator crds\" prints the CustomResourceDefinitions.",
      .version = petrel::kVersion,
      .commit = petrel::kCommit,
  };
  if (const auto exit_code = petrel::configure(argc, argv, program, schema)) {
    return *exit_code;
  }
  config.read_environment();
  if (const absl::Status status = petrel::log::init(config.log); !status.ok()) {
    std::cerr << program.name << ": " << status.message() << "\n";
    return EXIT_FAILURE;
  }
  petrel::StopSignal stop_signal;
  petrel::economize_memory();
  petrel::economize_locks();
  petrel::raise_open_files_limit();

  auto op = petrel::ops::Operator::start(config,
                                         [&stop_signal] { stop_signal.request(kLeadershipLost); });
  if (!op.ok()) {
    kLog.error("cannot start", {{"reason", op.status().ToString()}});
    return EXIT_FAILURE;
  }
  const std::string reason = stop_signal.wait();
  kLog.info("stop requested", {{"by", reason}});
  // From here on a second signal ends the process at once.
  petrel::unblock_stop_signals();
  (*op)->stop();
  return reason == kLeadershipLost ? EXIT_FAILURE : EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv); }
