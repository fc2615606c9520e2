// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "common/random.h"
#include "store/disk/sim_disk.h"
#include "tests/oracle/world.h"

namespace petrel::oracle {

// What befalls a broker in a history.
enum class Mishap {
  kKill,
  kPowerCut,
  kKillInTheMidst,      // of some operation of the disk, soon
  kPowerCutInTheMidst,  // likewise
  kWriteFails,          // of the log, which is final
  kSyncFails,           // likewise
  kRestart,             // no fault: it is stopped and started
};
inline constexpr int kMishaps = 7;
std::string_view to_string(Mishap mishap);

// Which mishap comes after how many operations: at least three faults, and two restarts.
class Mishaps {
 public:
  Mishaps(Random& random, int64_t operations);
  // The next one, if it is time.
  std::optional<Mishap> take(int64_t operation);
  bool all_taken() const { return plan_.empty(); }

 private:
  std::multimap<int64_t, Mishap> plan_;
};

// How a life ends that has met this one.
End end_of(Mishap mishap);
// From now on the disk behaves so; false if the life just ends.
bool prepare(Mishap mishap, store::SimDisk& disk, Random& random);

}  // namespace petrel::oracle
