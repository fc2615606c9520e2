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
// spare. What waits for a thread is bounded: beyond, the core thread completes what it delivers,
// and takes no more meanwhile. The destructor completes what was delivered and joins.
class ReplyThreads final : public core::ReplySink {
 public:
  struct Limits {
    size_t replies = 65'536;  // that wait for one thread
    size_t bytes = 64 << 20;  // of records that they hold
  };
  explicit ReplyThreads(int threads) : ReplyThreads(threads, Limits()) {}
  ReplyThreads(int threads, const Limits& limits);
  ~ReplyThreads() override;

  // A batch goes to one thread, or in parts to several when it is large.
  void deliver(std::vector<std::unique_ptr<core::Request>> finished) override;

 private:
  using Batch = std::vector<std::unique_ptr<core::Request>>;
  struct Lane {
    Mutex mutex;
    CondVar arrived;
    Batch waiting ABSL_GUARDED_BY(mutex);
    size_t bytes ABSL_GUARDED_BY(mutex) = 0;  // that these hold
    bool closed ABSL_GUARDED_BY(mutex) = false;
    std::thread thread;
  };
  // False, and nothing done, when too much waits there.
  bool hand_over(Lane& lane, Batch::iterator first, Batch::iterator last) const;
  static void run(Lane& lane);
  static void complete(Batch::iterator first, Batch::iterator last);

  const Limits limits_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  size_t next_lane_ = 0;  // core thread
};

}  // namespace petrel::frontend
