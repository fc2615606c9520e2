// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/reply_threads.h"

#include <atomic>
#include <set>

#include "common/mutex.h"
#include "gtest/gtest.h"

namespace petrel::frontend {
namespace {

struct Seen {
  std::atomic<int> completed{0};
  std::atomic<int> destroyed{0};
  Mutex mutex;
  std::set<std::thread::id> threads;
};

class CountedRequest final : public core::Request {
 public:
  explicit CountedRequest(Seen& seen) : seen_(seen) {}
  ~CountedRequest() override { ++seen_.destroyed; }
  void run(core::BrokerCore&, std::unique_ptr<core::Request>) override {}
  void complete() override {
    ++seen_.completed;
    const MutexLock lock(seen_.mutex);
    seen_.threads.insert(std::this_thread::get_id());
  }

 private:
  Seen& seen_;
};

TEST(ReplyThreads, CompleteEachRequestOnceAndDestroyIt) {
  Seen seen;
  {
    ReplyThreads threads(2);
    for (size_t size : {0U, 1U, 7U, 8U, 33U, 200U}) {
      std::vector<std::unique_ptr<core::Request>> batch;
      for (size_t i = 0; i < size; ++i) {
        batch.push_back(std::make_unique<CountedRequest>(seen));
      }
      threads.deliver(std::move(batch));
    }
  }
  EXPECT_EQ(seen.completed, 249);
  EXPECT_EQ(seen.destroyed, 249);
  EXPECT_EQ(seen.threads.size(), 2U);
  EXPECT_EQ(seen.threads.count(std::this_thread::get_id()), 0U);
}

}  // namespace
}  // namespace petrel::frontend
