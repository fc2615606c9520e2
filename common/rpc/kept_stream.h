// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "common/mutex.h"
#include "common/random.h"

// What a client needs to keep a stream to a server open: the stream's life as one thread sees it,
// and how long to wait before the next one.

namespace petrel {

// A stream of the callback API, owned by one thread that sleeps on a mutex and condition of its own
// and is woken there by what gRPC tells. `Reactor` is grpc::ClientBidiReactor or
// grpc::ClientReadReactor of the messages.
//
// begin() in the constructor -> operations, started by the owner -> release() -> wait_done(); only
// then may the object go. cancel() from any thread.
template <typename Reactor>
class KeptStream : public Reactor {
 public:
  KeptStream(Mutex& mutex, CondVar& changed) : mutex_(mutex), changed_(changed) {}

  void cancel() { context_.TryCancel(); }

  // Owner thread, once: no operation is started after it.
  void release() { this->RemoveHold(); }

  // Owner thread, after release(): whether gRPC is through with this object before the deadline.
  bool wait_done(std::chrono::steady_clock::time_point deadline) {
    const MutexLock lock(mutex_);
    while (!done_ && std::chrono::steady_clock::now() < deadline) {
      changed_.wait_until(mutex_, deadline);
    }
    return done_;
  }
  void wait_done() {
    const MutexLock lock(mutex_);
    while (!done_) {
      changed_.wait(mutex_);
    }
  }

  // Under the mutex: no message will come any more.
  bool lost() const { return lost_; }
  // After wait_done(): how it ended.
  const grpc::Status& status() const { return status_; }

 protected:
  // After the call was made on context(): `first_read` is where the first message goes.
  template <typename Message>
  void begin(Message* first_read) {
    this->AddHold();  // for the owner's operations, which OnDone() must not overtake
    this->StartRead(first_read);
    this->StartCall();
  }

  grpc::ClientContext* context() { return &context_; }
  Mutex& mutex() { return mutex_; }

  // Under the mutex.
  void set_lost() { lost_ = true; }
  void tell() { changed_.notify_all(); }

 private:
  void OnDone(const grpc::Status& how) final {
    const MutexLock lock(mutex_);
    done_ = true;
    status_ = how;
    changed_.notify_all();
  }

  grpc::ClientContext context_;
  Mutex& mutex_;
  CondVar& changed_;
  bool lost_ = false;
  bool done_ = false;
  grpc::Status status_;
};

// Waits between two tries to open a stream: twice as long each time, with jitter, so that those who
// lost one server do not come back together. One owner thread.
class ReconnectWait {
 public:
  struct Options {
    int64_t min_ms = 100;
    int64_t max_ms = 5'000;
  };

  ReconnectWait(Options options, Random& random)
      : options_(options), random_(random), wait_ms_(options.min_ms) {}

  // The last try was a success.
  void reset() { wait_ms_ = options_.min_ms; }

  // From half to one and a half of the wait whose turn it is.
  int64_t next_ms() {
    const int64_t wait_ms = wait_ms_;
    wait_ms_ = std::min(wait_ms_ * 2, options_.max_ms);
    return wait_ms / 2 + static_cast<int64_t>(random_.below(static_cast<uint64_t>(wait_ms) + 1));
  }

 private:
  const Options options_;
  Random& random_;
  int64_t wait_ms_;
};

}  // namespace petrel
