// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "broker/core/request.h"
#include "common/mutex.h"

namespace petrel::frontend {

// A few threads that complete finished requests, so that the core thread never writes to a
// connection. With 0 threads it does: that saves a wake-up per batch where there are no cores to
// spare. The destructor completes what was delivered and joins.
class ReplyThreads final : public core::ReplySink {
 public:
  explicit ReplyThreads(int threads);
  ~ReplyThreads() override;

  // A batch goes to one thread, or in parts to several when it is large.
  void deliver(std::vector<std::unique_ptr<core::Request>> finished) override;

 private:
  using Batch = std::vector<std::unique_ptr<core::Request>>;
  struct Lane {
    Mutex mutex;
    CondVar arrived;
    Batch waiting ABSL_GUARDED_BY(mutex);
    bool closed ABSL_GUARDED_BY(mutex) = false;
    std::thread thread;
  };
  static void run(Lane& lane);
  static void complete(Batch& batch);

  std::vector<std::unique_ptr<Lane>> lanes_;
  size_t next_lane_ = 0;  // core thread
};

}  // namespace petrel::frontend
