// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/random.h"

#include <sys/random.h>

#include <bit>
#include <cerrno>

#include "common/check.h"

namespace petrel {

uint64_t Random::below(uint64_t bound) {
  PETREL_CHECK_GT(bound, 0U);
  // Numbers under the threshold would make small results more likely than large ones.
  const uint64_t threshold = (0 - bound) % bound;
  for (;;) {
    const uint64_t number = next();
    if (number >= threshold) {
      return number % bound;
    }
  }
}

double Random::fraction() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

uint64_t SystemRandom::next() {
  if (used_ == buffer_.size()) {
    // Up to 256 bytes come whole or not at all.
    static_assert(sizeof(buffer_) <= 256);
    ssize_t got = 0;
    do {
      got = getrandom(buffer_.data(), sizeof(buffer_), 0);
    } while (got < 0 && errno == EINTR);
    PETREL_CHECK_EQ(got, static_cast<ssize_t>(sizeof(buffer_))) << "getrandom, errno " << errno;
    used_ = 0;
  }
  return buffer_[used_++];
}

SeededRandom::SeededRandom(uint64_t seed) : state_() {
  // SplitMix64 spreads the seed, as the authors of xoshiro advise.
  for (uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15;
    uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    word = mixed ^ (mixed >> 31);
  }
}

uint64_t SeededRandom::next() {
  const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

}  // namespace petrel
