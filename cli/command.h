// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/output.h"
#include "operator/brokers/channel.h"

namespace CLI {
class App;
}

// What petrelctl's commands share. Each command is a file with one function that declares it; main
// parses the command line and runs the one that was asked for.

namespace petrel::cli {

// Exit codes. A failure that is told on standard error is kFailed unless something was asked for
// that is not there, which is kNotThere.
inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kNotThere = 3;  // not found, or not (yet) as declared
inline constexpr int kPartial = 4;   // done or shown for the brokers that answer; others do not

// The options that stand before any command.
struct Globals {
  std::string data;     // directory of a local cluster
  std::string context;  // name of a local cluster
  std::string endpoint;
  bool tls = false;
  std::string tls_ca;
  OutputFormat output = OutputFormat::kTable;
  std::string bin_dir;
};

// Tells what is wrong on the command line. Returns kUsage.
int refuse(const absl::Status& why);

// Returns an exit code, or why it failed.
using Command = std::function<absl::StatusOr<int>()>;

// What a command line chose; set while it is parsed.
struct Invocation {
  Globals globals;
  Command command;
};

void add_up(CLI::App& app, Invocation& invocation);
void add_down(CLI::App& app, Invocation& invocation);
void add_status(CLI::App& app, Invocation& invocation);
void add_send(CLI::App& app, Invocation& invocation);
void add_receive(CLI::App& app, Invocation& invocation);
void add_topic(CLI::App& app, Invocation& invocation);
void add_message(CLI::App& app, Invocation& invocation);
void add_group(CLI::App& app, Invocation& invocation);
void add_client(CLI::App& app, Invocation& invocation);
void add_restart(CLI::App& app, Invocation& invocation);
void add_logs(CLI::App& app, Invocation& invocation);
void add_broker(CLI::App& app, Invocation& invocation);
void add_bench(CLI::App& app, Invocation& invocation);
void add_store(CLI::App& app, Invocation& invocation);
void add_config(CLI::App& app, Invocation& invocation);
// After all others.
void add_completion(CLI::App& app, Invocation& invocation);

// petrelctl with everything above. Returns the exit code.
int run(int argc, char** argv);

}  // namespace petrel::cli
