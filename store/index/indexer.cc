// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/index/indexer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/clock.h"
#include "common/concat.h"
#include "common/executor.h"
#include "common/log.h"
#include "common/status.h"

namespace petrel::store {
namespace {

constexpr log::Logger kLog("store");
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

}  // namespace

// There is at most one; it may be dropped by an executor that ends.
class Indexer::Job {
 public:
  explicit Job(Indexer& indexer) : indexer_(indexer) { indexer_.jobs_.started(); }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  ~Job() {
    indexer_.posted_.store(false, std::memory_order_release);
    indexer_.jobs_.ended();
  }

 private:
  Indexer& indexer_;
};

Indexer::Indexer(const Parts& parts, const Options& options, LogOffset committed)
    : parts_(parts),
      options_(options),
      committed_(committed.value()),
      wake_at_(kNever) {  // until the index is open
  stats_.indexed = committed.value();
}

Indexer::~Indexer() { jobs_.wait_for_none(); }

int64_t Indexer::behind_bytes() const {
  return std::max<int64_t>(committed_.load(std::memory_order_relaxed) - stats_.indexed, 0);
}

// ---- jobs

void Indexer::committed(LogOffset end) {
  committed_.store(end.value(), std::memory_order_release);
  if (end.value() < wake_at_.load(std::memory_order_relaxed)) return;
  if (!posted_.exchange(true, std::memory_order_acq_rel)) post(std::make_unique<Job>(*this));
}

void Indexer::tick() {
  if (!options_.enabled) return;
  if (parts_.clock.mono_us() < due_us_.load(std::memory_order_relaxed)) return;
  if (!posted_.exchange(true, std::memory_order_acq_rel)) post(std::make_unique<Job>(*this));
}

void Indexer::post(std::unique_ptr<Job> job) {
  parts_.executor.post([this, own = std::move(job)]() mutable {
    if (run_job()) post(std::move(own));
  });
}

bool Indexer::run_job() {
  MutexLock lock(mutex_);
  if (!follow(options_.slice_bytes).ok()) return false;
  if (behind_bytes() >= options_.wake_bytes) return true;
  if (parts_.clock.mono_us() >= flush_us_ && !flush().ok()) return false;
  due_us_.store(flush_us_, std::memory_order_relaxed);
  return false;
}

// ---- what is done with the index

absl::Status Indexer::open() {
  if (index_ != nullptr) return absl::OkStatus();
  if (closed_) return absl::UnavailableError("the store is closed");
  if (parts_.clock.mono_us() < retry_us_) {
    return absl::UnavailableError("the index has failed; it will be opened again");
  }
  absl::StatusOr<std::unique_ptr<MessageIndex>> index =
      MessageIndex::open(parts_.disk, parts_.log, options_.files);
  if (!index.ok()) return fail(index.status());
  index_ = *std::move(index);
  flush_us_ = parts_.clock.mono_us() + options_.flush_interval_ms * 1000;
  stats_.durable_ms = index_->durable_ms();
  return absl::OkStatus();
}

absl::Status Indexer::follow(int64_t bytes_max) {
  PETREL_RETURN_IF_ERROR(open());
  const LogOffset end(committed_.load(std::memory_order_acquire));
  const absl::Status followed = index_->follow(end, bytes_max);
  // If the log lost its front meanwhile, the index goes on at its begin.
  const bool shortened = absl::IsOutOfRange(followed) && index_->indexed() < parts_.log.begin();
  if (!followed.ok() && !shortened) return fail(followed);
  stats_.full_files_ms.store(index_->full_files_ms(), std::memory_order_relaxed);
  stats_.indexed.store(index_->indexed().value(), std::memory_order_relaxed);
  wake_at_.store(index_->indexed().value() + options_.wake_bytes, std::memory_order_relaxed);
  return absl::OkStatus();
}

absl::Status Indexer::flush() {
  if (const absl::Status flushed = index_->flush(); !flushed.ok()) return fail(flushed);
  flush_us_ = parts_.clock.mono_us() + options_.flush_interval_ms * 1000;
  stats_.durable_ms = index_->durable_ms();
  return absl::OkStatus();
}

absl::Status Indexer::fail(const absl::Status& status) {
  kLog.error("the index has failed and will be opened again",
             {{"error", concat(status.message())}});
  index_.reset();
  stats_.failures.fetch_add(1, std::memory_order_relaxed);
  retry_us_ = parts_.clock.mono_us() + options_.retry_interval_ms * 1000;
  due_us_.store(retry_us_, std::memory_order_relaxed);
  wake_at_.store(kNever, std::memory_order_relaxed);
  return absl::UnavailableError(concat("the index has failed: ", status.message()));
}

absl::StatusOr<Indexer::Answer> Indexer::query(const Query& query) {
  if (!options_.enabled) {
    return absl::FailedPreconditionError("this broker keeps no index of its messages");
  }
  MutexLock lock(mutex_);
  Answer answer;
  const LogOffset end(committed_.load(std::memory_order_acquire));
  PETREL_RETURN_IF_ERROR(follow(options_.query_bytes_max));
  absl::Status found = find(query, answer);
  if (absl::IsDataLoss(found)) {  // a part of the index is gone; what can be had at once is enough
    answer.records.clear();
    PETREL_RETURN_IF_ERROR(follow(options_.query_bytes_max));
    found = find(query, answer);
  }
  if (!found.ok()) return fail(found);
  answer.behind_bytes = std::max<int64_t>(end - index_->indexed(), 0);
  return answer;
}

absl::Status Indexer::find(const Query& query, Answer& answer) {
  return index_->find(query.topic, query.key, query.stored,
                      [&](const LogSlice& slice, const RecordView&) {
                        if (answer.records.size() >= query.records_max) return false;
                        answer.records.push_back(slice);
                        return answer.records.size() < query.records_max;
                      });
}

void Indexer::remove_before(LogOffset begin) {
  MutexLock lock(mutex_);
  if (index_ == nullptr) return;  // the next time
  if (const absl::Status removed = index_->remove_before(begin); !removed.ok()) (void)fail(removed);
}

void Indexer::close() {
  if (!options_.enabled) return;
  MutexLock lock(mutex_);
  // What is missing beyond this is left to the next start.
  if (follow(options_.query_bytes_max).ok()) (void)flush();
  index_.reset();
  closed_ = true;
  due_us_.store(kNever, std::memory_order_relaxed);
  wake_at_.store(kNever, std::memory_order_relaxed);
}

}  // namespace petrel::store
