// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/registration/registrar.h"

#include <grpcpp/channel.h>
#include <grpcpp/support/client_callback.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "broker/registration/table_diff.h"
#include "common/log.h"
#include "common/mutex.h"
#include "common/random.h"
#include "common/rpc/dial.h"
#include "common/rpc/kept_stream.h"
#include "petrel/nameserver/v1/registration.grpc.pb.h"

namespace petrel::broker {
namespace {

namespace v1 = nameserver::v1;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr log::Logger kLog("registration");
constexpr milliseconds kHeartbeatInterval{30'000};
constexpr milliseconds kAnswerTimeout{10'000};
constexpr milliseconds kCloseTimeout{1'000};
constexpr milliseconds kLeaveTimeout{2'000};
constexpr int kTriesAwaited = 7;  // with the pauses between them, some 5 s

// One stream to a nameserver: one request under way at a time, each answered with the version that
// the nameserver then holds. Waits and wakes its owner thread through the link's mutex.
class Stream final
    : public KeptStream<grpc::ClientBidiReactor<v1::RegisterRequest, v1::RegisterResponse>> {
 public:
  Stream(std::shared_ptr<grpc::Channel> channel, Mutex& mutex, CondVar& changed)
      : KeptStream(mutex, changed), stub_(v1::Registration::NewStub(std::move(channel))) {
    stub_->async()->Register(context(), this);
    begin(&response_);
  }

  // Owner thread; only when the last request was answered, and until release().
  void send(v1::RegisterRequest request) {
    request_ = std::move(request);
    {
      const MutexLock lock(mutex());
      writing = true;
    }
    StartWrite(&request_);
  }
  void half_close() { StartWritesDone(); }

  // Under the mutex.
  bool answered = false;
  // The answer may be told before the end of the write that it answers, and a stream takes one
  // write at a time.
  bool writing = false;
  int64_t held_version = 0;
  bool taken_over = false;

 private:
  void OnReadDone(bool ok) override {
    {
      const MutexLock lock(mutex());
      if (ok) {
        answered = true;
      } else {
        set_lost();
      }
      held_version = response_.topics_version();
      taken_over = response_.taken_over();
      tell();
    }
    if (ok) {
      StartRead(&response_);
    }
  }
  void OnWriteDone(bool ok) override {
    if (!ok) {
      cancel();
    }
    const MutexLock lock(mutex());
    writing = false;
    tell();
  }

  const std::unique_ptr<v1::Registration::Stub> stub_;
  v1::RegisterRequest request_;
  v1::RegisterResponse response_;
};

}  // namespace

class Registrar::Link {
 public:
  Link(std::string address, const v1::BrokerIdentity& identity, std::string ca_file,
       const core::Registry& registry)
      : address_(std::move(address)),
        identity_(identity),
        ca_file_(std::move(ca_file)),
        registry_(registry) {}

  void start() {
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "registration");
      run();
    });
  }
  void begin_stop() {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  void begin_leave() {
    const MutexLock lock(mutex_);
    leaving_ = true;
    config_changed_ = true;
    changed_.notify_all();
  }
  // Whether the nameserver, once told, has others take over; false when it cannot be told by then.
  bool wait_left(steady_clock::time_point deadline) {
    const MutexLock lock(mutex_);
    while (!left_ && registered_ && steady_clock::now() < deadline) {
      changed_.wait_until(mutex_, deadline);
    }
    return taken_over_;
  }
  void join() {
    if (thread_.joinable()) {
      thread_.join();
    }
  }
  void config_changed() {
    const MutexLock lock(mutex_);
    config_changed_ = true;
    changed_.notify_all();
  }
  bool registered() const { return registered_.load(std::memory_order_relaxed); }
  // Whether the nameserver ever took the registration.
  bool taken() const { return taken_.load(std::memory_order_relaxed); }
  int losses() const { return losses_.load(std::memory_order_relaxed); }

 private:
  void run() {
    ReconnectWait reconnect({}, random_);
    while (!stopping()) {
      const bool was_registered = serve_stream();
      registered_ = false;
      losses_.fetch_add(1, std::memory_order_relaxed);
      if (was_registered) {
        reconnect.reset();
      }
      pause(milliseconds(reconnect.next_ms()));
    }
  }

  // Until the stream is lost or the link stops. Whether the nameserver ever took the registration.
  bool serve_stream() {
    table_.reset();
    Stream stream(dial(address_, ca_file_), mutex_, changed_);
    bool was_registered = false;
    bool first = true;
    while (true) {
      v1::RegisterRequest request;
      if (first) {
        *request.mutable_broker() = identity_;
      }
      first = false;
      fill(request);
      const int64_t version = request.topics_version();
      const bool leaving = request.leaving();
      stream.send(std::move(request));
      if (!wait_answer(stream)) {
        stream.cancel();
        break;
      }
      if (!held(stream, version)) {
        table_.reset();
        continue;
      }
      if (!was_registered) {
        kLog.info("registered", {{"nameserver", address_}, {"topics_version", version}});
      }
      was_registered = true;
      registered_ = true;
      taken_ = true;
      note_left(stream, leaving);
      if (!wait_work(stream)) {
        stream.half_close();
        break;
      }
    }
    end(stream, was_registered);
    return was_registered;
  }

  void fill(v1::RegisterRequest& request) {
    bool leaving = false;
    {
      const MutexLock lock(mutex_);
      config_changed_ = false;
      leaving = leaving_;
    }
    // The version first: topics may be newer than it then, and are told once more, never missed.
    request.set_topics_version(registry_.config_version());
    request.set_leaving(leaving);
    table_.fill(registry_.topics(), &request);
  }

  bool wait_answer(Stream& stream) {
    const auto deadline = steady_clock::now() + kAnswerTimeout;
    const MutexLock lock(mutex_);
    const auto answered = [&] { return stream.answered && !stream.writing; };
    while (!answered() && !stream.lost() && !stopping_ && steady_clock::now() < deadline) {
      changed_.wait_until(mutex_, deadline);
    }
    const bool taken = answered();
    stream.answered = false;
    return taken && !stopping_;
  }

  bool held(Stream& stream, int64_t version) {
    const MutexLock lock(mutex_);
    return stream.held_version == version;
  }

  void note_left(const Stream& stream, bool leaving) {
    const MutexLock lock(mutex_);
    left_ = leaving;
    taken_over_ = leaving && stream.taken_over;
    changed_.notify_all();
  }

  // True when there is something to tell: a change, or a heartbeat.
  bool wait_work(Stream& stream) {
    const auto deadline = steady_clock::now() + kHeartbeatInterval;
    const MutexLock lock(mutex_);
    while (!config_changed_ && !stream.lost() && !stopping_ && steady_clock::now() < deadline) {
      changed_.wait_until(mutex_, deadline);
    }
    return !stream.lost() && !stopping_;
  }

  void end(Stream& stream, bool was_registered) {
    stream.release();
    if (!stream.wait_done(steady_clock::now() + kCloseTimeout)) {
      stream.cancel();
      stream.wait_done();
    }
    const MutexLock lock(mutex_);
    if (!stopping_ && (was_registered || !std::exchange(told_unreachable_, true))) {
      kLog.warn("not registered",
                {{"nameserver", address_}, {"why", stream.status().error_message()}});
    }
    if (was_registered) {
      told_unreachable_ = false;
    }
  }

  void pause(milliseconds duration) {
    const auto deadline = steady_clock::now() + duration;
    const MutexLock lock(mutex_);
    while (!stopping_ && steady_clock::now() < deadline) {
      changed_.wait_until(mutex_, deadline);
    }
  }

  bool stopping() {
    const MutexLock lock(mutex_);
    return stopping_;
  }

  const std::string address_;
  const v1::BrokerIdentity identity_;
  const std::string ca_file_;
  const core::Registry& registry_;
  SystemRandom random_;
  TableDiff table_;
  bool told_unreachable_ = false;  // once per loss, not per try
  std::atomic<bool> registered_{false};
  std::atomic<bool> taken_{false};
  std::atomic<int> losses_{0};  // streams lost, and tries to open one that failed
  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool config_changed_ ABSL_GUARDED_BY(mutex_) = false;
  bool leaving_ ABSL_GUARDED_BY(mutex_) = false;
  bool left_ ABSL_GUARDED_BY(mutex_) = false;  // the nameserver knows
  bool taken_over_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

Registrar::Registrar(std::vector<std::string> nameservers, v1::BrokerIdentity identity,
                     std::string ca_file, const core::Registry& registry) {
  for (std::string& address : nameservers) {
    links_.push_back(std::make_unique<Link>(std::move(address), identity, ca_file, registry));
  }
}

Registrar::~Registrar() { stop(); }

void Registrar::start() {
  for (const auto& link : links_) {
    link->start();
  }
}

bool Registrar::leave() {
  for (const auto& link : links_) {
    link->begin_leave();
  }
  const auto deadline = steady_clock::now() + kLeaveTimeout;
  bool taken_over = false;
  for (const auto& link : links_) {
    taken_over = link->wait_left(deadline) || taken_over;
  }
  return taken_over;
}

void Registrar::stop() {
  for (const auto& link : links_) {
    link->begin_stop();
  }
  for (const auto& link : links_) {
    link->join();
  }
}

void Registrar::config_changed() {
  for (const auto& link : links_) {
    link->config_changed();
  }
}

size_t Registrar::registered() const {
  return static_cast<size_t>(std::count_if(links_.begin(), links_.end(),
                                           [](const auto& link) { return link->registered(); }));
}

bool Registrar::settled() const {
  return std::any_of(links_.begin(), links_.end(),
                     [](const auto& link) { return link->taken(); }) ||
         std::all_of(links_.begin(), links_.end(),
                     [](const auto& link) { return link->losses() >= kTriesAwaited; });
}

}  // namespace petrel::broker
