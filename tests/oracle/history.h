// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/random.h"
#include "tests/oracle/clients.h"
#include "tests/oracle/mishaps.h"
#include "tests/oracle/shadow.h"
#include "tests/oracle/totals.h"
#include "tests/oracle/witness.h"
#include "tests/oracle/world.h"

namespace petrel::oracle {

inline constexpr int64_t kOperationsPerHistory = 2'000;

// A random history of one broker: everything follows from the seed. Beside the broker runs its
// shadow, which is compared with it whenever things settle.
class History {
 public:
  struct Options {
    uint64_t seed = 1;
    // For tests of the comparison with the shadow, and of that with the model.
    Shadow::Between between;
    Tampering tampering = Tampering::kNothing;
  };
  History(const Options& options, Totals& totals);

  // The error says what is wrong, and after how many operations.
  absl::Status run();

 private:
  absl::Status step();
  void ask();
  void ask_rarely();
  void let_time_go_by();
  void stand_still();
  absl::Status schedule();
  absl::Status follow();
  absl::Status settle();
  absl::Status meet_mishaps();
  absl::Status end_life(Mishap mishap);
  absl::StatusOr<bool> open();
  // The log must have all below `at_least`, or below `synced` if the power is cut in the start.
  absl::Status begin_life(store::LogOffset at_least, store::LogOffset synced);
  int64_t operation() const { return totals_.all_operations() - operations_before_; }
  bool one_in(uint64_t count) { return random_.below(count) == 0; }
  bool syncs() const;

  SeededRandom random_;
  Totals& totals_;
  const int64_t operations_before_;
  Mishaps mishaps_;
  // Has befallen the disk, and the life ends soon: when the log fails, or after this operation.
  struct Underway {
    Mishap mishap = Mishap::kKill;
    int64_t until = 0;
  };
  std::optional<Underway> underway_;
  std::string lives_;  // how they ended, for people
  World world_;
  Shadow shadow_;
  Witness witness_;
  Clients clients_;
};

}  // namespace petrel::oracle
