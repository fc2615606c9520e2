// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "broker/core/core_assembly.h"
#include "broker/core/events.h"
#include "broker/core/message_observer.h"
#include "broker/core/registry.h"
#include "common/clock.h"
#include "common/executor.h"
#include "store/disk/sim_disk.h"

namespace petrel::oracle {

// How a life of the world ends.
enum class End {
  kKill,      // the process is gone: what was written stays
  kPowerCut,  // the machine is: what was not synced may be lost
  kClose,     // all is written, and a last snapshot
};

// A core that leads, over a store on a simulated disk, through many lives. Time, the log's writes
// and work in the background move only when they are told to. One thread.
class World final : public core::CorePort,
                    public core::ReplySink,
                    public core::ClientLiveness,
                    public core::MessageObserver {
 public:
  struct Options {
    core::CoreAssembly::Options assembly;
    store::SimDisk::Options disk;
  };
  explicit World(Options options);
  ~World() override;

  // A request that says when the core has decided about it, and when it is answered. Between the
  // two the answer waits for what it promises. Not answered at all when the life ends before.
  template <typename R>
  struct Asked final : R {
    std::function<void(Asked&)> decided;   // in the turn, before the next request is looked at
    std::function<void(Asked&)> answered;  // at the turn's end
    void complete() override {
      if (answered) {
        answered(*this);
      }
    }
  };
  template <typename R>
  void ask(std::unique_ptr<Asked<R>> request) {
    Asked<R>& asked = *request;
    mailbox_.push_back(std::move(request));
    tell_decided([&asked] { asked.decided(asked); });
  }
  // Runs in the turn, before what is asked next is looked at.
  void before(std::function<void()> action) { tell_decided(std::move(action)); }
  // What nobody waits for; `decided` as above.
  void post(std::unique_ptr<core::Request> request, std::function<void()> decided);

  // --- one life ---
  absl::Status open();
  bool is_open() const { return assembly_ != nullptr; }
  // Whoever waits is told to come again.
  bool is_closing() const { return closing_; }
  // A write or sync of the log has failed: this life can only end.
  bool has_failed() const;
  void turn();
  // One step of the log thread.
  void flush(bool sync);
  // Work in the background, up to `tasks` pieces of it; true if some is left.
  bool run_background(size_t tasks);
  // Entries of queues may be on their way from disk, so that a receive does not see all there is.
  bool is_loading() const { return loaded_ || !executor_.empty(); }
  // Turns, work in the background and flushes until nothing is left to do but to wait; all that was
  // appended is committed then. Less than that if the log fails.
  void settle(bool sync);
  // After it, only open().
  absl::Status end(End how);

  core::BrokerCore& core() { return assembly_->core(); }
  store::MessageStore& store() { return assembly_->store(); }
  const Options& options() const { return options_; }
  // How far the log is as the flush mode counts: what an answer may promise.
  store::LogOffset promised() const;
  // What this end of a life must leave of the log at least.
  store::LogOffset outlives(End how) const;
  int64_t log_end() const { return assembly_->store().log().end().value(); }
  // Records of the core's own decisions, of which the next one has this number.
  int64_t state_records();

  // What the broker's own threads told: which messages go, where a group begins, or anything else.
  enum class Told { kDeletion, kBegin, kOther };
  // Called in a turn behind that. Never null.
  std::function<void(Told)> happened = [](Told) {};
  std::function<void()> before_turn = [] {};
  std::function<void()> after_turn = [] {};

  // What the core decides with (core::LogTime): as the core reads it when nothing happens between.
  int64_t log_ms() { return log_time_->now().log_ms; }

  ManualClock clock;
  store::SimDisk disk;
  std::set<std::string, std::less<>> clients;  // those that are connected

  // --- CorePort, ReplySink, ClientLiveness ---
  bool try_post(std::unique_ptr<core::Request>& request) override;
  void post_internal(std::unique_ptr<core::Request> request) override;
  void deliver(std::vector<std::unique_ptr<core::Request>> finished) override;
  bool connected(std::string_view client_id) const override { return clients.contains(client_id); }
  std::vector<core::SentAnswer> take_sent() override { return std::exchange(sent_, {}); }

  // --- MessageObserver ---
  void log_deleted(store::RetentionReason /*reason*/, int64_t /*bytes*/) override {}
  void unread_deleted(std::string_view /*topic*/, std::string_view /*group*/,
                      int64_t /*messages*/) override {}
  void deletion_failed() override {}
  void dead_lettered(const core::DeadLetter& letter) override;
  // A core::DeadLetter that owns its names.
  struct DeadLetter {
    std::string topic;
    std::string group;
    int32_t queue_id = 0;
    int64_t offset = 0;
    int64_t copy_offset = 0;
    int64_t log_offset = 0;
    int64_t record_bytes = 0;
  };
  // Those of this turn.
  std::vector<DeadLetter> take_dead_letters() { return std::exchange(dead_letters_, {}); }

  // The answer was written to the client's connection.
  void say_sent(const core::ReceiveRequest& request);

 private:
  // Runs between two requests of a turn.
  class Marker final : public core::InternalEvent {
   public:
    explicit Marker(std::function<void()> action) : action_(std::move(action)) {}
    void run(core::BrokerCore& /*core*/, std::unique_ptr<Request> /*self*/) override { action_(); }

   private:
    const std::function<void()> action_;
  };
  void tell_decided(std::function<void()> decided) {
    mailbox_.push_back(std::make_unique<Marker>(std::move(decided)));
  }
  absl::Status close();

  class Background final : public Executor {
   public:
    void post(absl::AnyInvocable<void() &&> task) override { tasks_.push_back(std::move(task)); }
    bool empty() const { return tasks_.empty(); }
    void run_one();
    // As when the process dies.
    void drop_all() { tasks_.clear(); }

   private:
    std::deque<absl::AnyInvocable<void() &&>> tasks_;
  };

  const Options options_;
  Background executor_;
  std::optional<core::LogTime> log_time_;
  std::unique_ptr<core::Registry> registry_;
  std::unique_ptr<core::CoreAssembly> assembly_;
  std::vector<std::unique_ptr<core::Request>> mailbox_;
  std::vector<core::SentAnswer> sent_;
  std::vector<DeadLetter> dead_letters_;
  store::LogProgress told_;
  bool log_failed_ = false;
  bool closing_ = false;
  bool loaded_ = false;  // and the core has not heard of it yet
  bool turn_is_due_ = false;
};

}  // namespace petrel::oracle
