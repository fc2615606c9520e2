// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <gtest/gtest.h>

#include <sstream>

namespace petrel::cli {
namespace {

TEST(Progress, APhaseIsALineHoweverOftenItIsTold) {
  ManualClock clock;
  std::ostringstream out;
  Progress progress(clock, out, 0);
  progress.tell("restart broker-0");
  for (int i = 0; i < 3; ++i) {
    clock.advance_ms(400);
    progress.tell("broker-0 stops");
  }
  clock.advance_ms(12'300);
  progress.tell("broker-0 has stopped");
  progress.finish();
  EXPECT_EQ(out.str(),
            "   0.0 s  restart broker-0\n"
            "   0.4 s  broker-0 stops\n"
            "  13.5 s  broker-0 has stopped\n");
}

TEST(Progress, OnATerminalTheLastLineTellsHowLongItLasts) {
  ManualClock clock;
  std::ostringstream out;
  {
    Progress progress(clock, out, 25);
    progress.tell("broker-0 stops slowly");
    progress.tell("broker-0 stops slowly");
    clock.advance_ms(1'500);
    progress.tell("broker-0 stops slowly");
  }
  EXPECT_EQ(out.str(),
            "\r\033[K   0.0 s  broker-0 stops"
            "\r\033[K   0.0 s  broker-0 (1 s)"
            "\r\033[K   0.0 s  broker-0 stops slowly\n");
}

}  // namespace
}  // namespace petrel::cli
