// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/disk_probe.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "bench/stamp.h"

namespace petrel::bench {
namespace {

constexpr size_t kBlockBytes = 4096;

absl::Status write_and_sync(int fd, const std::string& bytes, int64_t offset) {
  if (pwrite(fd, bytes.data(), bytes.size(), offset) != static_cast<ssize_t>(bytes.size())) {
    return absl::ErrnoToStatus(errno, "write");
  }
  return fdatasync(fd) == 0 ? absl::OkStatus() : absl::ErrnoToStatus(errno, "fdatasync");
}

absl::StatusOr<Histogram> probe(int fd, int times) {
  absl::Status status = write_and_sync(
      fd, incompressible_bytes(kBlockBytes * static_cast<size_t>(times), /*seed=*/1), 0);
  Histogram times_ns;
  const std::string block = incompressible_bytes(kBlockBytes, /*seed=*/2);
  for (int i = 0; i < times && status.ok(); ++i) {
    const int64_t begin_ns = monotonic_ns();
    status = write_and_sync(fd, block, static_cast<int64_t>(kBlockBytes) * i);
    times_ns.record(monotonic_ns() - begin_ns);
  }
  if (!status.ok()) return status;
  return times_ns;
}

}  // namespace

absl::StatusOr<Histogram> probe_fdatasync(const std::string& directory, int times) {
  std::string path = directory + "/petrel-probe.XXXXXX";
  const int fd = mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) return absl::ErrnoToStatus(errno, path);
  absl::StatusOr<Histogram> times_ns = probe(fd, times);
  close(fd);
  unlink(path.c_str());
  return times_ns;
}

}  // namespace petrel::bench
