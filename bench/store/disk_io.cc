// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "bench/proc_stat.h"
#include "bench/stamp.h"
#include "bench/store/bare_store.h"
#include "bench/store/ring.h"
#include "bench/store/scenario.h"
#include "common/concat.h"

namespace petrel::bench {
namespace {

constexpr uint64_t kFileBytes = 256 << 20;
constexpr int kRound = 50;  // groups of one way before the next has its turn: all see the same disk

struct Way {
  std::string name;
  std::function<absl::Status(int fd, const std::string& bytes, uint64_t offset)> write;
  Histogram times_ns;
  double cpu_s = 0;
};

absl::Status posix_result(ssize_t written, size_t expected) {
  if (written < 0) return absl::ErrnoToStatus(errno, "write");
  return static_cast<size_t>(written) == expected ? absl::OkStatus()
                                                  : absl::InternalError("a short write");
}

absl::Status write_then_fdatasync(int fd, const std::string& bytes, uint64_t offset) {
  const iovec part = {.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  const absl::Status written =
      posix_result(pwritev(fd, &part, 1, static_cast<off_t>(offset)), bytes.size());
  if (!written.ok()) return written;
  return fdatasync(fd) == 0 ? absl::OkStatus() : absl::ErrnoToStatus(errno, "fdatasync");
}

absl::Status write_dsync(int fd, const std::string& bytes, uint64_t offset) {
  const iovec part = {.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  return posix_result(pwritev2(fd, &part, 1, static_cast<off_t>(offset), RWF_DSYNC), bytes.size());
}

// As the log prepares its segments: blocks reserved and written once, so that a sync changes no
// metadata.
int prepared_file(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  PETREL_CHECK_GE(fd, 0);
  const std::string zeros(1 << 20, '\0');
  for (uint64_t at = 0; at < kFileBytes; at += zeros.size()) {
    PETREL_CHECK(
        posix_result(pwrite(fd, zeros.data(), zeros.size(), static_cast<off_t>(at)), zeros.size())
            .ok());
  }
  PETREL_CHECK_EQ(fsync(fd), 0);
  return fd;
}

// Each way appends to a file of its own, round after round.
void compare(std::vector<Way>& ways, const std::string& directory, size_t group_bytes, int times) {
  const std::string bytes = incompressible_bytes(group_bytes, 1);
  std::vector<int> files;
  for (size_t i = 0; i < ways.size(); ++i) {
    files.push_back(prepared_file(directory + "/way-" + std::to_string(i)));
    ways[i].times_ns = Histogram();
    ways[i].cpu_s = 0;
  }
  const uint64_t groups_in_file = kFileBytes / group_bytes;
  for (int done = 0; done < times; done += kRound) {
    for (size_t i = 0; i < ways.size(); ++i) {
      const double cpu_begin_s = own_cpu_s();  // io_uring works in threads of its own
      for (int n = done; n < done + kRound; ++n) {
        const int64_t begin_ns = monotonic_ns();
        const absl::Status status =
            ways[i].write(files[i], bytes, static_cast<uint64_t>(n) % groups_in_file * group_bytes);
        PETREL_CHECK(status.ok()) << ways[i].name << ": " << status;
        ways[i].times_ns.record(monotonic_ns() - begin_ns);
      }
      ways[i].cpu_s += own_cpu_s() - cpu_begin_s;
    }
  }
  for (size_t i = 0; i < ways.size(); ++i) {
    close(files[i]);
    const Histogram& times_ns = ways[i].times_ns;
    print_result(
        concat("groups of ", group_bytes >> 10, " KiB, ", ways[i].name),
        {{"p50_ms", quantile_ms(times_ns, 0.5)},
         {"p99_ms", quantile_ms(times_ns, 0.99)},
         {"cpu_us_per_group", ways[i].cpu_s * 1e6 / static_cast<double>(times_ns.count())}});
  }
}

}  // namespace

void run_disk_io(const DiskIoOptions& options) {
  std::filesystem::create_directories(options.directory);
  std::vector<Way> ways;
  ways.push_back({.name = "pwritev and fdatasync", .write = write_then_fdatasync});
  ways.push_back({.name = "pwritev2 with RWF_DSYNC", .write = write_dsync});
  auto ring = Ring::open();
  if (ring.ok()) {
    ways.push_back({.name = "io_uring, sync linked",
                    .write = [&ring](int fd, const std::string& bytes, uint64_t offset) {
                      return (*ring)->write_and_sync(fd, bytes, offset);
                    }});
  } else {
    print_result("io_uring is not there", {{"why", std::string(ring.status().message())}});
  }
  for (const size_t group_bytes : {size_t{4} << 10, size_t{64} << 10, size_t{1} << 20}) {
    const int times = group_bytes < (1 << 20) ? options.times : options.times / 4;
    compare(ways, options.directory, group_bytes, times);
  }
}

}  // namespace petrel::bench
