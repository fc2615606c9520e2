// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/producer.h"

#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <chrono>

#include "bench/send_worker.h"
#include "bench/stamp.h"

namespace petrel::bench {
namespace {

void sleep_until(int64_t time_ns) {
  constexpr int64_t kSecond = 1'000'000'000;
  const timespec until{.tv_sec = time_ns / kSecond, .tv_nsec = time_ns % kSecond};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

}  // namespace

Producer::Producer(const Session& session, const Options& options, const Window& window)
    : options_(options), window_(window) {
  const int threads = std::clamp(options.threads, 1, options.inflight);
  for (int i = 0; i < threads; ++i) {
    const int slots = options.inflight / threads + (i < options.inflight % threads ? 1 : 0);
    workers_.push_back(std::make_unique<SendWorker>(*this, session, slots));
  }
}

Producer::~Producer() {
  if (pacer_.joinable()) pacer_.join();
}

void Producer::start() {
  const bool open_loop = options_.rate_per_s > 0;
  if (open_loop) {
    open_loop_.emplace(OpenLoop::Options{
        .requests_per_s = options_.rate_per_s / static_cast<double>(options_.messages_per_request),
        .start_ns = monotonic_ns(),
        .end_ns = window_.end_ns,
        .backlog_max = options_.backlog_max});
    pacing_ = true;
  }
  for (const auto& worker : workers_) worker->start(!open_loop);
  if (open_loop) pacer_ = std::thread([this] { pace(); });
}

std::optional<Producer::Ticket> Producer::next_ticket() {
  const int64_t now_ns = monotonic_ns();
  if (now_ns >= window_.end_ns) return std::nullopt;
  Ticket ticket{.intended_ns = now_ns};
  if (open_loop_) {
    const std::lock_guard lock(open_loop_mutex_);
    const std::optional<int64_t> intended_ns = open_loop_->take(now_ns);
    if (!intended_ns) return std::nullopt;
    ticket.intended_ns = *intended_ns;
  }
  ticket.first_number =
      next_number_.fetch_add(options_.messages_per_request, std::memory_order_relaxed);
  if (options_.count != 0 && ticket.first_number >= options_.count) return std::nullopt;
  return ticket;
}

// Starts what is due, sleeps until the next is. When no slot is free the workers go on with the
// backlog as their slots get free.
void Producer::pace() {
  prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
  size_t turn = 0;
  for (;;) {
    size_t failures = 0;
    while (failures < workers_.size()) {
      failures = workers_[turn++ % workers_.size()]->start_on_free_slot() ? 0 : failures + 1;
    }
    const int64_t now_ns = monotonic_ns();
    std::optional<int64_t> next_ns;
    {
      const std::lock_guard lock(open_loop_mutex_);
      next_ns = open_loop_->next_ns();
    }
    if (!next_ns || now_ns >= window_.end_ns ||
        (options_.count != 0 && next_number_.load() >= options_.count)) {
      break;
    }
    // A time in the past means a backlog without a free slot: look again after a moment.
    constexpr int64_t kBacklogPauseNs = 100'000;
    sleep_until(*next_ns > now_ns ? *next_ns : now_ns + kBacklogPauseNs);
  }
  pacing_.store(false, std::memory_order_release);
}

uint64_t Producer::accepted_count() const {
  uint64_t count = 0;
  for (const auto& worker : workers_) count += worker->accepted_count();
  return count;
}

bool Producer::is_done() const {
  return !pacing_.load(std::memory_order_acquire) &&
         std::all_of(workers_.begin(), workers_.end(),
                     [](const auto& worker) { return worker->is_idle(); });
}

Producer::Result Producer::finish() {
  if (pacer_.joinable()) pacer_.join();
  while (!is_done()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  Result total;
  for (const auto& worker : workers_) {
    worker->stop();
    const Result& part = worker->result();
    total.latency_ns.merge(part.latency_ns);
    total.messages += part.messages;
    total.messages_failed += part.messages_failed;
    total.last_done_ns = std::max(total.last_done_ns, part.last_done_ns);
    total.errors.merge(part.errors);
    total.accepted.merge(part.accepted);
  }
  if (open_loop_) {
    total.backlog_peak = open_loop_->backlog_peak();
    total.given_up = open_loop_->given_up();
  }
  return total;
}

}  // namespace petrel::bench
