// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/log_time.h"

#include <algorithm>
#include <cstdlib>

#include "common/log.h"

namespace petrel::core {
namespace {

constexpr log::Logger kLog("broker");

// Of the time that goes by, this part at most is added or left out.
constexpr int64_t kSteeredPart = 10;
// From when on they disagree, and from when on they agree again. What NTP corrects in passing is
// less.
constexpr int64_t kDisagreeMs = 2'000;
constexpr int64_t kAgreeMs = 500;
// The year 10000. What a log says beyond is no time.
constexpr int64_t kEndMs = 253'402'300'800'000;

}  // namespace

LogTime::LogTime(const Clock& clock)
    : clock_(clock), log_us_(clock.wall_ms() * 1000), mono_us_(clock.mono_us()) {}

TurnTime LogTime::now() {
  const int64_t mono_us = clock_.mono_us();
  const int64_t wall_us = clock_.wall_ms() * 1000;
  const int64_t elapsed_us = std::max<int64_t>(mono_us - mono_us_, 0);
  const int64_t steered_us = elapsed_us / kSteeredPart;
  const int64_t missing_us = wall_us - (log_us_ + elapsed_us);
  log_us_ += elapsed_us + std::clamp(missing_us, -steered_us, steered_us);
  mono_us_ = mono_us;
  compare(wall_us);
  return {.log_ms = log_us_ / 1000, .mono_us = mono_us, .agrees = agrees_};
}

void LogTime::continue_from(int64_t log_ms) {
  if (log_ms < kEndMs) {
    log_us_ = std::max(log_us_, log_ms * 1000);
  }
  compare(clock_.wall_ms() * 1000);
}

void LogTime::compare(int64_t wall_us) {
  const int64_t ahead_ms = (wall_us - log_us_) / 1000;
  wall_ahead_ms_.store(ahead_ms, std::memory_order_relaxed);
  const int64_t apart_ms = std::abs(ahead_ms);
  if (agrees_ && apart_ms > kDisagreeMs) {
    agrees_ = false;
    kLog.warn(
        "the wall clock jumped: log time is steered to it slowly, and nothing is deleted by age "
        "until they agree",
        {{"wall_ahead_ms", ahead_ms}});
  } else if (!agrees_ && apart_ms < kAgreeMs) {
    agrees_ = true;
    kLog.info("log time and the wall clock agree again", {{"wall_ahead_ms", ahead_ms}});
  }
}

}  // namespace petrel::core
