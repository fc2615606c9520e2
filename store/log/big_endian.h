// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <concepts>
#include <cstring>
#include <string>
#include <type_traits>

// Integers as RocketMQ's files have them: big-endian, at any alignment. The caller has checked that
// sizeof(T) bytes are there.
namespace petrel::store {

template <std::integral T>
T to_big_endian(T value) {
  static_assert(std::endian::native == std::endian::little, "swaps are for little-endian machines");
  using Bits = std::make_unsigned_t<T>;
  const auto bits = static_cast<Bits>(value);
  if constexpr (sizeof(T) == 1) {
    return value;
  } else if constexpr (sizeof(T) == 2) {
    return static_cast<T>(__builtin_bswap16(bits));
  } else if constexpr (sizeof(T) == 4) {
    return static_cast<T>(__builtin_bswap32(bits));
  } else {
    return static_cast<T>(__builtin_bswap64(bits));
  }
}

template <std::integral T>
T load_big_endian(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return to_big_endian(value);
}

template <std::integral T>
void store_big_endian(char* to, T value) {
  value = to_big_endian(value);
  std::memcpy(to, &value, sizeof(T));
}

template <std::integral T>
void append_big_endian(std::string& to, T value) {
  value = to_big_endian(value);
  to.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

}  // namespace petrel::store
