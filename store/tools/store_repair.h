// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/tools/store_verify.h"

namespace petrel::store {

// One thing that a repair does. Nothing is ever destroyed: files move, and bytes that are cut off,
// here or by the next start, are copied before.
struct RepairStep {
  enum class Kind {
    kMove,
    kCopy,
    kFill,     // `to` is made, or made longer, with zeros: `end` bytes
    kCut,      // `from` ends at `begin`
    kRestore,  // bytes `begin` to `end` of `to` become those of `from`
  };
  Kind kind = Kind::kMove;
  std::string from;
  std::string to;
  uint64_t begin = 0;  // bytes of the file
  uint64_t end = 0;
  std::string why;
};

struct RepairOptions {
  std::string name;  // what is moved goes below <directory>/damaged/<name>
  // The owner's own records: a broker does not start behind damage that some of them lay in.
  std::string state_topic;
};

// What makes a broker start on this store, and serve everything that is sound. Empty when there is
// nothing to do: also for damage that a broker steps over by itself, for no repair brings back what
// is gone.
//   A file of the log that is missing in the middle is filled in with zeros, which a broker steps
//   over as over other damage.
//   Where records of the owner's state are lost, and no snapshot behind knows what was in them, the
//   log ends before: what is behind moves aside, as a store directory that `dump` reads.
absl::StatusOr<std::vector<RepairStep>> plan_repair(Disk& disk, const std::string& directory,
                                                    const StoreReport& report,
                                                    const RepairOptions& options);

// What of the damage a copy of the store makes good (store_backup.h, or any other): places of the
// log where the copy has sound records from the begin of the damage to its end, byte for byte, and
// what is missing behind the log's end. What was appended since the copy was made stays. Whether
// that is all, and which queue files it leaves wrong, another look at the store has to tell: plan
// again when it is done.
// FailedPrecondition when it is a copy of another store, NotFound when it is none.
absl::StatusOr<std::vector<RepairStep>> plan_restore(Disk& disk, const std::string& directory,
                                                     const StoreReport& report,
                                                     const std::string& copy,
                                                     const RepairOptions& options);

// Does it, durably, in this order. After an error some steps are done; a new plan has the rest.
absl::Status repair(Disk& disk, const std::vector<RepairStep>& steps);

}  // namespace petrel::store
