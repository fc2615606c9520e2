// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "operator/kubernetes/api_client.h"
#include "operator/kubernetes/resource_type.h"
#include "operator/kubernetes/waitable_clock.h"

namespace petrel::k8s {

// Tells people what was done about an object: events.k8s.io/v1, as "kubectl describe" shows them.
//
// Recording never blocks and never fails: it puts a value into a bounded queue, and a thread of
// this class writes. What repeats within ten minutes becomes one event with a series count, and
// one object gets no more than 25 events at once and then one in five minutes. What does not fit is
// counted and dropped. Events are help for people; nothing depends on them.
//
// start() -> stop(); the destructor stops. Safe from any thread.
class EventRecorder {
 public:
  struct Options {
    std::string controller;  // "petrel.io/operator"
    std::string instance;    // the process: the Pod's name
    size_t queue_max = 1'000;
    // Objects and notes that are remembered for aggregation.
    size_t remembered_max = 4'096;
    int64_t series_window_ms = 600'000;
    int burst = 25;
    int64_t refill_ms = 300'000;
    // How long stop() goes on writing what is queued.
    int64_t flush_ms = 2'000;
  };

  EventRecorder(ApiClient& api, const WaitableClock& clock, Options options);
  ~EventRecorder();
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  // Reason and action are CamelCase words ("ReplacingPod", "Replace"); the note is a sentence for
  // people, cut at 1,024 bytes. "regarding" is an object with apiVersion, kind and metadata.
  void normal(const Json& regarding, std::string_view reason, std::string_view action,
              std::string_view note);
  void warning(const Json& regarding, std::string_view reason, std::string_view action,
               std::string_view note);

  void start();
  void stop();

  struct Stats {
    int64_t written = 0;
    int64_t dropped = 0;  // queue full, or too many about one object
    int64_t failed = 0;   // refused by the API server
  };
  Stats stats() const;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace petrel::k8s
