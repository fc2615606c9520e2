// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <string>

#include "broker/config.h"
#include "broker/server.h"
#include "common/config_loader.h"
#include "common/log.h"
#include "common/process.h"
#include "common/signals.h"
#include "common/version.h"

namespace {

constexpr petrel::log::Logger kLog("broker");

int fail(const absl::Status& status) {
  kLog.error("the broker cannot run", {{"error", std::string(status.message())}});
  return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  petrel::broker::BrokerConfig config;
  petrel::ConfigSchema schema;
  config.declare(schema);
  const petrel::ProgramInfo program{.name = "petrel-broker",
                                    .summary = "Stores messages and delivers them to consumers.",
                                    .version = petrel::kVersion,
                                    .commit = petrel::kCommit};
  if (const auto exit_code = petrel::configure(argc, argv, program, schema)) return *exit_code;

  petrel::StopSignal stop;
  petrel::economize_memory();
  petrel::economize_locks();
  petrel::raise_open_files_limit();
  if (const absl::Status status = petrel::log::init(config.log); !status.ok()) return fail(status);

  auto server =
      petrel::broker::Server::start(config, [&stop] { stop.request("the store failed"); });
  if (!server.ok()) return fail(server.status());
  std::printf("petrel-broker %s serves %s\n", config.broker_name.c_str(),
              (*server)->advertised().c_str());
  std::fflush(stdout);

  const std::string reason = stop.wait();
  kLog.info("stopping", {{"reason", reason}});
  // From here on a second signal ends the process at once.
  petrel::unblock_stop_signals();
  if (const absl::Status status = (*server)->stop(); !status.ok()) return fail(status);
  kLog.info("stopped");
  return EXIT_SUCCESS;
}
