// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/answer_memory.h"

#include <vector>

#include "common/check.h"

namespace petrel::frontend {

bool AnswerMemory::has_room(int64_t bytes) const {
  return held_bytes_ == 0 || held_bytes_ + bytes <= limits_.bytes_max;
}

AnswerMemory::Share AnswerMemory::try_take(int64_t bytes) {
  PETREL_CHECK_GE(bytes, 0);
  const MutexLock lock(mutex_);
  if (!waiting_.empty() || !has_room(bytes)) {
    return {};
  }
  held_bytes_ += bytes;
  return {this, bytes};
}

void AnswerMemory::wait(int64_t bytes, Granted granted) {
  PETREL_CHECK_GE(bytes, 0);
  {
    const MutexLock lock(mutex_);
    waiting_.push_back({bytes, clock_.mono_us() + limits_.wait_ms * 1000, std::move(granted)});
  }
  grant();  // there may be room by now
}

void AnswerMemory::give_back(int64_t bytes) {
  {
    const MutexLock lock(mutex_);
    held_bytes_ -= bytes;
    PETREL_CHECK_GE(held_bytes_, 0);
  }
  grant();
}

void AnswerMemory::grant() {
  std::vector<std::pair<Granted, int64_t>> granted;
  {
    const MutexLock lock(mutex_);
    while (!waiting_.empty() && has_room(waiting_.front().bytes)) {
      Waiting& first = waiting_.front();
      held_bytes_ += first.bytes;
      granted.emplace_back(std::move(first.granted), first.bytes);
      waiting_.pop_front();
    }
  }
  for (auto& [told, bytes] : granted) {
    std::move(told)(Share(this, bytes));
  }
}

void AnswerMemory::expire() {
  std::vector<Granted> late;
  {
    const MutexLock lock(mutex_);
    while (!waiting_.empty() && waiting_.front().deadline_us <= clock_.mono_us()) {
      late.push_back(std::move(waiting_.front().granted));
      waiting_.pop_front();
    }
  }
  for (Granted& told : late) {
    std::move(told)(Share());
  }
  grant();  // the next one may be smaller
}

int64_t AnswerMemory::held_bytes() const {
  const MutexLock lock(mutex_);
  return held_bytes_;
}

size_t AnswerMemory::waiting() const {
  const MutexLock lock(mutex_);
  return waiting_.size();
}

}  // namespace petrel::frontend
