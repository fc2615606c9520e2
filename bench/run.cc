// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/run.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <random>
#include <thread>

#include "bench/consumer.h"
#include "bench/proc_stat.h"
#include "bench/producer.h"
#include "bench/session.h"
#include "bench/stamp.h"

namespace petrel::bench {
namespace {

constexpr int64_t kSecondNs = 1'000'000'000;

int64_t to_ns(double seconds) { return static_cast<int64_t>(seconds * 1e9); }

struct CpuReading {
  int64_t time_ns = 0;
  double client_s = 0;
  double machine_s = 0;
  std::vector<ProcStat> servers;
};

absl::StatusOr<CpuReading> read_cpu(const std::vector<pid_t>& pids) {
  CpuReading reading{.time_ns = monotonic_ns(),
                     .client_s = own_cpu_s(),
                     .machine_s = machine_cpu_s(),
                     .servers = {}};
  for (pid_t pid : pids) {
    const absl::StatusOr<ProcStat> stat = read_proc_stat(pid);
    if (!stat.ok()) return stat.status();
    reading.servers.push_back(*stat);
  }
  return reading;
}

class LoadRun {
 public:
  explicit LoadRun(const RunOptions& options) : options_(options) {}

  absl::StatusOr<Report> run();

 private:
  absl::Status open_sessions();
  void start();
  // Sleeps in small steps until the time, or until the load has come to its end.
  void wait_until(int64_t time_ns);
  bool has_ended() const;
  void wait_for_the_rest();
  void print_progress();
  Report report(const CpuReading& before, const CpuReading& after);
  void add_cpu(const CpuReading& before, const CpuReading& after, Report& report) const;
  void add_send(Producer::Result result, Report& report) const;
  void add_receive(Consumer::Result result, const SequenceSet& accepted, Report& report) const;
  double flow_seconds(int64_t last_done_ns) const;

  const RunOptions options_;
  const uint64_t run_id_ = std::random_device()() | uint64_t{std::random_device()()} << 32;
  Window window_;
  std::unique_ptr<Session> send_session_;
  std::unique_ptr<Session> receive_session_;
  std::unique_ptr<Producer> producer_;
  std::unique_ptr<Consumer> consumer_;
  int64_t progress_ns_ = 0;
  uint64_t progress_sent_ = 0;
  uint64_t progress_received_ = 0;
};

absl::Status LoadRun::open_sessions() {
  Session::Options options{.endpoint = options_.endpoint,
                           .topic = options_.topic,
                           .group = "",
                           .connections = options_.connections,
                           .tls = options_.tls};
  if (options_.mode != Mode::kConsume) {
    auto session = Session::open(options);
    if (!session.ok()) return session.status();
    send_session_ = *std::move(session);
  }
  if (options_.mode != Mode::kProduce) {
    options.group = options_.group;
    auto session = Session::open(options);
    if (!session.ok()) return session.status();
    receive_session_ = *std::move(session);
  }
  return absl::OkStatus();
}

void LoadRun::start() {
  const double warmup_s = options_.count == 0 ? options_.warmup_s : 0;
  window_.begin_ns = monotonic_ns() + to_ns(warmup_s);
  window_.end_ns = window_.begin_ns + to_ns(options_.duration_s);
  if (receive_session_) {
    consumer_ = std::make_unique<Consumer>(
        *receive_session_,
        Consumer::Options{
            .receivers = options_.receivers, .batch = options_.receive_batch, .run_id = run_id_},
        window_);
    consumer_->start();
  }
  if (send_session_) {
    producer_ = std::make_unique<Producer>(
        *send_session_,
        Producer::Options{.body_bytes = options_.body_bytes,
                          .messages_per_request = options_.messages_per_request,
                          .inflight = options_.inflight,
                          .rate_per_s = options_.rate_per_s,
                          .backlog_max = options_.backlog_max,
                          .threads = options_.threads,
                          .count = options_.count,
                          .run_id = run_id_,
                          .seed = options_.seed},
        window_);
    producer_->start();
  }
}

bool LoadRun::has_ended() const {
  if (options_.count == 0) return false;
  if (options_.mode == Mode::kConsume) return consumer_->received_count() >= options_.count;
  return producer_->is_done();
}

void LoadRun::wait_until(int64_t time_ns) {
  constexpr int64_t kStepNs = 20'000'000;
  for (int64_t now_ns = monotonic_ns(); now_ns < time_ns && !has_ended(); now_ns = monotonic_ns()) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(kStepNs, time_ns - now_ns)));
    if (options_.progress) print_progress();
  }
}

