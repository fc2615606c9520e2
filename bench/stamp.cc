// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/stamp.h"

#include <ctime>
#include <random>

namespace petrel::bench {
namespace {

void write_u64(uint64_t value, char* out) {
  for (int i = 7; i >= 0; --i, value >>= 8) out[i] = static_cast<char>(value & 0xff);
}

uint64_t read_u64(const char* in) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | static_cast<unsigned char>(in[i]);
  return value;
}

}  // namespace

void write_stamp(const Stamp& stamp, char* out) {
  write_u64(static_cast<uint64_t>(stamp.sent_ns), out);
  write_u64(stamp.run_id, out + 8);
  write_u64(stamp.number, out + 16);
}

std::optional<Stamp> read_stamp(std::string_view body) {
  if (body.size() < kStampBytes) return std::nullopt;
  return Stamp{.sent_ns = static_cast<int64_t>(read_u64(body.data())),
               .run_id = read_u64(body.data() + 8),
               .number = read_u64(body.data() + 16)};
}

int64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::string incompressible_bytes(size_t size_bytes, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size_bytes, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() & 0xff);
  return bytes;
}

}  // namespace petrel::bench
