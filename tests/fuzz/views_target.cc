// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/check.h"
#include "common/concat.h"
#include "store/log/big_endian.h"
#include "store/log/crc32.h"
#include "store/snapshot/snapshot_file.h"
#include "tests/fuzz/store_fuzz.h"
#include "tests/fuzz/target.h"

namespace petrel::fuzz {
namespace {

using store::LogOffset;
using store::QueueOffset;

constexpr char kQueueFile[] = "store/consumequeue/T/0/00000000000000000000";
constexpr char kLogFile[] = "store/commitlog/00000000000000000000";
constexpr char kSnapshots[] = "store/snapshots";
constexpr size_t kSegmentBytes = 4096;
constexpr int64_t kMessages = 8;

struct Sound {
  std::string log;
  LogOffset log_end{0};
  std::string queue_file;
};

Sound sound_files() {
  Sound files;
  for (int64_t i = 0; i < kMessages; ++i) {
    const LogOffset offset(static_cast<int64_t>(files.log.size()));
    const std::string record = FuzzStore::placed_record(
        "T", concat("body ", i), {.queue_offset = QueueOffset(i), .log_offset = offset});
    store::append_big_endian(files.queue_file, offset.value());
    store::append_big_endian(files.queue_file, static_cast<int32_t>(record.size()));
    store::append_big_endian(files.queue_file, store::tags_code("red"));
    files.log += record;
  }
  files.log_end = LogOffset(static_cast<int64_t>(files.log.size()));
  files.log.resize(kSegmentBytes);
  return files;
}

store::Snapshot sound_snapshot() {
  return {.offset = sound_files().log_end,
          .created_ms = 1'700'000'000'000,
          .topics = {{.topic = "T", .queues = {{0, QueueOffset(0), QueueOffset(kMessages)}}},
                     {.topic = "U", .queues = {}}},
          .state = {"the owner's state", "more of it"}};
}

// A queue file that the snapshot vouches for has these bytes.
void run_queue_file(std::string_view bytes) {
  FuzzStore fuzz;
  fuzz.disk().put_file(kLogFile, sound_files().log);
  fuzz.disk().put_file(kQueueFile, bytes);
  const store::Snapshot snapshot = sound_snapshot();
  PETREL_CHECK_OK(store::write_snapshot(fuzz.disk(), kSnapshots, snapshot));
  PETREL_CHECK_OK(fuzz.open());
  const store::ConsumeQueue* const queue = fuzz.store().find_queue("T", 0);
  PETREL_CHECK(queue != nullptr);
  PETREL_CHECK_EQ(queue->max(), QueueOffset(kMessages));
  fuzz.check_queues();
  fuzz.end();
}

// A snapshot is refused, or comes back as it is when it is written again; and the store opens
// without it.
void run_snapshot(std::string_view bytes) {
  FuzzStore fuzz;
  fuzz.disk().put_file(kLogFile, sound_files().log);
  const std::string path = store::snapshot_path(kSnapshots, LogOffset(0));
  fuzz.disk().put_file(path, bytes);
  const absl::StatusOr<store::Snapshot> snapshot = store::read_snapshot(fuzz.disk(), path);
  if (snapshot.ok()) {
    PETREL_CHECK_OK(store::write_snapshot(fuzz.disk(), kSnapshots, *snapshot));
    const std::string again = store::snapshot_path(kSnapshots, snapshot->offset);
    PETREL_CHECK(*store::read_snapshot(fuzz.disk(), again) == *snapshot);
    return;
  }
  if (absl::IsFailedPrecondition(snapshot.status())) {  // of a later version
    PETREL_CHECK(absl::IsFailedPrecondition(fuzz.open()));
    return;
  }
  PETREL_CHECK(absl::IsDataLoss(snapshot.status())) << snapshot.status().ToString();
  PETREL_CHECK_OK(fuzz.open());
  fuzz.check_queues();
  fuzz.end();
}

// Version 2 has one checksum over all of it.
void mend_older_snapshot(std::string& bytes) {
  constexpr size_t kCrcAt = 12;
  constexpr size_t kSizeAt = 16;
  if (bytes.size() < kSizeAt + 8) return;
  store::store_big_endian(bytes.data() + kSizeAt, static_cast<int64_t>(bytes.size()));
  store::store_big_endian(bytes.data() + kCrcAt,
                          store::crc32_ieee(std::string_view(bytes).substr(kSizeAt)));
}

// The header and each piece have one, which goes on from the one before.
void mend_snapshot(std::string& bytes) {
  constexpr size_t kHeaderBytes = 80;
  constexpr size_t kPieceHeaderBytes = 12;
  if (bytes.size() < kHeaderBytes) return;
  if (store::load_big_endian<int32_t>(bytes.data() + 8) != 3) return mend_older_snapshot(bytes);
  const std::string_view view(bytes);
  uint32_t crc = store::crc32_ieee(view.substr(16, kHeaderBytes - 16));
  store::store_big_endian(bytes.data() + 12, crc);
  for (size_t at = kHeaderBytes; at + kPieceHeaderBytes <= bytes.size();) {
    const auto length = store::load_big_endian<uint32_t>(bytes.data() + at + 4);
    if (length > bytes.size() - at - kPieceHeaderBytes) return;
    crc = store::crc32_ieee(view.substr(at + kPieceHeaderBytes, length),
                            store::crc32_ieee(view.substr(at, 8), crc));
    store::store_big_endian(bytes.data() + at + 8, crc);
    at += kPieceHeaderBytes + length;
  }
}

std::string written(const store::Snapshot& snapshot) {
  FuzzStore fuzz;
  PETREL_CHECK_OK(store::write_snapshot(fuzz.disk(), kSnapshots, snapshot));
  return fuzz.disk().bytes_of(store::snapshot_path(kSnapshots, snapshot.offset));
}

// Of version 2, without topics.
std::string older_snapshot() {
  std::string bytes("PTRLSNAP");
  store::append_big_endian(bytes, int32_t{2});
  store::append_big_endian(bytes, uint32_t{0});
  store::append_big_endian(bytes, int64_t{0});
  store::append_big_endian(bytes, int64_t{0});  // offset
  store::append_big_endian(bytes, int64_t{1});  // created
  store::append_big_endian(bytes, int32_t{1});  // topics
  store::append_big_endian(bytes, uint16_t{1});
  bytes += "T";
  store::append_big_endian(bytes, int32_t{1});  // queues
  store::append_big_endian(bytes, int32_t{0});
  for (const int64_t value : {0, 8, 0}) store::append_big_endian(bytes, value);
  store::append_big_endian(bytes, int64_t{5});
  bytes += "state";
  mend_older_snapshot(bytes);
  return bytes;
}

}  // namespace

Target queue_file_target() {
  const std::string sound = sound_files().queue_file;
  return {.name = "queue_file",
          .examples = {sound, sound + std::string(600, '\0'), sound.substr(0, 100)},
          .run = run_queue_file};
}

Target snapshot_target() {
  return {.name = "snapshot",
          .examples = {written(sound_snapshot()), written({}), older_snapshot()},
          .run = run_snapshot,
          .mend = mend_snapshot};
}

}  // namespace petrel::fuzz
