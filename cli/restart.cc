// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/member.h"
#include "cli/progress.h"
#include "cli/target.h"
#include "cli/validators.h"
#include "common/clock.h"
#include "common/concat.h"
#include "common/status.h"
#include "common/units.h"
#include "operator/runtimes/local/data_lock.h"
#include "operator/runtimes/local/local_runtime.h"

namespace petrel::cli {

namespace {

constexpr int64_t kMs = 1000;  // microseconds

struct RestartOptions {
  std::string member;
  std::string wait = "60s";
};

// Until the member serves.
absl::Status wait_until_ready(ops::LocalRuntime& runtime, const ops::MemberId& member,
                              const Clock& clock, int64_t deadline_us, Progress& progress) {
  while (true) {
    PETREL_ASSIGN_OR_RETURN(const ops::Snapshot snapshot, runtime.observe());
    const auto found = snapshot.members.find(member);
    if (found != snapshot.members.end() && found->second.ready) {
      return absl::OkStatus();
    }
    if (found != snapshot.members.end() && !found->second.failure.empty()) {
      return absl::InternalError(concat(member.name(), ": ", found->second.failure));
    }
    if (clock.mono_us() >= deadline_us) {
      return absl::DeadlineExceededError(
          concat(member.name(), " was started and is not ready yet"));
    }
    const bool told = found != snapshot.members.end() && !found->second.says.empty();
    progress.tell(concat("waiting until ", member.name(), " is ready",
                         told ? concat(": ", found->second.says) : ""));
    runtime.wait();
  }
}

absl::StatusOr<int> restart(const Globals& globals, const RestartOptions& options) {
  PETREL_ASSIGN_OR_RETURN(const int64_t wait_ms, parse_duration_ms(options.wait));
  PETREL_ASSIGN_OR_RETURN(const LocalCluster cluster, find_local_cluster(globals));
  PETREL_ASSIGN_OR_RETURN(const ops::MemberId member, find_member(cluster, options.member));
  PETREL_ASSIGN_OR_RETURN(const auto lock,
                          ops::DataLock::take(cluster.layout.data_dir, cluster.layout.lock_file()));
  const SystemClock clock;
  const int64_t began_us = clock.mono_us();
  Progress progress(clock);
  ops::LocalRuntime runtime(cluster.layout, bin_dir(globals), cluster.record,
                            [&progress](const std::string& phase) { progress.tell(phase); });
  // It would not come back otherwise.
  PETREL_RETURN_IF_ERROR(annotate(runtime.check_configuration_of(member),
                                  concat(member.name(), " was left as it is")));
  progress.tell(concat("restart ", member.name()));
  PETREL_RETURN_IF_ERROR(runtime.act({.kind = ops::ActionKind::kRestartMember, .member = member}));
  PETREL_RETURN_IF_ERROR(
      wait_until_ready(runtime, member, clock, clock.mono_us() + wait_ms * kMs, progress));
  progress.finish();
  const int64_t duration_ms = (clock.mono_us() - began_us) / kMs;
  if (globals.output == OutputFormat::kTable) {
    std::cout << member.name() << " is ready again after " << duration_ms << " ms\n";
  } else {
    print_value({{"member", member.name()}, {"durationMs", duration_ms}}, globals.output,
                std::cout);
  }
  return kOk;
}

}  // namespace

void add_restart(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<RestartOptions>();
  CLI::App* command = app.add_subcommand(
      "restart", "Stop a member of a local cluster in order, and start it again");
  command->add_option("MEMBER", options->member, "Name of the member, as in petrelctl status")
      ->required();
  command->add_option("--wait", options->wait, "How long to wait until it is ready")
      ->check(duration())
      ->capture_default_str();
  command->footer(
      "Examples:\n"
      "  petrelctl restart broker-1");
  command->callback([&invocation, options] {
    invocation.command = [&invocation, options] { return restart(invocation.globals, *options); };
  });
}

}  // namespace petrel::cli
