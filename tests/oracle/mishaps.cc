// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/mishaps.h"

#include "absl/status/status.h"

namespace petrel::oracle {
namespace {

using Operation = store::SimDisk::Operation;

constexpr uint64_t kDiskOperationsMax = 40;  // until the one in whose midst it ends

}  // namespace

std::string_view to_string(Mishap mishap) {
  switch (mishap) {
    case Mishap::kKill:
      return "kill";
    case Mishap::kPowerCut:
      return "power cut";
    case Mishap::kKillInTheMidst:
      return "kill in the midst";
    case Mishap::kPowerCutInTheMidst:
      return "power cut in the midst";
    case Mishap::kWriteFails:
      return "write fails";
    case Mishap::kSyncFails:
      return "sync fails";
    case Mishap::kRestart:
      return "restart";
  }
  return "unknown";
}

Mishaps::Mishaps(Random& random, int64_t operations) {
  const auto some_time = [&] {
    return static_cast<int64_t>(random.below(static_cast<uint64_t>(operations)));
  };
  const uint64_t faults = 3 + random.below(3);
  for (uint64_t i = 0; i < faults; ++i) {
    plan_.emplace(some_time(), static_cast<Mishap>(random.below(kMishaps - 1)));
  }
  const uint64_t restarts = 2 + random.below(2);
  for (uint64_t i = 0; i < restarts; ++i) {
    plan_.emplace(some_time(), Mishap::kRestart);
  }
}

std::optional<Mishap> Mishaps::take(int64_t operation) {
  if (plan_.empty() || plan_.begin()->first > operation) {
    return std::nullopt;
  }
  const Mishap mishap = plan_.begin()->second;
  plan_.erase(plan_.begin());
  return mishap;
}

End end_of(Mishap mishap) {
  switch (mishap) {
    case Mishap::kPowerCut:
    case Mishap::kPowerCutInTheMidst:
      return End::kPowerCut;
    case Mishap::kRestart:
      return End::kClose;
    default:
      return End::kKill;
  }
}

bool prepare(Mishap mishap, store::SimDisk& disk, Random& random) {
  switch (mishap) {
    case Mishap::kKillInTheMidst:
    case Mishap::kPowerCutInTheMidst:
      disk.cut_power_at(disk.operations() + static_cast<int64_t>(random.below(kDiskOperationsMax)));
      return true;
    case Mishap::kWriteFails:
    case Mishap::kSyncFails:
      disk.inject(
          {.operation = mishap == Mishap::kWriteFails ? Operation::kWrite : Operation::kSync,
           .path_part = "commitlog",
           .status = absl::InternalError("Input/output error")});
      return true;
    default:
      return false;
  }
}

}  // namespace petrel::oracle
