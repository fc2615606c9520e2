// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// petrel-bench: load generator for any endpoint that speaks RocketMQ 5's gRPC protocol.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <string>

#include "bench/disk_probe.h"
#include "bench/empty_server.h"
#include "bench/first_send.h"
#include "bench/report.h"
#include "bench/run.h"
#include "bench/stamp.h"
#include "common/process.h"

namespace {

using petrel::bench::Mode;

constexpr int kUsageError = 1;
constexpr int kCannotRun = 2;
constexpr int kNotClean = 3;
constexpr const char* kExitCodes =
    "Exit codes: 0 clean, 1 usage, 2 the run could not begin or be measured, 3 there were errors,\n"
    "missing messages or a rate that was not held. One line of JSON goes to standard output, a\n"
    "summary to standard error.";

void add_common_options(CLI::App& app, petrel::bench::RunOptions& run) {
  app.add_option("--endpoint", run.endpoint, "host:port of a broker, nameserver or proxy")
      ->capture_default_str();
  app.add_option("--topic", run.topic, "An existing topic")->required();
  app.add_option("--connections", run.connections, "Connections to each broker")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--warmup-s", run.warmup_s,
                 "Seconds before the measured window (none with --count)")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--duration-s", run.duration_s, "Seconds of the measured window")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--count", run.count,
                 "End after so many messages, at the latest after --duration-s");
  app.add_flag("--tls", run.tls, "Use TLS, accepting any certificate");
  app.add_option("--server-pid", run.server_pids,
                 "Process whose CPU time and memory are reported (may be given again)");
  app.add_option("--label", run.label, "Copied into the result");
  app.add_flag("--progress", run.progress,
               "A line each second on standard error (default when that is a terminal)");
}

void add_send_options(CLI::App& app, petrel::bench::RunOptions& run) {
  constexpr size_t kBodyBytesMax = 4 << 20;
  app.add_option("--size", run.body_bytes, "Bytes of a body, incompressible")
      ->check(CLI::Range(petrel::bench::kStampBytes, kBodyBytesMax))
      ->capture_default_str();
  app.add_option("--batch", run.messages_per_request, "Messages in a SendMessage request")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--inflight", run.inflight, "Requests under way, at most")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--rate", run.rate_per_s,
                 "Messages a second of an open loop, whose latency runs from the intended send "
                 "time; without it --inflight requests are always under way")
      ->check(CLI::PositiveNumber);
  app.add_option("--backlog", run.backlog_max, "Due requests that an open loop keeps, at most")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  app.add_option("--threads", run.threads, "Sending threads")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--seed", run.seed, "Of the bodies")->capture_default_str();
}

void add_receive_options(CLI::App& app, petrel::bench::RunOptions& run) {
  app.add_option("--group", run.group, "An existing consumer group")->required();
  app.add_option("--receivers", run.receivers, "Open ReceiveMessage calls to each broker")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--receive-batch", run.receive_batch, "Messages in an answer, at most")
      ->check(CLI::Range(1, 32))
      ->capture_default_str();
}

int run_and_print(petrel::bench::RunOptions run, Mode mode) {
  run.mode = mode;
  run.progress = run.progress || isatty(STDERR_FILENO) == 1;
  const auto report = petrel::bench::run_load(run);
  if (!report.ok()) {
    fprintf(stderr, "petrel-bench: %s\n", report.status().ToString().c_str());
    return kCannotRun;
  }
  fputs(to_text(*report).c_str(), stderr);
  puts(to_json_line(*report).c_str());
  return report->is_clean() ? 0 : kNotClean;
}

int print_first_send(const petrel::bench::FirstSendOptions& options) {
  const auto first_send_ms = petrel::bench::measure_first_send_ms(options);
  if (!first_send_ms.ok()) {
    fprintf(stderr, "petrel-bench: %s\n", first_send_ms.status().ToString().c_str());
    return kCannotRun;
  }
  printf("{\"exec_to_first_send_ms\":%.1f}\n", *first_send_ms);
  return 0;
}

int print_disk_probe(const std::string& directory) {
  constexpr int kTimes = 500;
  const auto times_ns = petrel::bench::probe_fdatasync(directory, kTimes);
  if (!times_ns.ok()) {
    fprintf(stderr, "petrel-bench: %s\n", times_ns.status().ToString().c_str());
    return kCannotRun;
  }
  printf("{\"p50_us\":%.0f,\"p99_us\":%.0f}\n", static_cast<double>(times_ns->quantile(0.5)) / 1000,
         static_cast<double>(times_ns->quantile(0.99)) / 1000);
  return 0;
}

// Until SIGINT or SIGTERM.
int serve_nothing(const std::string& host, int port) {
  sigset_t end_signals;
  sigemptyset(&end_signals);
  sigaddset(&end_signals, SIGINT);
  sigaddset(&end_signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &end_signals, nullptr);
  const auto server = petrel::bench::EmptyServer::start(host, port);
  if (!server.ok()) {
    fprintf(stderr, "petrel-bench: %s\n", server.status().ToString().c_str());
    return kCannotRun;
  }
  fprintf(stderr, "empty server on %s:%d\n", host.c_str(), (*server)->port());
  int signal = 0;
  sigwait(&end_signals, &signal);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  petrel::economize_locks();
  CLI::App app{"Load generator for RocketMQ 5 endpoints", "petrel-bench"};
  app.require_subcommand(1);
  app.footer(kExitCodes);
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);

  petrel::bench::RunOptions run;
  CLI::App* produce = app.add_subcommand("produce", "Send messages");
  CLI::App* consume = app.add_subcommand("consume", "Receive and acknowledge messages");
  CLI::App* both = app.add_subcommand("both", "Send and receive: latency end to end, loss");
  for (CLI::App* command : {produce, consume, both}) add_common_options(*command, run);
  for (CLI::App* command : {produce, both}) add_send_options(*command, run);
  for (CLI::App* command : {consume, both}) add_receive_options(*command, run);
  both->add_option("--drain-s", run.drain_s, "Seconds to wait for the last messages, at most")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();

  std::string host = "127.0.0.1";
  int port = 0;
  CLI::App* empty = app.add_subcommand(
      "empty-server", "Serve sends with nothing behind them: the ceiling of the gRPC library");
  empty->add_option("--host", host, "Address to listen on")->capture_default_str();
  empty->add_option("--port", port, "Port to listen on")->required()->check(CLI::Range(1, 65535));

  petrel::bench::FirstSendOptions first;
  CLI::App* first_send = app.add_subcommand(
      "first-send", "Start a server and measure the time to its first accepted message");
  first_send->add_option("--endpoint", first.endpoint, "host:port that it will serve")->required();
  first_send->add_option("--topic", first.topic, "A topic that it has or creates")->required();
  first_send->add_option("--timeout-s", first.timeout_s, "Give up after so long")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  first_send->add_option("command", first.command, "The program and its arguments, after --")
      ->required();

  std::string directory = ".";
  CLI::App* disk = app.add_subcommand("disk", "Time 4 KiB writes with fdatasync");
  disk->add_option("--directory", directory, "Where")->capture_default_str();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageError;
  }
  if (*produce) return run_and_print(run, Mode::kProduce);
  if (*consume) return run_and_print(run, Mode::kConsume);
  if (*both) return run_and_print(run, Mode::kBoth);
  if (*disk) return print_disk_probe(directory);
  if (*empty) return serve_nothing(host, port);
  return print_first_send(first);
}
