// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/crash/lives.h"

#include "common/concat.h"
#include "common/status.h"
#include "tests/crash/crash_run.h"
#include "tests/crash/index_view.h"

namespace petrel::store {
namespace {

constexpr int kSteps = 40;
constexpr uint64_t kOperationsPerLife = 300;
constexpr uint64_t kSpareBytes = 40'000;

absl::Status eio() { return absl::InternalError("Input/output error"); }

absl::Status in_life(uint64_t life, const absl::Status& status) {
  return status.ok() ? status : absl::InternalError(concat("life ", life, ": ", status.message()));
}

// What one life has to meet.
struct Fate {
  explicit Fate(Random& random) {
    switch (random.below(8)) {
      case 0:
        break;
      case 1:
      case 2:
        fails = true;
        break;
      case 3:
        full = true;
        break;
      default:
        cut = true;
    }
    // Early ones fall into recovery.
    at = static_cast<int64_t>(random.below(2) == 0 ? random.below(12)
                                                   : random.below(kOperationsPerLife));
    power = random.below(2) == 0;
    space_bytes = random.below(kSpareBytes);
  }
  bool is_clean() const { return !cut && !fails && !full; }

  bool cut = false;
  bool fails = false;
  bool full = false;
  bool power = false;  // else the process is killed
  int64_t at = 0;
  uint64_t space_bytes = 0;
};

void prepare(SimDisk& disk, const Fate& fate) {
  disk.heal();
  if (fate.cut) disk.cut_power_at(disk.operations() + fate.at);
  if (fate.fails) disk.fail_at(disk.operations() + fate.at, eio());
  if (fate.full) disk.limit_space(disk.used_bytes() + fate.space_bytes);
}

absl::Status live(CrashRun& run, const Fate& fate, int steps) {
  prepare(run.disk(), fate);
  if (const absl::Status opened = run.open(); opened.ok()) {
    // What a start leaves for later runs meanwhile, and may meet the cut.
    const absl::Status checked = run.check();
    if (!checked.ok() && !(fate.cut && absl::IsUnavailable(checked))) return checked;
    run.work(steps);
  } else if (fate.is_clean() || absl::IsDataLoss(opened)) {
    return opened;  // None of this is damage.
  }
  if (fate.is_clean()) return run.close();
  if (fate.power) {
    run.lose_power();
  } else {
    run.kill();
  }
  return absl::OkStatus();
}

absl::Status come_to_rest(CrashRun& run) {
  run.disk().heal();
  PETREL_RETURN_IF_ERROR(run.open());
  PETREL_RETURN_IF_ERROR(run.check());
  return run.compare_with_rebuild();
}

CrashRun::Options options_of(uint64_t seed, Mishap mishap) {
  return {.seed = seed, .reorder = mishap != Mishap::kPowerCutInOrder};
}

}  // namespace

absl::Status run_lives(uint64_t seed) {
  SeededRandom random(~seed);
  CrashRun run({.seed = seed, .reorder = random.below(2) == 0});
  run.add_view(index_view());
  const uint64_t lives = 2 + random.below(4);
  for (uint64_t life = 0; life < lives; ++life) {
    const Fate fate(random);
    PETREL_RETURN_IF_ERROR(
        in_life(life, live(run, fate, static_cast<int>(random.below(kSteps + 1)))));
  }
  return in_life(lives, come_to_rest(run));
}

absl::Status run_mishap(uint64_t seed, Mishap mishap, int64_t at) {
  CrashRun run(options_of(seed, mishap));
  run.add_view(index_view());
  if (mishap == Mishap::kFailure) {
    run.disk().fail_at(at, eio());
  } else if (mishap == Mishap::kFullDisk) {
    run.disk().fail_at(at, absl::ResourceExhaustedError("no space left on device"));
  } else {
    run.disk().cut_power_at(at);
  }
  if (run.open().ok()) run.work(kSteps);
  const bool process_only = mishap != Mishap::kPowerCut && mishap != Mishap::kPowerCutInOrder;
  if (process_only) {
    run.kill();
  } else {
    run.lose_power();
  }
  run.disk().heal();
  PETREL_RETURN_IF_ERROR(in_life(1, run.open()));
  PETREL_RETURN_IF_ERROR(in_life(1, run.check()));
  run.work(4);
  run.lose_power();
  return in_life(2, come_to_rest(run));
}

int64_t count_operations(uint64_t seed, Mishap mishap) {
  CrashRun run(options_of(seed, mishap));
  run.add_view(index_view());
  if (run.open().ok()) run.work(kSteps);
  return run.disk().operations();
}

}  // namespace petrel::store
