// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/check.h"
#include "store/disk/sim_disk.h"
#include "store/log/commit_log.h"
#include "store/test_util.h"
#include "tests/fuzz/store_fuzz.h"
#include "tests/fuzz/target.h"

namespace petrel::fuzz {
namespace {

using store::CommitLog;
using store::LogOffset;

constexpr char kDirectory[] = "store/commitlog";

std::unique_ptr<CommitLog> open(store::SimDisk& disk) {
  std::unique_ptr<CommitLog> log =
      CommitLog::open(disk, kDirectory, store::small_log_options()).value();
  PETREL_CHECK_OK(log->recover(LogOffset(0)));
  return log;
}

std::string all_bytes(const CommitLog& log) {
  std::string bytes;
  for (LogOffset at(0); at < log.end();) {
    const store::LogRange range = log.read_range(at, 1000, log.end()).value();
    PETREL_CHECK(!range.empty());
    bytes += range.bytes();
    at = range.to;
  }
  return bytes;
}

// Bytes that say to be a leader's log. All of them are taken and given on as they are, from memory,
// file and after a restart, or none.
void run(std::string_view bytes) {
  store::SimDisk disk({});
  PETREL_CHECK_OK(disk.create_directories("store"));
  std::unique_ptr<CommitLog> log = open(disk);
  const absl::Status taken = log->append_raw(LogOffset(0), bytes);
  if (!taken.ok()) {
    PETREL_CHECK(absl::IsDataLoss(taken) || absl::IsInvalidArgument(taken) ||
                 absl::IsResourceExhausted(taken))
        << taken.ToString();
    PETREL_CHECK_EQ(log->end(), LogOffset(0));
    return;
  }
  PETREL_CHECK_EQ(log->end().value(), static_cast<int64_t>(bytes.size()));
  PETREL_CHECK(all_bytes(*log) == bytes);
  PETREL_CHECK_OK(log->close());
  log = open(disk);
  PETREL_CHECK(all_bytes(*log) == bytes);
}

std::string leaders_bytes(int records, size_t body_bytes) {
  store::SimDisk disk({});
  PETREL_CHECK_OK(disk.create_directories("store"));
  const std::unique_ptr<CommitLog> log = open(disk);
  const std::string record = store::test_record("T", std::string(body_bytes, 'x'));
  for (int i = 0; i < records; ++i) PETREL_CHECK_OK(log->append(record, {}).status());
  return all_bytes(*log);
}

}  // namespace

Target raw_append_target() {
  return {.name = "raw_append",
          .examples = {leaders_bytes(1, 10), leaders_bytes(3, 200), leaders_bytes(5, 1500)},
          .run = run,
          .mend = mend_records};
}

}  // namespace petrel::fuzz
