// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/engine/engine_gate.h"

#include "common/check.h"

namespace petrel::engine {

EngineGate::~EngineGate() { PETREL_CHECK_EQ(state_.load(), 0U); }

EngineGate::Pass EngineGate::enter() {
  uint32_t state = state_.load(std::memory_order_relaxed);
  while ((state & kOpen) != 0) {
    if (state_.compare_exchange_weak(state, state + kOne, std::memory_order_acquire,
                                     std::memory_order_relaxed)) {
      return Pass(this);
    }
  }
  return {};
}

void EngineGate::leave() {
  const uint32_t before = state_.fetch_sub(kOne, std::memory_order_release);
  PETREL_CHECK_GE(before, kOne);
  if (before == kOne) state_.notify_all();  // closed meanwhile, and this was the last
}

void EngineGate::open() {
  const uint32_t before = state_.fetch_or(kOpen, std::memory_order_release);
  PETREL_CHECK_EQ(before, 0U) << "opened twice, or somebody stayed inside";
}

void EngineGate::close() {
  uint32_t state = state_.fetch_and(~kOpen, std::memory_order_acquire) & ~kOpen;
  while (state != 0) {
    state_.wait(state, std::memory_order_acquire);
    state = state_.load(std::memory_order_acquire);
  }
}

}  // namespace petrel::engine
