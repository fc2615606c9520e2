// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/local/stop_watch.h"

#include <iterator>
#include <list>
#include <utility>

#include "common/clock.h"
#include "common/concat.h"
#include "common/status.h"
#include "operator/runtimes/local/local_checks.h"

namespace petrel::ops {

namespace {

// A process of a busy machine may well be late by a second.
constexpr int64_t kHungUs = 2'500'000;
constexpr int64_t kLookIntervalMs = 250;

// Tells phases of several members: each when it begins, and again while it lasts and no other has
// begun, so that the members' phases do not take turns.
class Teller {
 public:
  explicit Teller(const Phases& phases) : phases_(phases) {}

  void tell(const std::string& before, const std::string& now) {
    if (now != before || now == last_) {
      last_ = now;
      phases_(now);
    }
  }

 private:
  const Phases& phases_;
  std::string last_;
};

// One of the members. One thread.
class StopWatch {
 public:
  StopWatch(const StoppingMember& member, Teller& teller) : member_(member), teller_(teller) {}

  enum class End { kNotYet, kByItself, kKilled };
  End end() const { return end_; }
  const std::string& phase() const { return phase_; }
  const ProcessRecord& process() const { return member_.process; }

  // Takes a second at most, but for one that is killed.
  absl::Status look() {
    if (wait_for_end(member_.process, 0)) {
      end_ = End::kByItself;
      tell("has stopped");
    } else if (clock_.mono_us() - member_.told_us >= member_.kill_ms * 1000) {
      PETREL_RETURN_IF_ERROR(kill_and_wait(member_.process));
      end_ = End::kKilled;
      tell(concat(
          "did not stop within ", member_.kill_ms / 1000, " s and was killed",
          member_.id.role == Role::kBroker ? "; it will recover its store at the next start" : ""));
    } else {
      ask();
    }
    return absl::OkStatus();
  }

 private:
  void ask() {
    const int64_t asked_us = clock_.mono_us();
    const Readiness readiness = ask_readiness(member_.http_port);
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
      tell(concat("answers nothing; waiting until ", member_.kill_ms / 1000,
                  " s after it was told to stop, it is then killed"));
    }
  }

  void tell(const std::string& what) {
    const std::string before = std::exchange(phase_, concat(member_.id.name(), " ", what));
    teller_.tell(before, phase_);
  }

  const StoppingMember& member_;
  Teller& teller_;
  const SystemClock clock_;
  std::string phase_;
  int64_t silent_since_us_ = 0;  // 0: it answers, or has no port any more
  End end_ = End::kNotYet;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> wait_until_stopped(
    const std::vector<StoppingMember>& members, const Phases& phases) {
  Teller teller(phases);
  std::list<StopWatch> watches;
  for (const StoppingMember& member : members) {
    watches.emplace_back(member, teller);
  }
  std::vector<std::string> killed;
  while (!watches.empty()) {
    // The end of the last one is seen at once, that of others a little later.
    wait_for_end(watches.front().process(), kLookIntervalMs);
    for (auto watch = watches.begin(); watch != watches.end();) {
      PETREL_RETURN_IF_ERROR(watch->look());
      if (watch->end() == StopWatch::End::kKilled) {
        killed.push_back(watch->phase());
      }
      watch = watch->end() == StopWatch::End::kNotYet ? std::next(watch) : watches.erase(watch);
    }
  }
  return killed;
}

}  // namespace petrel::ops
