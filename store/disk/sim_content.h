// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/disk/disk.h"

namespace petrel::store {

// The bytes of one simulated file, by sector; sectors that are not there are zero. A reserved range
// takes room on the disk without having been written.
struct SimContent {
  static constexpr uint64_t kSectorBytes = 512;  // what a disk writes whole or not at all
  using Sector = std::array<char, kSectorBytes>;

  // A change of a file: a new size, or one whole sector.
  struct Change {
    uint64_t size = 0;
    std::optional<uint64_t> sector;
    Sector bytes{};
  };

  uint64_t size = 0;
  std::map<uint64_t, Sector> sectors;
  FileRange reserved;  // in bytes, at sector borders

  // A sector behind the end is not there.
  void apply(const Change& change);
  void resize(uint64_t bytes);
  void reserve(uint64_t begin, uint64_t end);
  void write(uint64_t offset, const char* bytes, size_t count);
  void read(uint64_t offset, char* into, size_t count) const;
  void flip_bit(uint64_t offset, int bit);
  std::vector<FileRange> data_ranges(uint64_t offset) const;
  bool same_bytes(const SimContent& other) const;
  // Room taken on the disk.
  uint64_t used_bytes() const;
  // How much more it takes to write [offset, offset + count).
  uint64_t missing_bytes(uint64_t offset, uint64_t count) const;
};

}  // namespace petrel::store
