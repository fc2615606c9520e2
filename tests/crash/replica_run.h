// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/random.h"
#include "store/disk/sim_disk.h"
#include "store/log/commit_log.h"
#include "tests/crash/broken_disk.h"
#include "tests/crash/lives.h"

namespace petrel::store {

// A follower's log on a simulated disk through several lives, fed with ranges of a leader's log on
// a disk that never fails. Now and then the leader's history changes from some record on, as when
// another member leads: the follower truncates and goes on with the new one, whose records are
// shorter. After each recovery the follower's bytes are compared. Everything follows from the seed.
class ReplicaRun {
 public:
  struct Options {
    uint64_t seed = 1;
    bool reorder = true;  // see SimDisk::Options
    Break broken = Break::kNothing;
  };
  explicit ReplicaRun(const Options& options);

  SimDisk& disk() { return *sim_; }

  // Opens the follower's log, and checks it: all that was promised is there, it is a prefix of the
  // history that it followed, nothing is behind a truncation that had returned, there is no damage.
  // The error of the log is in *log_failure; the other says what is wrong.
  absl::Status open(absl::Status* log_failure);
  // Fetches, truncates, changes of history, `steps` times, or until the log fails.
  void work(int steps);
  // The end of a life.
  void lose_power();
  void kill();
  // Follows to the leader's end; both have the same files then.
  absl::Status catch_up();

 private:
  absl::Status step();
  void lead();
  void change_history();
  absl::Status cut();
  absl::Status fetch();
  absl::Status check();
  absl::Status compare_files();

  SeededRandom random_;
  CommitLog::Options log_options_;
  SimDisk* sim_;
  BrokenDisk disk_;
  SimDisk leaders_disk_{{}};
  std::unique_ptr<CommitLog> leader_;
  std::unique_ptr<CommitLog> log_;
  bool failed_ = false;
  std::string history_;      // all bytes of the leader's log
  std::string old_history_;  // before its last change
  LogOffset changed_at_{0};
  bool to_cut_ = false;   // the follower may have bytes of the old one behind changed_at_
  LogOffset synced_{0};   // promised to outlive a power cut
  LogOffset written_{0};  // promised to outlive the process
};

// As run_lives, run_mishap and count_operations.
absl::Status run_replica_lives(uint64_t seed, Break broken);
absl::Status run_replica_mishap(uint64_t seed, Mishap mishap, int64_t at, Break broken);
int64_t count_replica_operations(uint64_t seed, Mishap mishap);

}  // namespace petrel::store
