// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace petrel::engine {

// Lets any number of threads in while it is open, and tells the one that closes it when the last of
// them has left. Entering is one compare-and-swap, leaving one subtraction; only close() waits.
//
// Any thread enters; open() and close() are called by one at a time.
class EngineGate {
 public:
  // A thread that is inside, until it leaves or is destroyed. Moves, so that it may be handed on.
  class Pass {
   public:
    Pass() = default;
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave();
    }
    explicit operator bool() const { return gate_ != nullptr; }

   private:
    friend class EngineGate;
    explicit Pass(EngineGate* gate) : gate_(gate) {}
    EngineGate* gate_ = nullptr;
  };

  EngineGate() = default;
  ~EngineGate();
  EngineGate(const EngineGate&) = delete;
  EngineGate& operator=(const EngineGate&) = delete;

  // Empty when it is closed. Never waits.
  Pass enter();
  void open();
  // Lets nobody in any more, and returns when nobody is inside. Nothing if it is closed.
  void close();
  bool is_open() const { return (state_.load(std::memory_order_acquire) & kOpen) != 0; }

 private:
  static constexpr uint32_t kOpen = 1;
  static constexpr uint32_t kOne = 2;  // a thread inside

  void leave();

  std::atomic<uint32_t> state_{0};  // kOpen, and kOne for each thread inside
};

}  // namespace petrel::engine
