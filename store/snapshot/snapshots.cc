// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/snapshot/snapshots.h"

#include <limits>
#include <utility>

#include "common/check.h"
#include "common/clock.h"
#include "common/concat.h"
#include "common/executor.h"
#include "common/log.h"
#include "common/status.h"
#include "store/snapshot/snapshot_file.h"

namespace petrel::store {
namespace {

constexpr log::Logger kLog("store");
constexpr size_t kAll = std::numeric_limits<size_t>::max();

// Bytes that a snapshot writes, roughly: a file system writes whole pages of queue files.
int64_t cost_of(const SnapshotJob& job, size_t queues) {
  constexpr int64_t kPageBytes = 4096;
  constexpr int64_t kNothing = 1 << 20;
  constexpr int64_t kTopicBytes = 32;
  int64_t bytes = kPageBytes * static_cast<int64_t>(job.queues.size()) +
                  kTopicBytes * static_cast<int64_t>(job.snapshot.topics.size()) +
                  kQueueEntryBytes * static_cast<int64_t>(queues);
  for (const std::string& piece : job.snapshot.state) bytes += static_cast<int64_t>(piece.size());
  return bytes > kNothing ? bytes : 0;
}

}  // namespace

Snapshots::Snapshots(const Parts& parts, const Options& options)
    : parts_(parts), options_(options) {
  last_.mono_us = parts_.clock.mono_us();
}

Snapshots::~Snapshots() { jobs_.wait_for_none(); }

absl::Status Snapshots::start(LogOffset used, std::set<LogOffset> damaged) {
  PETREL_CHECK(on_disk_.empty() && stage_.load() == Stage::kNone);
  last_.offset = used;
  PETREL_ASSIGN_OR_RETURN(const std::vector<LogOffset> offsets,
                          list_snapshots(parts_.disk, parts_.paths.snapshots()));
  prune_snapshots(parts_.disk, parts_.paths.snapshots(), kKeepAllSnapshots).IgnoreError();
  damaged_ = std::move(damaged);
  for (auto offset = offsets.rbegin(); offset != offsets.rend(); ++offset) {
    if (!damaged_.contains(*offset)) on_disk_.push_back(*offset);
  }
  return absl::OkStatus();
}

bool Snapshots::interval_passed() const {
  return parts_.clock.mono_us() - last_.mono_us >= options_.interval_ms * 1000;
}

bool Snapshots::due() const {
  if (stage_.load(std::memory_order_acquire) != Stage::kNone) return false;
  if (parts_.clock.mono_us() < not_before_us_) return false;
  const int64_t log_bytes = parts_.log.progress().written.value() - last_.offset.value();
  if (log_bytes <= 0) return false;
  if (last_.wanted || log_bytes >= options_.log_bytes) return true;
  return interval_passed() && log_bytes >= cost_bytes_;
}

bool Snapshots::waits_for_record() const {
  return last_.wanted && stage_.load(std::memory_order_acquire) == Stage::kNone &&
         parts_.log.end() <= last_.offset;
}

void Snapshots::topic_deleted(std::string name, LogOffset record) {
  PETREL_CHECK(deleted_topics_.empty() || deleted_topics_.back().record <= record) << name;
  deleted_topics_.push_back({std::move(name), record});
}

void Snapshots::go(Stage from, Stage to) {
  const Stage was = stage_.exchange(to, std::memory_order_acq_rel);
  PETREL_CHECK_EQ(was, from) << "a snapshot's steps are out of order";
}

bool Snapshots::begin(LogOffset offset, const LogState& log) {
  PETREL_CHECK_LE(offset.value(), parts_.log.end().value());
  PETREL_CHECK_GE(offset, last_.offset);
  if (!deleted_topics_.empty() && deleted_topics_.back().record >= offset) {
    PETREL_CHECK_EQ(stage_.load(), Stage::kNone);
    return false;
  }
  begin_at(offset, log);
  return true;
}

void Snapshots::begin_at(LogOffset offset, const LogState& log) {
  go(Stage::kNone, Stage::kCapturing);
  const int64_t store_ms = log.store_ms > 0 ? log.store_ms : parts_.clock.wall_ms();
  before_last_ = std::exchange(
      last_, Last{.offset = offset, .mono_us = parts_.clock.mono_us(), .store_ms = store_ms});
  job_ = std::make_shared<SnapshotJob>(SnapshotJob{.paths = parts_.paths});
  job_->snapshots_kept = options_.kept;
  job_->damaged_snapshots = damaged_;
  job_->damaged_snapshots.erase(offset);  // it takes the place of such a one
  job_->rocketmq_files = parts_.rocketmq_files;
  // Everything stored before the last snapshot was begun is below this one.
  job_->rocketmq_complete.queues_ms = before_last_.store_ms;
  for (const DeletedTopic& topic : deleted_topics_) job_->removed_topics.push_back(topic.name);
  job_->snapshot.offset = offset;
  job_->snapshot.created_ms = last_.store_ms;
  job_->snapshot.begin = log.begin;
  job_->snapshot.store_id = store_id_;
  parts_.queues.begin_capture();
}

bool Snapshots::capture_some(size_t queues_max) {
  PETREL_CHECK_EQ(stage_.load(), Stage::kCapturing);
  if (!parts_.queues.capture_some(queues_max)) return false;
  take_captured();
  go(Stage::kCapturing, Stage::kCaptured);
  return true;
}

void Snapshots::take_captured() {
  CapturedQueues captured = parts_.queues.end_capture();
  job_->queues = std::move(captured.unwritten);
  job_->snapshot.topics = std::move(captured.topics);
  cost_bytes_ = cost_of(*job_, captured.queues);
}

void Snapshots::abandon() {
  const Stage stage = stage_.load();
  PETREL_CHECK(stage == Stage::kCapturing || stage == Stage::kCaptured);
  if (stage == Stage::kCapturing) take_captured();
  const bool wanted = before_last_.wanted || last_.wanted;
  last_ = before_last_;
  last_.wanted = wanted;
  destroy_elsewhere(std::move(job_));
  go(stage, Stage::kNone);
}

void Snapshots::write(std::vector<std::string> state, int64_t index_complete_ms, Done done) {
  go(Stage::kCaptured, Stage::kWriting);
  job_->snapshot.state = std::move(state);
  job_->rocketmq_complete.index_ms = index_complete_ms;
  parts_.executor.post([this, running = JobCount::Job(jobs_), job = std::move(job_),
                        done = std::move(done)]() mutable {
    const absl::Status written = job->run(parts_.disk, parts_.log);
    if (!written.ok()) {
      kLog.error("a snapshot could not be written", {{"error", concat(written.message())}});
      go(Stage::kWriting, Stage::kNone);
    }
    { const JobCount::Job ended = std::move(running); }  // `done` may end this object
    if (written.ok()) {
      std::move(done)(Written(std::move(job)));
    } else {
      std::move(done)(written);
    }
  });
}

// What was appended for it stays: the next one needs no record of its own.
void Snapshots::failed() {
  PETREL_CHECK_EQ(stage_.load(), Stage::kNone);
  last_.offset = before_last_.offset;
  last_.wanted = last_.wanted || before_last_.wanted;
  not_before_us_ = parts_.clock.mono_us() + kRetryUs;
}

void Snapshots::finish(Written written) {
  go(Stage::kWriting, Stage::kFinishing);
  finishing_ = std::move(written);
  const size_t removed = finishing_->removed_topics.size();
  PETREL_CHECK_LE(removed, deleted_topics_.size());
  deleted_topics_.erase(deleted_topics_.begin(),
                        deleted_topics_.begin() + static_cast<ptrdiff_t>(removed));
  damaged_ = finishing_->damaged_snapshots;
  on_disk_.push_back(finishing_->snapshot.offset);
  while (on_disk_.size() > static_cast<size_t>(options_.kept)) on_disk_.pop_front();
}

bool Snapshots::finish_some(size_t queues_max) {
  PETREL_CHECK_EQ(stage_.load(), Stage::kFinishing);
  if (!parts_.queues.set_durable(finishing_->queues, queues_max)) return false;
  destroy_elsewhere(std::exchange(finishing_, nullptr));
  go(Stage::kFinishing, Stage::kNone);
  return true;
}

// With 100,000 queues, destroying what was captured takes milliseconds.
void Snapshots::destroy_elsewhere(std::shared_ptr<const void> object) {
  parts_.executor.post([object = std::move(object)]() mutable { object.reset(); });
}

absl::Status Snapshots::write_last(const LogState& log, std::vector<std::string> state,
                                   int64_t index_complete_ms) {
  jobs_.wait_for_none();
  if (stage_.load() == Stage::kFinishing) PETREL_CHECK(finish_some(kAll));
  if (parts_.queues.is_capturing()) parts_.queues.end_capture();
  stage_.store(Stage::kNone);
  // The state is as of now, like the queues, so what was deleted last is in neither.
  begin_at(parts_.log.end(), log);
  PETREL_CHECK(capture_some(kAll));
  job_->snapshot.state = std::move(state);
  job_->rocketmq_complete = {.queues_ms = last_.store_ms, .index_ms = index_complete_ms};
  PETREL_RETURN_IF_ERROR(job_->run(parts_.disk, parts_.log));
  go(Stage::kCaptured, Stage::kWriting);
  finish(std::move(job_));
  PETREL_CHECK(finish_some(kAll));
  return absl::OkStatus();
}

}  // namespace petrel::store
