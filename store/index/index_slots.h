// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"

namespace petrel::store {

// The slot table of one index file: slot -> number of the newest entry there, 0 if none; 4 bytes
// each, big-endian, from byte `begin` of the file on. Only pages that were changed are in memory,
// and only until they are flushed, so that a table that nobody changes costs nothing.
//
// One thread at a time.
class IndexSlots {
 public:
  IndexSlots(File& file, uint64_t begin, int32_t slots);

  absl::StatusOr<int32_t> get(int32_t slot) const;
  // Sets a slot and returns what it was.
  absl::StatusOr<int32_t> exchange(int32_t slot, int32_t entry);

  bool changed() const { return table_ != nullptr; }
  // Writes the changed pages, neighbours with one call.
  absl::Status write();
  // After they are synced: frees the memory.
  void forget();

 private:
  size_t page_bytes(size_t page) const;
  absl::Status load(size_t page);

  File& file_;
  const uint64_t begin_;
  const size_t table_bytes_;
  // As in the file. Untouched parts of this block are not backed by memory.
  std::unique_ptr<char[]> table_;
  std::vector<bool> loaded_;  // by page
};

}  // namespace petrel::store
