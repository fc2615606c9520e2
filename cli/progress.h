// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "common/clock.h"

namespace petrel::cli {

// What a command that takes its time is at: a line a phase, each with the seconds from the
// command's begin to the phase's. On a terminal the last line also shows how long its phase lasts.
// One thread.
class Progress {
 public:
  // On standard error.
  explicit Progress(const Clock& clock);
  // `columns` of the terminal; 0: there is none.
  Progress(const Clock& clock, std::ostream& out, size_t columns);
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // May be told the same again and again while it lasts, and is to be on a terminal.
  void tell(const std::string& phase);
  // No phase lasts any more; before anything else is printed.
  void finish();

 private:
  int64_t seconds() const;
  std::string line() const;
  void paint();

  const Clock& clock_;
  std::ostream& out_;
  const size_t columns_;
  const int64_t began_us_;
  std::string phase_;  // empty: none lasts
  int64_t phase_began_us_ = 0;
  int64_t painted_seconds_ = 0;
};

}  // namespace petrel::cli
