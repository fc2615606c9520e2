// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/program.h"

#include <cstdlib>
#include <string>
#include <utility>

#include "broker/config.h"
#include "broker/expected_store.h"
#include "broker/server.h"
#include "common/exit_code.h"
#include "common/log.h"
#include "common/process.h"
#include "common/signals.h"

namespace petrel::broker {
namespace {

constexpr log::Logger kLog("broker");

int fail(const absl::Status& status) {
  kLog.error("the broker cannot run", {{"error", std::string(status.message())}});
  return is_wrong_store(status) ? kExitWrongStore : EXIT_FAILURE;
}

}  // namespace

int run_program(int argc, char** argv, const ProgramInfo& program,
                std::unique_ptr<store::Disk> disk) {
  BrokerConfig config;
  ConfigSchema schema;
  config.declare(schema);
  if (const auto exit_code = configure(argc, argv, program, schema)) return *exit_code;

  StopSignal stop;
  // Before anything that may have something to tell: its lines have the format that is asked for.
  if (const absl::Status status = log::init(config.log); !status.ok()) return fail(status);
  economize_memory();
  economize_locks();
  raise_open_files_limit();

  auto server = Server::start(
      config, [&stop] { stop.request("the store failed"); }, std::move(disk));
  if (!server.ok()) return fail(server.status());
  kLog.info("ready", {{"broker", config.broker_name}, {"address", (*server)->advertised()}});

  const std::string reason = stop.wait();
  kLog.info("stopping", {{"reason", reason}});
  // From here on a second signal ends the process at once.
  unblock_stop_signals();
  if (reason == "SIGTERM") (*server)->leave();
  if (const absl::Status status = (*server)->stop(); !status.ok()) return fail(status);
  kLog.info("stopped");
  return EXIT_SUCCESS;
}

}  // namespace petrel::broker
