// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/mutate.h"

#include <algorithm>
#include <array>
#include <limits>

#include "store/log/big_endian.h"

namespace petrel::fuzz {
namespace {

// Where lengths, counts and offsets go wrong.
constexpr std::array<int64_t, 12> kNumbers = {0,
                                              1,
                                              -1,
                                              20,
                                              127,
                                              4096,
                                              std::numeric_limits<int16_t>::max(),
                                              std::numeric_limits<int32_t>::max(),
                                              std::numeric_limits<int32_t>::min(),
                                              std::numeric_limits<int64_t>::max(),
                                              std::numeric_limits<int64_t>::min(),
                                              1'700'000'000'000};

std::string random_bytes(Random& random) {
  std::string bytes(static_cast<size_t>(random.below(300)), '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.next());
  return bytes;
}

size_t position(const std::string& bytes, Random& random) {
  return static_cast<size_t>(random.below(bytes.size()));
}

void put_number(std::string& bytes, Random& random) {
  const int64_t near = static_cast<int64_t>(random.below(5)) - 2;
  const int64_t chosen = kNumbers[static_cast<size_t>(random.below(kNumbers.size()))];
  const auto number = static_cast<uint64_t>(chosen) + static_cast<uint64_t>(near);
  char big_endian[8];
  store::store_big_endian(big_endian, number);
  const size_t width = size_t{1} << random.below(4);
  const size_t at = position(bytes, random);
  const size_t count = std::min(width, bytes.size() - at);
  std::copy_n(big_endian + 8 - width, count, bytes.begin() + static_cast<ptrdiff_t>(at));
}

void change(std::string& bytes, const std::string& other, Random& random) {
  if (bytes.empty()) {
    bytes = random_bytes(random);
    return;
  }
  const size_t at = position(bytes, random);
  const auto size = static_cast<size_t>(random.below(1 + std::min<size_t>(64, bytes.size() - at)));
  switch (random.below(8)) {
    case 0:
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
      break;
    case 1:
      bytes[at] = static_cast<char>(random.next());
      break;
    case 2:
      put_number(bytes, random);
      break;
    case 3:
      bytes.erase(at, size);
      break;
    case 4:
      bytes.insert(at, bytes.substr(at, size));
      break;
    case 5:
      bytes.insert(at, random_bytes(random));
      break;
    case 6:
      bytes.resize(at);
      break;
    default:
      if (!other.empty()) bytes.replace(at, size, other.substr(position(other, random), size));
  }
}

}  // namespace

std::string mutated(const std::vector<std::string>& examples, Random& random) {
  if (examples.empty() || random.below(50) == 0) return random_bytes(random);
  const auto any = [&]() -> const std::string& {
    return examples[static_cast<size_t>(random.below(examples.size()))];
  };
  std::string bytes = any();
  const uint64_t changes = 1 + random.below(6);
  for (uint64_t i = 0; i < changes; ++i) change(bytes, any(), random);
  bytes.resize(std::min(bytes.size(), kInputBytesMax));
  return bytes;
}

}  // namespace petrel::fuzz
