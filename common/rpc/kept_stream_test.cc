// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/rpc/kept_stream.h"

#include <gtest/gtest.h>

namespace petrel {
namespace {

TEST(ReconnectWait, DoublesUpToItsBound) {
  SeededRandom random(1);
  ReconnectWait wait({.min_ms = 100, .max_ms = 500}, random);
  for (const int64_t turn_ms : {100, 200, 400, 500, 500}) {
    const int64_t wait_ms = wait.next_ms();
    EXPECT_GE(wait_ms, turn_ms / 2);
    EXPECT_LE(wait_ms, turn_ms / 2 + turn_ms);
  }
}

TEST(ReconnectWait, BeginsAgainAfterASuccess) {
  SeededRandom random(1);
  ReconnectWait wait({.min_ms = 100, .max_ms = 5'000}, random);
  for (int i = 0; i < 10; ++i) {
    wait.next_ms();
  }
  wait.reset();
  EXPECT_LE(wait.next_ms(), 150);
}

TEST(ReconnectWait, ThoseWhoLostOneServerDoNotComeBackTogether) {
  SeededRandom one(1);
  SeededRandom other(2);
  ReconnectWait first({}, one);
  ReconnectWait second({}, other);
  int together = 0;
  for (int i = 0; i < 10; ++i) {
    together += first.next_ms() == second.next_ms();
  }
  EXPECT_LE(together, 2);
}

}  // namespace
}  // namespace petrel
