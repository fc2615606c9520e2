// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace petrel {

// The only source of randomness. Passed by constructor. One owner thread each.
class Random {
 public:
  virtual ~Random() = default;

  // 64 uniformly distributed bits.
  virtual uint64_t next() = 0;

  // Uniform in [0, bound), without modulo bias. bound > 0.
  uint64_t below(uint64_t bound);

  // Uniform in [0, 1).
  double fraction();
};

// The kernel's generator, unpredictable: for identifiers and secrets.
class SystemRandom final : public Random {
 public:
  uint64_t next() override;

 private:
  std::array<uint64_t, 32> buffer_{};
  size_t used_ = buffer_.size();
};

// xoshiro256++: fast, and the same seed gives the same numbers everywhere. For simulations and
// jitter.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed);
  uint64_t next() override;

 private:
  std::array<uint64_t, 4> state_;
};

}  // namespace petrel
