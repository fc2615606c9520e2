// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// A petrel-broker that kills itself in the midst of a disk operation: of the one whose number, from
// 0, is in PETREL_CRASH_AT. Composed as the real one.
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

#include "broker/config.h"
#include "broker/server.h"
#include "common/config_loader.h"
#include "common/log.h"
#include "common/process.h"
#include "common/signals.h"
#include "common/version.h"
#include "tests/e2e/crash_disk.h"

namespace {

int64_t crash_point() {
  const char* const text = std::getenv("PETREL_CRASH_AT");
  return text == nullptr ? std::numeric_limits<int64_t>::max() : std::stoll(text);
}

int fail(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  petrel::broker::BrokerConfig config;
  petrel::ConfigSchema schema;
  config.declare(schema);
  const petrel::ProgramInfo program{.name = "petrel-crash-broker",
                                    .summary = "A broker that crashes, for tests.",
                                    .version = petrel::kVersion,
                                    .commit = petrel::kCommit};
  if (const auto exit_code = petrel::configure(argc, argv, program, schema)) return *exit_code;

  petrel::StopSignal stop;
  petrel::raise_open_files_limit();
  if (const absl::Status status = petrel::log::init(config.log); !status.ok()) return fail(status);
  auto disk =
      std::make_unique<petrel::e2e::CrashDisk>(petrel::store::make_posix_disk(), crash_point());
  auto server = petrel::broker::Server::start(
      config, [&stop] { stop.request("the store failed"); }, std::move(disk));
  if (!server.ok()) return fail(server.status());
  stop.wait();
  petrel::unblock_stop_signals();
  if (const absl::Status status = (*server)->stop(); !status.ok()) return fail(status);
  return EXIT_SUCCESS;
}
