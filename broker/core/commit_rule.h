// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/types.h"

namespace petrel::core {

// What a record still lacks before it is committed.
enum class Shortfall {
  kNone,
  kOwnDisk,  // this broker's own disk does not have it as the flush mode asks
};

// Decides what is committed: below that offset records are shown, replies leave, the index and
// snapshots may know of them. One object for all of these; nothing else compares flush modes.
// Core thread only.
//
// Today from this broker's own log alone: with FlushMode::kSync what is synced, with kAsync what is
// written. What is committed never goes back, and never lies beyond what is appended.
class CommitRule {
 public:
  explicit CommitRule(store::FlushMode flush_mode) : flush_mode_(flush_mode) {}

  // How far this broker's own log is now. PETREL_CHECKs I-1. An older word than the last one
  // changes nothing.
  void own_progress(const store::LogProgress& progress);

  store::CommittedOffset committed() const { return committed_; }
  bool covers(store::LogOffset end) const { return end.value() <= committed_.value(); }
  // Why the record that ends at `end` is not committed; kNone if it is.
  Shortfall shortfall(store::LogOffset end) const {
    return covers(end) ? Shortfall::kNone : Shortfall::kOwnDisk;
  }

 private:
  const store::FlushMode flush_mode_;
  store::LogProgress own_;
  store::CommittedOffset committed_{0};
};

}  // namespace petrel::core
