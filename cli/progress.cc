// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "common/concat.h"

namespace petrel::cli {

namespace {

constexpr int64_t kSecondUs = 1'000'000;

// Of standard error; 0 when lines cannot be written over there.
size_t terminal_columns() {
  const char* const terminal = std::getenv("TERM");
  winsize size{};
  if (terminal == nullptr || std::string_view(terminal) == "dumb" || isatty(STDERR_FILENO) == 0 ||
      ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0) {
    return 0;
  }
  return size.ws_col;
}

}  // namespace

Progress::Progress(const Clock& clock) : Progress(clock, std::cerr, terminal_columns()) {}

Progress::Progress(const Clock& clock, std::ostream& out, size_t columns)
    : clock_(clock), out_(out), columns_(columns), began_us_(clock.mono_us()) {}

void Progress::tell(const std::string& phase) {
  if (phase != phase_) {
    finish();
    phase_ = phase;
    phase_began_us_ = clock_.mono_us();
    painted_seconds_ = 0;
    if (columns_ == 0) {
      out_ << line() << std::endl;
    } else {
      paint();
    }
  } else if (columns_ > 0 && seconds() != painted_seconds_) {
    painted_seconds_ = seconds();
    paint();
  }
}

void Progress::finish() {
  if (columns_ > 0 && !phase_.empty()) {
    out_ << "\r\033[K" << line() << std::endl;
  }
  phase_.clear();
}

int64_t Progress::seconds() const { return (clock_.mono_us() - phase_began_us_) / kSecondUs; }

// "  12.3 s  the phase"
std::string Progress::line() const {
  char began[32];
  snprintf(began, sizeof(began), "%6.1f s  ",
           static_cast<double>(phase_began_us_ - began_us_) / kSecondUs);
  return began + phase_;
}

// A line that is longer than the terminal is wide could not be written over.
void Progress::paint() {
  const std::string lasts = painted_seconds_ == 0 ? "" : concat(" (", painted_seconds_, " s)");
  const size_t room = columns_ > lasts.size() ? columns_ - lasts.size() - 1 : 0;
  out_ << "\r\033[K" << line().substr(0, room) << lasts << std::flush;
}

}  // namespace petrel::cli
