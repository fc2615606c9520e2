// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/disk/sim_content.h"

#include <algorithm>
#include <cstring>

namespace petrel::store {
namespace {

constexpr uint64_t kSectorBytes = SimContent::kSectorBytes;

uint64_t round_up(uint64_t bytes) {
  return (bytes + kSectorBytes - 1) / kSectorBytes * kSectorBytes;
}

}  // namespace

void SimContent::apply(const Change& change) {
  if (!change.sector.has_value()) {
    resize(change.size);
  } else if (*change.sector * kSectorBytes < size) {
    sectors[*change.sector] = change.bytes;
  }
}

void SimContent::resize(uint64_t bytes) {
  if (bytes < size) {
    sectors.erase(sectors.lower_bound(round_up(bytes) / kSectorBytes), sectors.end());
    if (const auto last = sectors.find(bytes / kSectorBytes); last != sectors.end()) {
      std::fill(last->second.begin() + static_cast<ptrdiff_t>(bytes % kSectorBytes),
                last->second.end(), '\0');
    }
    reserved.end = std::min(reserved.end, round_up(bytes));
    reserved.begin = std::min(reserved.begin, reserved.end);
  }
  size = bytes;
}

void SimContent::reserve(uint64_t begin, uint64_t end) {
  const bool empty = reserved.begin == reserved.end;
  const uint64_t first = begin / kSectorBytes * kSectorBytes;
  reserved.begin = empty ? first : std::min(reserved.begin, first);
  reserved.end = std::max(reserved.end, round_up(end));
}

void SimContent::write(uint64_t offset, const char* bytes, size_t count) {
  size = std::max(size, offset + count);
  while (count > 0) {
    const uint64_t in_sector = offset % kSectorBytes;
    const size_t part = std::min<size_t>(count, kSectorBytes - in_sector);
    Sector& sector = sectors[offset / kSectorBytes];
    std::memcpy(sector.data() + in_sector, bytes, part);
    offset += part;
    bytes += part;
    count -= part;
  }
}

void SimContent::read(uint64_t offset, char* into, size_t count) const {
  while (count > 0) {
    const uint64_t in_sector = offset % kSectorBytes;
    const size_t part = std::min<size_t>(count, kSectorBytes - in_sector);
    if (const auto sector = sectors.find(offset / kSectorBytes); sector != sectors.end()) {
      std::memcpy(into, sector->second.data() + in_sector, part);
    } else {
      std::memset(into, 0, part);
    }
    offset += part;
    into += part;
    count -= part;
  }
}

void SimContent::flip_bit(uint64_t offset, int bit) {
  if (offset >= size) return;
  char byte = 0;
  read(offset, &byte, 1);
  byte = static_cast<char>(byte ^ (1 << bit));
  write(offset, &byte, 1);
}

std::vector<FileRange> SimContent::data_ranges(uint64_t offset) const {
  std::vector<FileRange> ranges;
  for (auto it = sectors.lower_bound(offset / kSectorBytes); it != sectors.end(); ++it) {
    const uint64_t begin = std::max(offset, it->first * kSectorBytes);
    const uint64_t end = std::min((it->first + 1) * kSectorBytes, size);
    if (begin >= end) break;
    if (!ranges.empty() && ranges.back().end == begin) {
      ranges.back().end = end;
    } else {
      ranges.push_back({.begin = begin, .end = end});
    }
  }
  return ranges;
}

bool SimContent::same_bytes(const SimContent& other) const {
  if (size != other.size) return false;
  const auto all_in = [zeros = Sector{}](const SimContent& a, const SimContent& b) {
    return std::all_of(a.sectors.begin(), a.sectors.end(), [&](const auto& sector) {
      const auto found = b.sectors.find(sector.first);
      return sector.second == (found == b.sectors.end() ? zeros : found->second);
    });
  };
  return all_in(*this, other) && all_in(other, *this);
}

uint64_t SimContent::used_bytes() const {
  uint64_t bytes = reserved.end - reserved.begin;
  for (const auto& [sector, content] : sectors) {
    const uint64_t at = sector * kSectorBytes;
    if (at < reserved.begin || at >= reserved.end) bytes += kSectorBytes;
  }
  return bytes;
}

uint64_t SimContent::missing_bytes(uint64_t offset, uint64_t count) const {
  uint64_t bytes = 0;
  for (uint64_t at = offset / kSectorBytes * kSectorBytes; at < offset + count;
       at += kSectorBytes) {
    const bool is_reserved = at >= reserved.begin && at < reserved.end;
    if (!is_reserved && !sectors.contains(at / kSectorBytes)) bytes += kSectorBytes;
  }
  return bytes;
}

}  // namespace petrel::store
