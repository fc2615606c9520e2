// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/store/ring.h"

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

namespace petrel::bench {
namespace {

constexpr unsigned kEntries = 8;

// A word that the kernel reads or writes at the same time.
std::atomic_ref<uint32_t> word(char* ring, uint32_t offset) {
  return std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(ring + offset));
}

}  // namespace

struct Ring::Memory {
  io_uring_params params{};
  char* rings = nullptr;
  size_t rings_bytes = 0;
  io_uring_sqe* entries = nullptr;
  size_t entries_bytes = 0;

  ~Memory() {
    if (rings != nullptr) munmap(rings, rings_bytes);
    if (entries != nullptr) munmap(entries, entries_bytes);
  }
  absl::Status map(int fd) {
    constexpr int kProtection = PROT_READ | PROT_WRITE;
    constexpr int kFlags = MAP_SHARED | MAP_POPULATE;
    if ((params.features & IORING_FEAT_SINGLE_MMAP) == 0) {
      return absl::UnimplementedError("io_uring without one mapping for both rings");
    }
    rings_bytes = std::max<size_t>(params.sq_off.array + params.sq_entries * sizeof(uint32_t),
                                   params.cq_off.cqes + params.cq_entries * sizeof(io_uring_cqe));
    void* mapped = mmap(nullptr, rings_bytes, kProtection, kFlags, fd, IORING_OFF_SQ_RING);
    if (mapped == MAP_FAILED) return absl::ErrnoToStatus(errno, "mmap of the rings");
    rings = static_cast<char*>(mapped);
    entries_bytes = params.sq_entries * sizeof(io_uring_sqe);
    mapped = mmap(nullptr, entries_bytes, kProtection, kFlags, fd, IORING_OFF_SQES);
    if (mapped == MAP_FAILED) return absl::ErrnoToStatus(errno, "mmap of the entries");
    entries = static_cast<io_uring_sqe*>(mapped);
    return absl::OkStatus();
  }
};

absl::StatusOr<std::unique_ptr<Ring>> Ring::open() {
  auto memory = std::make_unique<Memory>();
  const auto fd = static_cast<int>(syscall(SYS_io_uring_setup, kEntries, &memory->params));
  if (fd < 0) return absl::ErrnoToStatus(errno, "io_uring_setup");
  if (absl::Status mapped = memory->map(fd); !mapped.ok()) {
    close(fd);
    return mapped;
  }
  return std::unique_ptr<Ring>(new Ring(fd, std::move(memory)));
}

Ring::Ring(int fd, std::unique_ptr<Memory> memory) : fd_(fd), memory_(std::move(memory)) {}

Ring::~Ring() { close(fd_); }

absl::Status Ring::write_and_sync(int fd, const std::string& bytes, uint64_t offset) {
  constexpr uint64_t kWrite = 1;
  constexpr uint64_t kSync = 2;
  const io_sqring_offsets& at = memory_->params.sq_off;
  const uint32_t tail = word(memory_->rings, at.tail).load(std::memory_order_relaxed);
  const uint32_t mask = word(memory_->rings, at.ring_mask).load(std::memory_order_relaxed);
  for (uint32_t i = 0; i < 2; ++i) {
    const uint32_t index = (tail + i) & mask;
    io_uring_sqe& entry = memory_->entries[index];
    entry = {};
    entry.fd = fd;
    if (i == 0) {
      entry.opcode = IORING_OP_WRITE;
      entry.flags = IOSQE_IO_LINK;
      entry.off = offset;
      entry.addr = reinterpret_cast<uint64_t>(bytes.data());
      entry.len = static_cast<uint32_t>(bytes.size());
      entry.user_data = kWrite;
    } else {
      entry.opcode = IORING_OP_FSYNC;
      entry.fsync_flags = IORING_FSYNC_DATASYNC;
      entry.user_data = kSync;
    }
    word(memory_->rings, at.array + index * static_cast<uint32_t>(sizeof(uint32_t)))
        .store(index, std::memory_order_relaxed);
  }
  word(memory_->rings, at.tail).store(tail + 2, std::memory_order_release);
  const long submitted = syscall(SYS_io_uring_enter, fd_, 2, 2, IORING_ENTER_GETEVENTS, nullptr, 0);
  if (submitted != 2) return absl::ErrnoToStatus(errno, "io_uring_enter");
  absl::Status written = take_completion(kWrite, static_cast<int32_t>(bytes.size()));
  absl::Status synced = take_completion(kSync, 0);
  return written.ok() ? synced : written;
}

// Linked requests complete in their order.
absl::Status Ring::take_completion(uint64_t id, int32_t expected) {
  const io_cqring_offsets& at = memory_->params.cq_off;
  const uint32_t head = word(memory_->rings, at.head).load(std::memory_order_relaxed);
  if (head == word(memory_->rings, at.tail).load(std::memory_order_acquire)) {
    return absl::InternalError("a completion is missing");
  }
  const uint32_t mask = word(memory_->rings, at.ring_mask).load(std::memory_order_relaxed);
  const auto* completions = reinterpret_cast<const io_uring_cqe*>(memory_->rings + at.cqes);
  const io_uring_cqe completion = completions[head & mask];
  word(memory_->rings, at.head).store(head + 1, std::memory_order_release);
  if (completion.user_data != id) return absl::InternalError("a completion is out of order");
  if (completion.res < 0) return absl::ErrnoToStatus(-completion.res, "io_uring");
  return completion.res == expected ? absl::OkStatus() : absl::InternalError("a short write");
}

}  // namespace petrel::bench
