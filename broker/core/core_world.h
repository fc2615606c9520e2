// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/broker_core.h"
#include "broker/core/events.h"
#include "common/clock.h"
#include "common/executor.h"
#include "store/message_store.h"

namespace petrel::core {

// A core with a real store, stepped by hand on one thread: for tests. Nothing happens between the
// calls.
class CoreWorld final : public CorePort, public ReplySink, public ClientLiveness {
 public:
  struct Options {
    CoreOptions core;
    store::MessageStore::Options store;
    std::shared_ptr<MessageObserver> observer;
  };
  CoreWorld(store::Disk& disk, std::string directory, Options options = {})
      : disk_(disk), options_(std::move(options)) {
    options_.store.directory = std::move(directory);
    options_.store.log.segment_bytes = std::min<int64_t>(options_.store.log.segment_bytes, 1 << 20);
    options_.store.log.prepare_bytes = 0;
    options_.core.applied_at_once_bytes =
        std::min<int64_t>(options_.core.applied_at_once_bytes, 64 << 10);
    options_.core.state_record_bytes_max = state_record_bytes_max(
        options_.store.log.segment_bytes, options_.store.log.record_bytes_max);
    start();
  }
  ~CoreWorld() override { crash(); }

  // A request whose results stay readable for the world's life.
  template <typename R>
  struct Kept final : R {
    bool done = false;
    void complete() override { done = true; }
    OutcomeCode code() const { return this->outcome.code; }
  };
  // Posts what `fill` made of a request; it is looked at in the next turn.
  template <typename R, typename Fill>
  Kept<R>& ask(Fill fill) {
    auto request = std::make_unique<Kept<R>>();
    Kept<R>& kept = *request;
    fill(static_cast<R&>(kept));
    post_request(std::move(request));
    return kept;
  }

  void post_request(std::unique_ptr<Request> request) { mailbox_.push_back(std::move(request)); }
  bool try_post(std::unique_ptr<Request>& request) override {
    mailbox_.push_back(std::move(request));
    return true;
  }
  void post_internal(std::unique_ptr<Request> request) override {
    mailbox_.push_back(std::move(request));
  }
  void deliver(std::vector<std::unique_ptr<Request>> finished) override {
    for (auto& request : finished) {
      request->complete();
      note_sent(*request);
      finished_.push_back(std::move(request));
    }
  }
  bool connected(std::string_view client_id) const override {
    return clients.contains(std::string(client_id));
  }
  std::vector<SentAnswer> take_sent() override { return std::exchange(sent_, {}); }

  // The answer was written to the client's connection.
  void say_sent(const ReceiveRequest& receive) {
    SentAnswer answer{.group = receive.group, .topic = receive.topic, .runs = {}};
    for (const ReceiveRequest::Delivery& delivery : receive.deliveries) {
      answer.add(delivery.handle);
    }
    sent_.push_back(std::move(answer));
  }

  // Time goes by, and turns are taken as they come due.
  void run_for_ms(int64_t ms) {
    for (; ms > 0; ms -= 5'000) {
      clock.advance_ms(std::min<int64_t>(ms, 5'000));
      settle();
    }
  }
  // One turn over what was posted.
  void turn() {
    std::vector<std::unique_ptr<Request>> batch = std::exchange(mailbox_, {});
    const std::optional<int64_t> due_us = core_->turn(batch);
    turn_is_due_ = due_us && *due_us <= clock.mono_us();
  }
  // The core has something to do though nothing comes in.
  bool turn_is_due() const { return turn_is_due_; }
  // One step of the log thread; false when the log has failed.
  bool flush(bool sync = true) {
    const auto progress = store_->log().write_group(sync, 0);
    if (!progress.ok()) {
      post_internal(std::make_unique<LogFailed>(progress.status()));
      return false;
    }
    told_ = *progress;
    post_internal(std::make_unique<LogProgressed>(*progress));
    return true;
  }
  // Turns, background work and flushes until nothing is left to do.
  void settle() {
    for (;;) {
      turn();
      run_background();
      const store::LogProgress before = told_;
      if (!flush()) return turn();
      if (mailbox_.size() == 1 && before.synced == told_.synced) {  // no news but this one
        turn();
        if (mailbox_.empty() && !turn_is_due_) return;
      }
    }
  }
  void run_background() {
    while (!background_.tasks.empty()) {
      auto task = std::move(background_.tasks.front());
      background_.tasks.pop_front();
      std::move(task)();
    }
  }

  // All of the core's state; equal states give equal bytes.
  std::string state_bytes() const {
    std::string bytes;
    for (const std::string& piece : core_->state().capture_all()) {
      bytes += piece;
    }
    return bytes;
  }

  // The process is gone: what was written stays.
  void crash() {
    sent_.clear();
    drop();
  }
  // The core and its store are: who is connected, and what was sent, is still known.
  void drop() {
    core_.reset();
    mailbox_.clear();
    background_.tasks.clear();
    store_.reset();
  }
  void stop() {
    post_internal(std::make_unique<BeginShutdown>());
    settle();
    const absl::Status closed = store_->close(core_->capture_for_close(), store_->committed());
    ASSERT_TRUE(closed.ok()) << closed.ToString();
    crash();
  }
  void start() {
    const absl::Status started = try_start();
    ASSERT_TRUE(started.ok()) << started.ToString();
  }
  // After an error there is no store; crash() and start anew.
  absl::Status try_start() {
    told_ = {};
    registry_ = std::make_unique<Registry>();
    log_time_.emplace(clock);
    core_ = std::make_unique<BrokerCore>(options_.core, *log_time_, *this, *this, *registry_);
    auto store =
        store::MessageStore::open(disk_, clock, background_, options_.store, core_->owner());
    if (!store.ok()) {
      return store.status();
    }
    store_ = *std::move(store);
    const absl::Status started = core_->start(*store_, *this, options_.observer.get());
    if (!started.ok()) {
      return started;
    }
    core_->lead();
    return absl::OkStatus();
  }
  void restart_after_crash() {
    crash();
    start();
  }
  void make_again() {
    drop();
    start();
  }

  BrokerCore& core() { return *core_; }
  store::MessageStore& store() { return *store_; }
  Registry& registry() { return *registry_; }

  ManualClock clock;
  std::set<std::string> clients;  // those that are connected
  bool answers_are_sent = true;   // else they are lost on the way

 private:
  void note_sent(const Request& request) {
    const auto* const receive = dynamic_cast<const ReceiveRequest*>(&request);
    if (receive != nullptr && receive->auto_renew && answers_are_sent) say_sent(*receive);
  }

  struct Background final : Executor {
    void post(absl::AnyInvocable<void() &&> task) override { tasks.push_back(std::move(task)); }
    std::deque<absl::AnyInvocable<void() &&>> tasks;
  };

  store::Disk& disk_;
  Options options_;
  Background background_;
  std::unique_ptr<Registry> registry_;
  std::optional<LogTime> log_time_;  // of this life
  std::unique_ptr<BrokerCore> core_;
  std::unique_ptr<store::MessageStore> store_;
  store::LogProgress told_;
  bool turn_is_due_ = false;  // without anything coming in
  std::vector<std::unique_ptr<Request>> mailbox_;
  std::vector<std::unique_ptr<Request>> finished_;
  std::vector<SentAnswer> sent_;
};

}  // namespace petrel::core