void LoadRun::print_progress() {
  const int64_t now_ns = monotonic_ns();
  if (progress_ns_ == 0) progress_ns_ = now_ns;
  const int64_t elapsed_ns = now_ns - progress_ns_;
  if (elapsed_ns < kSecondNs) return;
  const uint64_t sent = producer_ ? producer_->accepted_count() : 0;
  const uint64_t received = consumer_ ? consumer_->received_count() : 0;
  const double elapsed_s = static_cast<double>(elapsed_ns) / 1e9;
  fprintf(stderr, "%s  sent %9.0f/s  received %9.0f/s\n",
          window_.contains(now_ns) ? "measuring" : "         ",
          static_cast<double>(sent - progress_sent_) / elapsed_s,
          static_cast<double>(received - progress_received_) / elapsed_s);
  progress_ns_ = now_ns;
  progress_sent_ = sent;
  progress_received_ = received;
}

void LoadRun::wait_for_the_rest() {
  const int64_t give_up_ns = monotonic_ns() + to_ns(options_.drain_s);
  while (monotonic_ns() < give_up_ns &&
         !(producer_->is_done() && consumer_->own_count() >= producer_->accepted_count())) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

double LoadRun::flow_seconds(int64_t last_done_ns) const {
  const int64_t end_ns = options_.count == 0 ? window_.end_ns : last_done_ns;
  return std::max(0.0, static_cast<double>(end_ns - window_.begin_ns) / 1e9);
}

void LoadRun::add_send(Producer::Result result, Report& report) const {
  report.produced = true;
  report.send = {.messages = result.messages,
                 .body_bytes = result.messages * options_.body_bytes,
                 .seconds = flow_seconds(result.last_done_ns),
                 .latency_ns = std::move(result.latency_ns)};
  report.messages_failed = result.messages_failed;
  report.backlog_peak = result.backlog_peak;
  report.given_up = result.given_up;
  report.errors.merge(result.errors);
}

void LoadRun::add_receive(Consumer::Result result, const SequenceSet& accepted,
                          Report& report) const {
  report.consumed = true;
  report.receive = {.messages = result.messages,
                    .body_bytes = result.body_bytes,
                    .seconds = flow_seconds(result.last_done_ns),
                    .latency_ns = std::move(result.end_to_end_ns)};
  report.acknowledged = result.acknowledged;
  report.duplicates = result.duplicates;
  report.empty_answers = result.empty_answers;
  report.missing = accepted.count_missing_in(result.seen);
  report.errors.merge(result.errors);
}

void LoadRun::add_cpu(const CpuReading& before, const CpuReading& after, Report& report) const {
  report.client_cpu_s = after.client_s - before.client_s;
  double others_s = after.machine_s - before.machine_s - report.client_cpu_s;
  for (size_t i = 0; i < options_.server_pids.size(); ++i) {
    report.servers.push_back({.pid = options_.server_pids[i],
                              .cpu_s = after.servers[i].cpu_s - before.servers[i].cpu_s,
                              .rss_bytes = after.servers[i].rss_bytes,
                              .rss_anon_bytes = after.servers[i].rss_anon_bytes});
    others_s -= report.servers.back().cpu_s;
  }
  const double elapsed_s = static_cast<double>(after.time_ns - before.time_ns) / 1e9;
  report.other_cores = elapsed_s > 0 ? std::max(0.0, others_s / elapsed_s) : 0;
}

Report LoadRun::report(const CpuReading& before, const CpuReading& after) {
  constexpr const char* kModeNames[] = {"produce", "consume", "both"};
  Report report;
  report.label = options_.label;
  report.mode = kModeNames[static_cast<size_t>(options_.mode)];
  report.endpoint = options_.endpoint;
  report.body_bytes = options_.body_bytes;
  report.messages_per_request = options_.messages_per_request;
  report.inflight = options_.inflight;
  report.rate_per_s = options_.rate_per_s;
  report.connections = options_.connections;
  report.threads = options_.threads;
  report.tls = options_.tls;
  add_cpu(before, after, report);
  SequenceSet accepted;
  if (producer_) {
    Producer::Result result = producer_->finish();
    accepted = std::move(result.accepted);
    add_send(std::move(result), report);
  }
  if (consumer_) add_receive(consumer_->stop(), accepted, report);
  return report;
}

absl::StatusOr<Report> LoadRun::run() {
  if (absl::Status status = open_sessions(); !status.ok()) return status;
  if (const auto reading = read_cpu(options_.server_pids); !reading.ok()) return reading.status();
  start();
  wait_until(window_.begin_ns);
  const absl::StatusOr<CpuReading> before = read_cpu(options_.server_pids);
  wait_until(window_.end_ns);
  const absl::StatusOr<CpuReading> after = read_cpu(options_.server_pids);
  if (options_.mode == Mode::kBoth) wait_for_the_rest();
  if (!before.ok()) return before.status();
  if (!after.ok()) return after.status();
  return report(*before, *after);
}

}  // namespace

absl::StatusOr<Report> run_load(const RunOptions& options) { return LoadRun(options).run(); }

}  // namespace petrel::bench
