// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/snapshot_service.h"

#include <utility>

#include "broker/core/events.h"
#include "common/check.h"

namespace petrel::core {
namespace {

// Of one turn: together well under a millisecond.
constexpr size_t kStateBytesPerSlice = 64 << 10;
constexpr size_t kQueuesPerSlice = 512;

}  // namespace

std::optional<store::LogOffset> SnapshotService::commit_first() const {
  if (step_ != Step::kCapturing || queues_begun_) {
    return std::nullopt;
  }
  return offset_;
}

void SnapshotService::appended(store::LogOffset end) {
  if (step_ == Step::kIdle && parts_.store.snapshot_due()) {
    PETREL_CHECK_EQ(parts_.store.applied().value(), end.value());
    PETREL_CHECK_LE(parts_.store.committed().value(), end.value());
    step_ = Step::kCapturing;
    offset_ = end;
    state_captured_ = queues_begun_ = queues_captured_ = false;
    parts_.state.begin_capture();
    committed(parts_.store.committed());
  }
  if (step_ == Step::kCapturing) {
    capture_slice();
  }
}

void SnapshotService::committed(store::CommittedOffset committed) {
  if (!commit_first().has_value() || committed.value() < offset_.value()) {
    return;
  }
  PETREL_CHECK_EQ(committed.value(), offset_.value());
  queues_begun_ = true;
  parts_.store.begin_snapshot();
}

void SnapshotService::capture_slice() {
  if (!state_captured_) {
    state_captured_ = parts_.state.capture_some(kStateBytesPerSlice);
  }
  if (queues_begun_ && !queues_captured_) {
    queues_captured_ = parts_.store.capture_snapshot(kQueuesPerSlice);
  }
  if (!state_captured_ || !queues_captured_) {
    return;
  }
  PETREL_CHECK_LE(offset_.value(), parts_.store.committed().value())
      << "a snapshot of what is not committed";
  step_ = Step::kWriting;
  parts_.store.write_snapshot(parts_.state.take_captured(), [&self = parts_.self](auto result) {
    self.post_internal(std::make_unique<SnapshotDone>(std::move(result)));
  });
}

void SnapshotService::written(
    absl::StatusOr<std::shared_ptr<store::MessageStore::SnapshotResult>> result) {
  PETREL_CHECK(step_ == Step::kWriting);
  step_ = Step::kIdle;
  if (result.ok()) {
    parts_.store.finish_snapshot(*std::move(result));
    ++counts_.written;
  } else {
    parts_.store.snapshot_failed();
    ++counts_.failed;
  }
}

std::optional<int64_t> SnapshotService::next_deadline_us() const {
  const bool slices_left = !state_captured_ || (queues_begun_ && !queues_captured_);
  if (step_ == Step::kCapturing && slices_left) {
    return parts_.time.mono_us;
  }
  return std::nullopt;
}

void SnapshotService::end_work(const Outcome& /*outcome*/) {
  if (step_ != Step::kCapturing) {
    return;
  }
  parts_.state.abandon_capture();
  if (queues_begun_) {
    parts_.store.abandon_snapshot();
  }
  step_ = Step::kIdle;
}

}  // namespace petrel::core
