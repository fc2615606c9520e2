// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/executor.h"
#include "store/job_count.h"
#include "store/log/commit_log.h"
#include "store/message_store.h"
#include "store/queue/queue_table.h"
#include "store/snapshot/snapshot_job.h"

namespace petrel::store {

class Snapshots {
 public:
  struct Parts {
    Disk& disk;
    Clock& clock;
    Executor& executor;
    const StorePaths& paths;
    CommitLog& log;
    QueueTable& queues;
    JobCount& jobs;
    RocketmqFiles* rocketmq = nullptr;
  };
  Snapshots(const Parts& parts, const MessageStore::Options& options)
      : parts_(parts), options_(options), begun_us_(parts.clock.mono_us()) {}

  absl::Status open(LogOffset used) {
    offset_ = used;
    auto listed = list_snapshots(parts_.disk, parts_.paths.snapshots());
    if (!listed.ok()) return listed.status();
    on_disk_.assign(listed->rbegin(), listed->rend());
    return absl::OkStatus();
  }
  bool due() const {
    if (running_) return false;
    const int64_t log_bytes = parts_.log.progress().written.value() - offset_.value();
    if (log_bytes <= 0) return false;
    if (wanted_ || log_bytes >= options_.snapshot_log_bytes) return true;
    return waited() && log_bytes >= cost_bytes_;
  }
  bool waited() const {
    return parts_.clock.mono_us() - begun_us_ >= options_.snapshot_interval_ms * 1000;
  }
  void want() { wanted_ = true; }
  void topic_gone(const std::string& topic) { gone_.push_back(topic); }
  const std::deque<LogOffset>& on_disk() const { return on_disk_; }

  void begin(LogOffset offset, LogOffset /*begin*/) {
    PETREL_CHECK(!running_.exchange(true));
    offset_ = offset;
    begun_us_ = parts_.clock.mono_us();
    wanted_ = false;
    job_ = std::make_shared<SnapshotJob>(SnapshotJob{.paths = parts_.paths});
    job_->removed_topics = gone_;
    parts_.queues.begin_capture();
  }
  bool capture(size_t queues_max) { return parts_.queues.capture_some(queues_max); }
  void abandon() {
    parts_.queues.end_capture();
    running_ = false;
  }
  std::shared_ptr<SnapshotJob> make_job(std::vector<std::string> state, int64_t index_ms) {
    auto captured = parts_.queues.end_capture();
    job_->queues = std::move(captured.unwritten);
    job_->snapshots_kept = options_.snapshots_kept;
    job_->rocketmq_files = parts_.rocketmq;
    job_->rocketmq_complete = {.queues_ms = last_ms_, .index_ms = index_ms};
    last_ms_ = parts_.clock.wall_ms();
    job_->snapshot.offset = offset_;
    job_->snapshot.created_ms = last_ms_;
    job_->snapshot.topics = std::move(captured.topics);
    for (auto& each : state) job_->snapshot.state += each;
    int64_t bytes = static_cast<int64_t>(job_->snapshot.state.size()) +
                    4096 * static_cast<int64_t>(job_->queues.size());
    cost_bytes_ = bytes > (1 << 20) ? bytes : 0;
    return std::move(job_);
  }
  void finish(const SnapshotJob& job) {
    gone_.erase(gone_.begin(), gone_.begin() + static_cast<ptrdiff_t>(job.removed_topics.size()));
    PETREL_CHECK(parts_.queues.set_durable(job.queues, SIZE_MAX));
    on_disk_.push_back(job.snapshot.offset);
    while (on_disk_.size() > static_cast<size_t>(options_.snapshots_kept)) on_disk_.pop_front();
    running_ = false;
  }
  void failed() { running_ = false; }

 private:
  const Parts parts_;
  const MessageStore::Options& options_;
  LogOffset offset_{0};
  int64_t begun_us_ = 0;
  int64_t last_ms_ = 0;
  int64_t cost_bytes_ = 0;
  bool wanted_ = false;
  std::atomic<bool> running_{false};
  std::vector<std::string> gone_;
  std::deque<LogOffset> on_disk_;
  std::shared_ptr<SnapshotJob> job_;
};

}  // namespace petrel::store
