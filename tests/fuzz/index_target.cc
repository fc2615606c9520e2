// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "common/check.h"
#include "common/concat.h"
#include "store/index/index_mark.h"
#include "store/index/message_index.h"
#include "store/log/big_endian.h"
#include "store/log/crc32.h"
#include "store/tools/store_verify.h"
#include "tests/fuzz/store_fuzz.h"
#include "tests/fuzz/target.h"

namespace petrel::fuzz {
namespace {

using store::LogOffset;

constexpr char kMarkFile[] = "store/index.synced";
constexpr int64_t kMessages = 12;
constexpr store::IndexGeometry kGeometry = {.slots = 4, .entries = 16};
constexpr size_t kFileBytes = store::kIndexHeaderBytes + 4 * 4 + 16 * store::kIndexEntryBytes;

std::string key_of(int64_t message) { return concat("k", message % 3); }

// A log of messages with keys, on a disk of its own, and its index.
class IndexedLog {
 public:
  IndexedLog() {
    PETREL_CHECK_OK(disk_.create_directories("store/index"));
    log_ = store::CommitLog::open(disk_, "store/commitlog", store::small_log_options()).value();
    PETREL_CHECK_OK(log_->recover(LogOffset(0)));
    for (int64_t i = 0; i < kMessages; ++i) {
      const std::string record = store::test_record(
          "T", concat("body ", i), concat("UNIQ_KEY\x01u", i, "\x02KEYS\x01", key_of(i), "\x02"));
      PETREL_CHECK_OK(log_->append(record, {.queue_offset = store::QueueOffset(i),
                                            .store_ms = 1'700'000'000'000 + 900 * i})
                          .status());
    }
    PETREL_CHECK_OK(log_->close());
  }

  store::SimDisk& disk() { return disk_; }
  std::unique_ptr<store::MessageIndex> open() {
    // Whatever is there, it costs a rebuild, and never an error.
    auto index = store::MessageIndex::open(
        disk_, *log_, {.directory = "store", .geometry = kGeometry, .unflushed_entries_max = 6});
    PETREL_CHECK_OK(index.status());
    return *std::move(index);
  }
  void follow(store::MessageIndex& index) {
    // One step may find damage, and the next builds again what was dropped.
    for (int i = 0; i < 8 && index.indexed() < log_->end(); ++i) {
      PETREL_CHECK_OK(index.follow(log_->end(), 1 << 20));
    }
    PETREL_CHECK_EQ(index.indexed(), log_->end());
  }
  // How many records of the key are found: each of them has it, and none comes twice.
  static int64_t find(store::MessageIndex& index, const std::string& key, bool* damaged) {
    int64_t found = 0;
    LogOffset newest{1 << 20};
    const absl::Status status =
        index.find("T", key, {.begin_ms = 0, .end_ms = INT64_MAX / 2},
                   [&](const store::LogSlice&, const store::RecordView& record) {
                     PETREL_CHECK_LE(record.log_offset, newest);
                     newest = record.log_offset;
                     return ++found < 100;
                   });
    PETREL_CHECK(status.ok() || absl::IsDataLoss(status)) << status.ToString();
    *damaged = !status.ok();
    return found;
  }
  // Everything that follows from a fresh build.
  void expect_complete(store::MessageIndex& index) {
    bool damaged = false;
    for (int64_t i = 0; i < 3; ++i) {
      PETREL_CHECK_EQ(find(index, key_of(i), &damaged), kMessages / 3);
    }
    for (int64_t i = 0; i < kMessages; ++i) {
      PETREL_CHECK_EQ(find(index, concat("u", i), &damaged), 1);
    }
    PETREL_CHECK(!damaged);
  }

 private:
  store::SimDisk disk_{{}};
  std::unique_ptr<store::CommitLog> log_;
};

// The mark, and behind it the index's files, in pieces of their size.
void put(store::SimDisk& disk, std::string_view bytes) {
  disk.put_file(kMarkFile, bytes.substr(0, store::kIndexMarkBytes));
  int64_t time_ms = 1'700'000'000'000;
  for (size_t at = store::kIndexMarkBytes; at < bytes.size(); at += kFileBytes) {
    disk.put_file(concat("store/index/", store::index_file_name(time_ms++)),
                  bytes.substr(at, kFileBytes));
  }
}

void run(std::string_view bytes) {
  IndexedLog log;
  put(log.disk(), bytes);
  // A tool looks at it before, and changes nothing.
  PETREL_CHECK_OK(store::verify_store(log.disk(), "store", nullptr, kGeometry).status());
  {
    const auto index = log.open();
    bool damaged = false;
    for (int64_t i = 0; i < 3; ++i) IndexedLog::find(*index, key_of(i), &damaged);
    log.follow(*index);
    for (int64_t i = 0; i < kMessages; ++i) IndexedLog::find(*index, concat("u", i), &damaged);
    log.follow(*index);
    PETREL_CHECK_OK(index->flush());
  }
  // Without the mark all of it is built again.
  log.disk().erase_file(kMarkFile);
  const auto index = log.open();
  log.follow(*index);
  PETREL_CHECK_OK(index->flush());
  log.expect_complete(*index);
  const auto report = store::verify_store(log.disk(), "store", nullptr, kGeometry);
  PETREL_CHECK_OK(report.status());
  PETREL_CHECK(report->wrong_index_files.empty());
}

// The mark's checksum fits, and it knows the header of the newest file.
void mend(std::string& bytes) {
  constexpr size_t kHeaderAt = 48;
  constexpr size_t kCrcAt = 88;
  if (bytes.size() < store::kIndexMarkBytes + store::kIndexHeaderBytes) return;
  const size_t files = (bytes.size() - store::kIndexMarkBytes + kFileBytes - 1) / kFileBytes;
  const size_t newest = store::kIndexMarkBytes + (files - 1) * kFileBytes;
  if (bytes.size() - newest >= store::kIndexHeaderBytes) {
    std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(newest), store::kIndexHeaderBytes,
                bytes.begin() + static_cast<ptrdiff_t>(kHeaderAt));
  }
  store::store_big_endian(bytes.data() + kCrcAt,
                          store::crc32_ieee(std::string_view(bytes).substr(0, kCrcAt)));
}

// What is on disk after `messages` were indexed.
std::string sound_files(bool flushed) {
  IndexedLog log;
  const auto index = log.open();
  log.follow(*index);
  if (flushed) PETREL_CHECK_OK(index->flush());
  std::string bytes = log.disk().bytes_of(kMarkFile);
  for (const std::string& path : log.disk().files()) {
    if (path.starts_with("store/index/")) bytes += log.disk().bytes_of(path);
  }
  return bytes;
}

}  // namespace

Target index_target() {
  const std::string all = sound_files(/*flushed=*/true);
  return {.name = "index",
          .examples = {all, sound_files(/*flushed=*/false),
                       all.substr(0, store::kIndexMarkBytes + kFileBytes)},
          .run = run,
          .mend = mend};
}

}  // namespace petrel::fuzz
