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

ReplyThreads::ReplyThreads(int threads) {
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
    return complete(finished);
  }
  const size_t parts =
      std::clamp<size_t>(finished.size() / kPartMin, finished.empty() ? 0 : 1, lanes_.size());
  auto first = finished.begin();
  for (size_t part = 0; part < parts; ++part) {
    const auto left = static_cast<size_t>(finished.end() - first);
    const auto last = first + static_cast<ptrdiff_t>(left / (parts - part));
    Lane& lane = *lanes_[next_lane_++ % lanes_.size()];
    const MutexLock lock(lane.mutex);
    lane.waiting.insert(lane.waiting.end(), std::make_move_iterator(first),
                        std::make_move_iterator(last));
    lane.arrived.notify_one();
    first = last;
  }
}

void ReplyThreads::complete(Batch& batch) {
  for (std::unique_ptr<core::Request>& request : batch) {
    request->complete();
    request.reset();
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
    }
    complete(batch);
    batch.clear();
  }
}

}  // namespace petrel::frontend
