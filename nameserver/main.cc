// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "common/clock.h"
#include "common/config_loader.h"
#include "common/log.h"
#include "common/process.h"
#include "common/signals.h"
#include "common/version.h"
#include "nameserver/config.h"
#include "nameserver/server.h"

namespace {

constexpr petrel::log::Logger kLog("main");

int run(int argc, char** argv) {
  petrel::nameserver::NameserverConfig config;
  petrel::ConfigSchema schema;
  config.declare(schema);
  const petrel::ProgramInfo program = {
      .name = "petrel-nameserver",
      .summary = "Tells clients which brokers serve which topics.",
      .version = petrel::kVersion,
      .commit = petrel::kCommit,
  };
  if (const auto exit_code = petrel::configure(argc, argv, program, schema)) {
    return *exit_code;
  }
  if (const absl::Status status = petrel::log::init(config.log); !status.ok()) {
    std::cerr << program.name << ": " << status.message() << "\n";
    return 1;
  }
  petrel::StopSignal stop_signal;
  petrel::economize_memory();
  petrel::economize_locks();
  petrel::raise_open_files_limit();

  const petrel::SystemClock clock;
  auto server = petrel::nameserver::NameserverServer::start(config, clock);
  if (!server.ok()) {
    kLog.error("cannot start", {{"reason", server.status().ToString()}});
    return 1;
  }
  kLog.info("ready",
            {{"grpc_port", (*server)->grpc_port()}, {"http_port", (*server)->http_port()}});
  kLog.info("stop requested", {{"by", stop_signal.wait()}});
  (*server)->stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv); }
