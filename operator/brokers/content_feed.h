// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "absl/status/status.h"
#include "common/mutex.h"
#include "common/random.h"
#include "operator/brokers/channel.h"
#include "operator/plan/plan.h"

namespace petrel::ops {

class BrokerAdmin;

// What became of a feed's content.
enum class ContentChange {
  kConnection,  // the broker answers, or does not any more
  kSettings,    // topics or groups were made, changed or deleted, or signs of the broker changed
  kStats,       // only stats differ
};

// The topics and groups of one broker, kept up to date by its change feed: reads everything once,
// then what the broker names as changed, and stats now and then. A lost connection, and one that
// is silently dead, is made again with growing waits and jitter; the address is
// resolved anew each time, and everything is read again.
//
// One thread of its own. start() -> stop(), each once; the destructor stops. All else from any
// thread.
class ContentFeed {
 public:
  struct Options {
    Connection connection;
    // Between readings of all stats; they are read with what changed, too.
    int64_t stats_interval_ms = 30'000;
    int64_t backoff_ms_min = 100;
    int64_t backoff_ms_max = 5'000;
  };
  // Runs on the feed's thread, which waits for it; must not stop the feed. content() is what it
  // tells of, or newer.
  using OnChange = std::function<void(ContentChange)>;

  ContentFeed(Options options, std::unique_ptr<Random> random, OnChange on_change);
  ~ContentFeed();

  void start();
  // Ends what is under way and joins. The content is gone then.
  void stop();

  const Connection& connection() const { return options_.connection; }

  // Null while the broker does not answer.
  std::shared_ptr<const BrokerContent> content() const;
  // Why content() is null; OK while it is not.
  absl::Status error() const;

  // For reading what was just written: returns once content() is at least as new as what made the
  // broker answer with this config_version (BrokerAdmin::written_version). False when it is not
  // after timeout_ms.
  bool wait_for(int64_t config_version, int64_t timeout_ms);

  // Stats are read soon, without waiting for the interval.
  void refresh_stats();
  // The broker may answer by now: a wait between two tries ends.
  void connect_now();

 private:
  class Watch;
  enum class Work { kMessage, kStats, kEnd };

  void run();
  bool follow();
  Work wait_work(Watch& watch, bool first);
  absl::Status read_changes(BrokerAdmin& broker, Watch& watch);
  absl::Status read_all(BrokerAdmin& broker, int64_t version, bool first);
  absl::Status end(Watch& watch);
  void publish(BrokerContent content, int64_t version, ContentChange change);
  void lost(absl::Status why);
  void pause(int64_t duration_ms);
  bool stopping() const;

  const Options options_;
  const std::unique_ptr<Random> random_;  // the feed's thread
  const OnChange on_change_;
  std::chrono::steady_clock::time_point stats_due_;  // the feed's thread
  mutable Mutex mutex_;
  CondVar changed_;
  std::shared_ptr<const BrokerContent> content_ ABSL_GUARDED_BY(mutex_);
  absl::Status error_ ABSL_GUARDED_BY(mutex_) = absl::UnavailableError("not connected yet");
  int64_t version_ ABSL_GUARDED_BY(mutex_) = -1;
  BrokerAdmin* broker_ ABSL_GUARDED_BY(mutex_) = nullptr;  // whose calls may be under way
  bool refresh_ ABSL_GUARDED_BY(mutex_) = false;
  bool connect_now_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace petrel::ops
