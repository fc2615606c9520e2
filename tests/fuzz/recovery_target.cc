// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "common/check.h"
#include "common/concat.h"
#include "store/log/big_endian.h"
#include "store/log/damage_list.h"
#include "store/log/sync_mark.h"
#include "store/tools/store_repair.h"
#include "store/tools/store_verify.h"
#include "tests/fuzz/store_fuzz.h"
#include "tests/fuzz/target.h"

namespace petrel::fuzz {
namespace {

using store::LogOffset;
using store::QueueOffset;

constexpr char kFirstFile[] = "store/commitlog/00000000000000000000";
constexpr char kSecondFile[] = "store/commitlog/00000000000000004096";
constexpr size_t kSegmentBytes = 4096;

// A beginning of a log, up to about `bytes`.
std::string sound_log(size_t bytes) {
  std::string log;
  for (int64_t i = 0; log.size() < bytes; ++i) {
    log += FuzzStore::placed_record("T", concat("body ", i),
                                    {.queue_offset = QueueOffset(i),
                                     .log_offset = LogOffset(static_cast<int64_t>(log.size()))});
  }
  return log;
}

bool is_refusal(const absl::Status& status) {
  return absl::IsDataLoss(status) || absl::IsFailedPrecondition(status);
}

// What `petrelctl store verify` and `repair --yes` do; whether there was something to do.
bool repaired(store::SimDisk& disk) {
  const auto report = store::verify_store(disk, "store", nullptr);
  PETREL_CHECK_OK(report.status());
  const auto steps = store::plan_repair(disk, "store", *report, {.name = "now"});
  PETREL_CHECK_OK(steps.status());
  PETREL_CHECK_OK(store::repair(disk, *steps));
  return !steps->empty();
}

// The log's files have these bytes. What a recovery takes, the next one takes too.
void run(std::string_view bytes) {
  FuzzStore fuzz;
  std::string first(bytes.substr(0, kSegmentBytes));
  // Files have their full size but for one that was being made.
  if (bytes.size() % 16 != 0) first.resize(kSegmentBytes);
  fuzz.disk().put_file(kFirstFile, first);
  if (bytes.size() > kSegmentBytes) {
    fuzz.disk().put_file(kSecondFile, bytes.substr(kSegmentBytes, kSegmentBytes));
  }
  if (const absl::Status opened = fuzz.open(); !opened.ok()) {
    PETREL_CHECK(is_refusal(opened)) << opened.ToString();
    fuzz.end();
    (void)repaired(fuzz.disk());
    return;
  }
  const LogOffset end = fuzz.store().log().end();
  fuzz.check_queues();
  fuzz.end();
  PETREL_CHECK_OK(fuzz.open());
  PETREL_CHECK_EQ(fuzz.store().log().end(), end);
  fuzz.check_queues();
  fuzz.end();
}

void run_mark(std::string_view bytes) {
  FuzzStore fuzz;
  fuzz.disk().put_file("store/commitlog.synced", bytes);
  std::string log = sound_log(500);
  const auto end = static_cast<int64_t>(log.size());
  log.resize(kSegmentBytes);
  fuzz.disk().put_file(kFirstFile, log);
  const absl::Status opened = fuzz.open();
  PETREL_CHECK(opened.ok() || is_refusal(opened)) << opened.ToString();
  if (opened.ok()) {
    PETREL_CHECK_EQ(fuzz.store().log().end().value(), end);
  }
}

// The list of known damage serves people: it decides nothing.
void run_damage_list(std::string_view bytes) {
  FuzzStore fuzz;
  std::string log = sound_log(500);
  const auto end = static_cast<int64_t>(log.size());
  log.resize(kSegmentBytes);
  fuzz.disk().put_file(kFirstFile, log);
  fuzz.disk().put_file("store/commitlog.damaged", bytes);
  {
    const auto list = store::DamageList::open(fuzz.disk(), "store/commitlog.damaged");
    PETREL_CHECK_OK(list.status());
    LogOffset before(0);
    int64_t total = 0;
    for (const store::DamagedRange& range : (*list)->ranges()) {
      PETREL_CHECK_LE(before, range.begin);
      PETREL_CHECK_LT(range.begin, range.end);
      before = range.end;
      total += range.bytes();
    }
    PETREL_CHECK_EQ(total, (*list)->bytes());
    PETREL_CHECK_EQ(static_cast<int64_t>((*list)->ranges().size()), (*list)->count());
  }
  PETREL_CHECK_OK(fuzz.open());
  PETREL_CHECK_EQ(fuzz.store().log().end().value(), end);
  fuzz.check_queues();
  fuzz.end();
}

std::string mark_of(int64_t offset, std::optional<int64_t> needed = std::nullopt) {
  store::SimDisk disk({});
  PETREL_CHECK_OK(disk.create_directories("store"));
  const auto mark = store::SyncMark::open(disk, "store/mark").value();
  PETREL_CHECK_OK(mark->write(offset, needed));
  return disk.bytes_of("store/mark");
}

}  // namespace

Target recovery_target() {
  std::string two_files = sound_log(3800);
  const auto rest = static_cast<int32_t>(kSegmentBytes - two_files.size());
  store::append_big_endian(two_files, rest);
  store::append_big_endian(two_files, store::kMagicBlank);
  two_files.resize(kSegmentBytes);
  two_files += FuzzStore::placed_record(
      "T", "next", {.queue_offset = QueueOffset(0), .log_offset = LogOffset(kSegmentBytes)});
  return {.name = "recovery",
          // The last one lacks a part of what fills its file up.
          .examples = {sound_log(300), sound_log(1500) + std::string(500, '\0'), two_files,
                       two_files.substr(0, 3984)},
          .run = run,
          .mend = mend_records};
}

Target damage_list_target() {
  return {.name = "damage_list",
          .examples = {"0 200 store/commitlog/00000000000000000000: the checksum is wrong\n"
                       "300 420 store/commitlog/00000000000000000000: no record\n",
                       "100 101 x: y\n"},
          .run = run_damage_list};
}

Target sync_mark_target() {
  return {.name = "sync_mark",
          .examples = {mark_of(0), mark_of(600), mark_of(600, 0)},
          .run = run_mark};
}

}  // namespace petrel::fuzz
