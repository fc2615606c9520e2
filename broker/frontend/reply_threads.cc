// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/reply_threads.h"

#include <pthread.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/check.h"

namespace petrel::frontend {
namespace {

// Fewer replies than this are not worth a second thread's wake-up.
constexpr size_t kPartMin = 8;

}  // namespace

ReplyThreads::ReplyThreads(int threads, const Limits& limits) : limits_(limits) {
  PETREL_CHECK_GE(threads, 0);
  for (int i = 0; i < threads; ++i) {
    lanes_.push_back(std::make_unique<Lane>());
    Lane& lane = *lanes_.back();
    lane.thread = std::thread([&lane] { run(lane); });
    pthread_setname_np(lane.thread.native_handle(), "reply");
  }
}

ReplyThreads::~ReplyThreads() {
  for (const auto& lane : lanes_) {
    const MutexLock lock(lane->mutex);
    lane->closed = true;
    lane->arrived.notify_one();
  }
  for (const auto& lane : lanes_) {
    lane->thread.join();
  }
}

void ReplyThreads::deliver(Batch finished) {
  if (lanes_.empty()) {
    return complete(finished.begin(), finished.end());
  }
  const size_t parts =
      std::clamp<size_t>(finished.size() / kPartMin, finished.empty() ? 0 : 1, lanes_.size());
  auto first = finished.begin();
  for (size_t part = 0; part < parts; ++part) {
    const auto left = static_cast<size_t>(finished.end() - first);
    const auto last = first + static_cast<ptrdiff_t>(left / (parts - part));
    Lane& lane = *lanes_[next_lane_++ % lanes_.size()];
    if (!hand_over(lane, first, last)) {
      complete(first, last);
    }
    first = last;
  }
}

bool ReplyThreads::hand_over(Lane& lane, Batch::iterator first, Batch::iterator last) const {
  size_t bytes = 0;
  for (auto request = first; request != last; ++request) {
    bytes += (*request)->held_bytes();
  }
  const MutexLock lock(lane.mutex);
  if (lane.waiting.size() >= limits_.replies || lane.bytes >= limits_.bytes) {
    return false;
  }
  lane.waiting.insert(lane.waiting.end(), std::make_move_iterator(first),
                      std::make_move_iterator(last));
  lane.bytes += bytes;
  lane.arrived.notify_one();
  return true;
}

void ReplyThreads::complete(Batch::iterator first, Batch::iterator last) {
  for (auto request = first; request != last; ++request) {
    (*request)->complete();
    request->reset();
  }
}

void ReplyThreads::run(Lane& lane) {
  Batch batch;
  while (true) {
    {
      const MutexLock lock(lane.mutex);
      while (lane.waiting.empty() && !lane.closed) {
        lane.arrived.wait(lane.mutex);
      }
      if (lane.waiting.empty()) {
        return;
      }
      batch.swap(lane.waiting);
      lane.bytes = 0;
    }
    complete(batch.begin(), batch.end());
    batch.clear();
  }
}

}  // namespace petrel::frontend
