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

// Waits in complete() until it is let go.
class HeldRequest final : public core::Request {
 public:
  HeldRequest(Notification& running, Notification& let_go) : running_(running), let_go_(let_go) {}
  void run(core::BrokerCore&, std::unique_ptr<core::Request>) override {}
  void complete() override {
    running_.notify();
    let_go_.wait();
  }

 private:
  Notification& running_;
  Notification& let_go_;
};

class LargeRequest final : public core::Request {
 public:
  explicit LargeRequest(std::vector<std::thread::id>& completed_on) : completed_on_(completed_on) {}
  void run(core::BrokerCore&, std::unique_ptr<core::Request>) override {}
  size_t held_bytes() const override { return 600; }
  void complete() override { completed_on_.push_back(std::this_thread::get_id()); }

 private:
  std::vector<std::thread::id>& completed_on_;
};

// What `limits` let wait of four replies of 600 bytes, while the thread is busy.
size_t waiting_of_four(const ReplyThreads::Limits& limits) {
  std::vector<std::thread::id> completed_on;  // one thread at a time: see let_go
  Notification running;
  Notification let_go;
  size_t here = 0;
  {
    ReplyThreads threads(1, limits);
    const auto deliver = [&threads](std::unique_ptr<core::Request> request) {
      std::vector<std::unique_ptr<core::Request>> batch;
      batch.push_back(std::move(request));
      threads.deliver(std::move(batch));
    };
    deliver(std::make_unique<HeldRequest>(running, let_go));
    running.wait();
    for (int i = 0; i < 4; ++i) {
      deliver(std::make_unique<LargeRequest>(completed_on));
    }
    here = completed_on.size();
    for (const std::thread::id& id : completed_on) {
      EXPECT_EQ(id, std::this_thread::get_id());
    }
    let_go.notify();
  }
  EXPECT_EQ(completed_on.size(), 4U) << "each is answered once";
  return 4 - here;
}

TEST(ReplyThreads, BeyondBytesThatWaitTheCoreThreadAnswersItself) {
  EXPECT_EQ(waiting_of_four({.replies = 100, .bytes = 1'000}), 2U);
}

TEST(ReplyThreads, BeyondRepliesThatWaitTheCoreThreadAnswersItself) {
  EXPECT_EQ(waiting_of_four({.replies = 1, .bytes = 1'000'000}), 1U);
}

}  // namespace
}  // namespace petrel::frontend
