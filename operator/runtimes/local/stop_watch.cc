// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/local/stop_watch.h"

#include "common/concat.h"
#include "operator/runtimes/local/local_checks.h"

namespace petrel::ops {

namespace {

// A process of a busy machine may well be late by a second.
constexpr int64_t kHungUs = 2'500'000;

}  // namespace

void StopWatch::look() {
  const int64_t asked_us = clock_.mono_us();
  const Readiness readiness = ask_readiness(http_port_);
  if (readiness.kind != Readiness::Kind::kSilent) {
    silent_since_us_ = 0;
  }
  switch (readiness.kind) {
    case Readiness::Kind::kReady:
      tell("is told to stop");
      return;
    case Readiness::Kind::kNotReady:
      tell(concat("stops: ", readiness.why));
      return;
    case Readiness::Kind::kNobody:
      tell("stops: closes what it has open");
      return;
    case Readiness::Kind::kSilent:
      break;
  }
  silent_since_us_ = silent_since_us_ == 0 ? asked_us : silent_since_us_;
  if (clock_.mono_us() - silent_since_us_ >= kHungUs) {
    tell(concat("answers nothing; waiting until ", kill_ms_ / 1000,
                " s after it was told to stop, it is then killed"));
  }
}

void StopWatch::ended(bool killed) const {
  tell(killed ? concat("did not stop within ", kill_ms_ / 1000, " s and was killed")
              : std::string("has stopped"));
}

}  // namespace petrel::ops
