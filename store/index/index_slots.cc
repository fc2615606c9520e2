// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/index/index_slots.h"

#include <algorithm>

#include "common/check.h"
#include "common/status.h"
#include "store/log/big_endian.h"

namespace petrel::store {
namespace {

constexpr size_t kPageBytes = 4096;
constexpr size_t kSlotBytes = 4;

}  // namespace

IndexSlots::IndexSlots(File& file, uint64_t begin, int32_t slots)
    : file_(file), begin_(begin), table_bytes_(static_cast<size_t>(slots) * kSlotBytes) {
  PETREL_CHECK_GT(slots, 0);
}

size_t IndexSlots::page_bytes(size_t page) const {
  return std::min(kPageBytes, table_bytes_ - page * kPageBytes);
}

absl::Status IndexSlots::load(size_t page) {
  if (table_ == nullptr) {
    table_.reset(new char[table_bytes_]);  // not filled: it would take its memory at once
    loaded_.assign((table_bytes_ + kPageBytes - 1) / kPageBytes, false);
  }
  if (loaded_[page]) return absl::OkStatus();
  PETREL_RETURN_IF_ERROR(file_.read(begin_ + page * kPageBytes,
                                    std::span(table_.get() + page * kPageBytes, page_bytes(page))));
  loaded_[page] = true;
  return absl::OkStatus();
}

absl::StatusOr<int32_t> IndexSlots::get(int32_t slot) const {
  const size_t at = static_cast<size_t>(slot) * kSlotBytes;
  PETREL_CHECK_LT(at, table_bytes_);
  if (table_ != nullptr && loaded_[at / kPageBytes]) {
    return load_big_endian<int32_t>(table_.get() + at);
  }
  char bytes[kSlotBytes];
  PETREL_RETURN_IF_ERROR(file_.read(begin_ + at, bytes));
  return load_big_endian<int32_t>(bytes);
}

absl::StatusOr<int32_t> IndexSlots::exchange(int32_t slot, int32_t entry) {
  const size_t at = static_cast<size_t>(slot) * kSlotBytes;
  PETREL_CHECK_LT(at, table_bytes_);
  PETREL_RETURN_IF_ERROR(load(at / kPageBytes));
  const auto former = load_big_endian<int32_t>(table_.get() + at);
  store_big_endian(table_.get() + at, entry);
  return former;
}

absl::Status IndexSlots::write() {
  for (size_t page = 0; page < loaded_.size();) {
    if (!loaded_[page]) {
      ++page;
      continue;
    }
    const size_t first = page;
    while (page < loaded_.size() && loaded_[page]) ++page;
    const size_t end = std::min(page * kPageBytes, table_bytes_);
    const iovec part = {.iov_base = table_.get() + first * kPageBytes,
                        .iov_len = end - first * kPageBytes};
    PETREL_RETURN_IF_ERROR(file_.write(begin_ + first * kPageBytes, std::span(&part, 1)));
  }
  return absl::OkStatus();
}

void IndexSlots::forget() {
  table_.reset();
  loaded_.clear();
}

}  // namespace petrel::store
