// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

// The runs of petrel-bench-store. Each prints lines of JSON for bench/record.py and measures one
// part of the store on the real disk, below `directory`, which is left for a look.
namespace petrel::bench {

struct AppendOptions {
  std::string directory;
  size_t body_bytes = 1024;
  int64_t messages = 4'000'000;
};
// One thread appends encoded records and their queue entries as fast as it can, another writes them
// in groups: what one core stores with ASYNC_FLUSH.
void run_append(const AppendOptions& options);

struct SyncOptions {
  std::string directory;
  size_t body_bytes = 1024;
  int writers = 64;
  int seconds = 5;
};
// Writers that each wait for their record to be synced before they send the next, beside what one
// write and sync of 4 KiB takes on the same disk in the same minute.
void run_sync(const SyncOptions& options);

struct ColdReaderOptions {
  std::string directory;
  size_t body_bytes = 1024;
  int64_t cold_bytes = int64_t{4} << 30;  // written first and dropped from the page cache
  int64_t appends_per_s = 20'000;
  int64_t read_bytes_per_s = 500'000'000;
  int seconds = 6;  // of each phase
  bool sync = false;
};
// Appends at a steady rate, alone and then beside a reader that drains old records: how long an
// append waits until it is written (or synced), from the time when it was due.
void run_cold_reader(const ColdReaderOptions& options);

struct QueuesOptions {
  std::string directory;
  int32_t topics = 12'500;
  int32_t queues_per_topic = 8;
};
// Many queues: what each costs in memory, how long their first messages, a snapshot and a start
// take.
void run_queues(const QueuesOptions& options);

struct DiskIoOptions {
  std::string directory;
  int times = 2000;
};
// One group of the log, written and synced, in the ways that Linux has: pwritev and fdatasync,
// pwritev2 with RWF_DSYNC, and io_uring with the sync linked behind the write.
void run_disk_io(const DiskIoOptions& options);

}  // namespace petrel::bench
