// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/crash/replica_run.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"
#include "store/log/file_names.h"
#include "store/test_util.h"

namespace petrel::store {
namespace {

constexpr char kDirectory[] = "store/commitlog";
constexpr int kSteps = 40;
constexpr uint64_t kOperationsPerLife = 200;

absl::Status wrong(std::string what) { return absl::InternalError(std::move(what)); }

std::string all_bytes(const CommitLog& log) {
  std::string bytes;
  for (LogOffset at = log.begin(); at < log.end();) {
    const LogRange range = log.read_range(at, 10'000, log.end()).value();
    bytes += range.bytes();
    at = range.to;
  }
  return bytes;
}

}  // namespace

ReplicaRun::ReplicaRun(const Options& options)
    : random_(options.seed),
      log_options_(small_log_options()),
      sim_(new SimDisk({.seed = options.seed, .reorder = options.reorder})),
      disk_(std::unique_ptr<Disk>(sim_), options.broken) {
  log_options_.segment_bytes = random_.below(2) == 0 ? 4096 : 8192;
  log_options_.prepare_bytes = random_.below(2) == 0 ? 0 : 1024;
  PETREL_CHECK_OK(leaders_disk_.create_directories("store"));
  leader_ = CommitLog::open(leaders_disk_, kDirectory, log_options_).value();
  PETREL_CHECK_OK(leader_->recover(LogOffset(0)));
}

// ---- a life

absl::Status ReplicaRun::open(absl::Status* log_failure) {
  failed_ = false;
  log_.reset();
  *log_failure = disk_.create_directories("store");
  if (!log_failure->ok()) return absl::OkStatus();
  CommitLog::Options options = log_options_;
  options.segment_size_mode = SegmentSizeMode::kExactly;
  absl::StatusOr<std::unique_ptr<CommitLog>> log = CommitLog::open(disk_, kDirectory, options);
  *log_failure = log.status();
  if (!log.ok()) return absl::OkStatus();
  *log_failure = (*log)->recover(LogOffset(0));
  // The next file, which it tries to make, is nothing that it must have.
  if (log_failure->ok()) *log_failure = disk_.list(kDirectory).status();
  if (!log_failure->ok()) return absl::OkStatus();
  log_ = *std::move(log);
  return check();
}

void ReplicaRun::work(int steps) {
  for (int i = 0; i < steps && log_ != nullptr && !failed_; ++i) failed_ = !step().ok();
}

absl::Status ReplicaRun::step() {
  if (to_cut_) {
    PETREL_RETURN_IF_ERROR(cut());
  }
  switch (random_.below(8)) {
    case 0:
      change_history();
      return absl::OkStatus();
    case 1:
      return log_->sync_up_to(LogOffset(log_->progress().written.value()));
    case 2:
    case 3:
      lead();
      return absl::OkStatus();
    default:
      return fetch();
  }
}

// The leader appends some.
void ReplicaRun::lead() {
  const uint64_t longest = random_.below(2) == 0 ? 60 : 900;
  for (uint64_t i = 0; i <= random_.below(6); ++i) {
    const std::string body(random_.below(longest), static_cast<char>('a' + random_.below(26)));
    PETREL_CHECK_OK(leader_->append(test_record("T", body), {}).status());
  }
  leader_->submit();
  PETREL_CHECK_OK(leader_->write_group(true, 0).status());
  history_ = all_bytes(*leader_);
}

// From one of its last records on, the leader's log is another one.
void ReplicaRun::change_history() {
  std::vector<LogOffset> begins;
  PETREL_CHECK_OK(leader_->visit(LogOffset(0), leader_->end(), [&](const RecordView& record) {
    begins.push_back(record.log_offset);
    return absl::OkStatus();
  }));
  if (begins.empty()) return;
  const uint64_t back = 1 + random_.below(std::min<uint64_t>(begins.size(), 16));
  changed_at_ = begins[begins.size() - back];
  old_history_ = history_;
  PETREL_CHECK_OK(leader_->truncate(changed_at_));
  lead();
  to_cut_ = log_->end() > changed_at_;
}

absl::Status ReplicaRun::cut() {
  synced_ = std::min(synced_, changed_at_);
  written_ = std::min(written_, changed_at_);
  PETREL_RETURN_IF_ERROR(log_->truncate(changed_at_));
  PETREL_CHECK_EQ(log_->end(), changed_at_);
  to_cut_ = false;
  synced_ = written_ = changed_at_;
  return absl::OkStatus();
}

absl::Status ReplicaRun::fetch() {
  const auto bytes_max = static_cast<int64_t>(random_.below(4000));
  const LogRange range = leader_->read_range(log_->end(), bytes_max, leader_->end()).value();
  PETREL_RETURN_IF_ERROR(log_->append_raw(range.from, range.bytes()));
  log_->submit();
  if (random_.below(4) == 0) return absl::OkStatus();
  PETREL_ASSIGN_OR_RETURN(const LogProgress progress, log_->write_group(random_.below(3) == 0, 0));
  written_ = std::max(written_, LogOffset(progress.written.value()));
  synced_ = std::max(synced_, LogOffset(progress.synced.value()));
  return absl::OkStatus();
}

void ReplicaRun::lose_power() {
  log_.reset();
  sim_->crash();
  written_ = synced_;
}

void ReplicaRun::kill() {
  log_.reset();
  sim_->restart();
}

// ---- what must hold

absl::Status ReplicaRun::check() {
  const LogOffset end = log_->end();
  if (log_->damage().count() > 0) return wrong("there is a hole");
  if (end < written_) {
    return wrong(
        concat("lost: the log ends at ", end.value(), ", promised was ", written_.value()));
  }
  const std::string& followed = to_cut_ ? old_history_ : history_;
  const std::string bytes = all_bytes(*log_);
  PETREL_CHECK_EQ(static_cast<int64_t>(bytes.size()), end.value());
  if (!std::string_view(followed).starts_with(bytes)) {
    return wrong(concat("the log, which ends at ", end.value(), to_cut_ ? " before" : " after",
                        " the cut at ", changed_at_.value(), ", is no prefix of what it followed"));
  }
  to_cut_ = to_cut_ && end > changed_at_;
  synced_ = written_ = end;
  return absl::OkStatus();
}

absl::Status ReplicaRun::catch_up() {
  if (to_cut_) {
    PETREL_RETURN_IF_ERROR(cut());
  }
  while (log_->end() < leader_->end()) PETREL_RETURN_IF_ERROR(fetch());
  PETREL_RETURN_IF_ERROR(log_->close());
  synced_ = written_ = log_->end();
  PETREL_RETURN_IF_ERROR(compare_files());
  lose_power();
  absl::Status failure;
  PETREL_RETURN_IF_ERROR(open(&failure));
  PETREL_RETURN_IF_ERROR(failure);
  return log_->end() == leader_->end() ? absl::OkStatus() : wrong("it is shorter after all");
}

absl::Status ReplicaRun::compare_files() {
  for (int64_t start = 0; start < log_->end().value(); start += log_options_.segment_bytes) {
    const std::string path = concat(kDirectory, "/", offset_file_name(start));
    const auto size =
        static_cast<size_t>(std::min(log_->end().value() - start, log_options_.segment_bytes));
    if (sim_->bytes_of(path).substr(0, size) != leaders_disk_.bytes_of(path).substr(0, size)) {
      return wrong(concat(path, " is not the leader's"));
    }
  }
  return absl::OkStatus();
}

// ---- lives

namespace {

absl::Status come_to_rest(ReplicaRun& run) {
  run.disk().heal();
  absl::Status failure;
  PETREL_RETURN_IF_ERROR(run.open(&failure));
  PETREL_RETURN_IF_ERROR(failure);
  run.work(6);
  return run.catch_up();
}

void arrange(SimDisk& disk, Mishap mishap, int64_t at) {
  switch (mishap) {
    case Mishap::kPowerCut:
    case Mishap::kPowerCutInOrder:
    case Mishap::kKill:
      return disk.cut_power_at(at);
    case Mishap::kFailure:
      return disk.fail_at(at, absl::InternalError("Input/output error"));
    case Mishap::kFullDisk:
      return disk.fail_at(at, absl::ResourceExhaustedError("no space left on device"));
  }
}

// One life; the log may refuse to open only because of the mishap.
absl::Status live(ReplicaRun& run, Mishap mishap, int64_t at, int steps) {
  run.disk().heal();
  arrange(run.disk(), mishap, at);
  absl::Status failure;
  PETREL_RETURN_IF_ERROR(run.open(&failure));
  if (absl::IsDataLoss(failure)) return failure;
  run.work(steps);
  if (mishap == Mishap::kPowerCut || mishap == Mishap::kPowerCutInOrder) {
    run.lose_power();
  } else {
    run.kill();
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status run_replica_lives(uint64_t seed, Break broken) {
  SeededRandom random(~seed);
  ReplicaRun run({.seed = seed, .reorder = random.below(2) == 0, .broken = broken});
  const uint64_t lives = 2 + random.below(5);
  for (uint64_t life = 0; life < lives; ++life) {
    const auto mishap = static_cast<Mishap>(random.below(5));
    const int64_t at =
        run.disk().operations() +
        static_cast<int64_t>(random.below(random.below(2) == 0 ? 16 : kOperationsPerLife));
    PETREL_RETURN_IF_ERROR(live(run, mishap, at, static_cast<int>(random.below(kSteps + 1))));
  }
  return come_to_rest(run);
}

absl::Status run_replica_mishap(uint64_t seed, Mishap mishap, int64_t at, Break broken) {
  ReplicaRun run({.seed = seed, .reorder = mishap != Mishap::kPowerCutInOrder, .broken = broken});
  PETREL_RETURN_IF_ERROR(live(run, mishap, at, kSteps));
  return come_to_rest(run);
}

int64_t count_replica_operations(uint64_t seed, Mishap mishap) {
  ReplicaRun run({.seed = seed, .reorder = mishap != Mishap::kPowerCutInOrder});
  absl::Status failure;
  if (run.open(&failure).ok()) run.work(kSteps);
  return run.disk().operations();
}

}  // namespace petrel::store
