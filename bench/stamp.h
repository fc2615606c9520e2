// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace petrel::bench {

// The first kStampBytes of every body that the generator sends (big-endian):
//   8 bytes  CLOCK_MONOTONIC nanoseconds at which the message was (intended to be) sent
//   8 bytes  run id, random, so that messages of an earlier run are told apart
//   8 bytes  number of the message in its run, from 0
// The clock is that of one host: producer and consumer run on the same machine.
struct Stamp {
  int64_t sent_ns = 0;
  uint64_t run_id = 0;
  uint64_t number = 0;

  bool operator==(const Stamp&) const = default;
};

inline constexpr size_t kStampBytes = 24;

// Writes kStampBytes at out.
void write_stamp(const Stamp& stamp, char* out);

// Nothing when the body is too short to have one.
std::optional<Stamp> read_stamp(std::string_view body);

// CLOCK_MONOTONIC in nanoseconds.
int64_t monotonic_ns();

// size_bytes that no compressor shrinks; the same for the same seed.
std::string incompressible_bytes(size_t size_bytes, uint64_t seed);

}  // namespace petrel::bench
