// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/mutex.h"
#include "operator/kubernetes/testing/api_call.h"
#include "operator/kubernetes/testing/fake_api_server.h"
#include "operator/kubernetes/testing/http_listener.h"
#include "operator/kubernetes/testing/object_store.h"
#include "operator/kubernetes/testing/selector.h"

// The inside of FakeApiServer. Requests run on the listener's threads; everything that they share
// is under one mutex, which is never held while bytes are sent.

namespace petrel::k8s::testing {

struct Answer {
  int code = 200;
  Json body;
  int retry_after_s = -1;
};

// {"kind":"Status",...} of an error.
Json status_object(int code, std::string_view reason, std::string_view message);
Answer answer_of(const absl::Status& error);
Answer answer_of(absl::StatusOr<Json> result, int code = 200);

// Only apiVersion, kind and metadata, as PartialObjectMetadata.
Json metadata_of(const Json& object);
bool wants_metadata_only(const HttpRequest& request);

struct FakeApiServer::State {
  explicit State(Options chosen);

  void handle(const HttpRequest& request, Exchange& exchange);

  // Wakes everybody who waits for a change.
  void changed_locked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // Notes the code that the request was answered with.
  void log_code_locked(size_t log_index, int code) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // --- One request (requests.cc) ---
  Answer answer_locked(const ApiCall& call, const HttpRequest& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  Answer list_locked(const ResourceType& type, const ApiCall& call, const HttpRequest& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  Answer write_locked(const ResourceType& type, const ApiCall& call, const HttpRequest& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  Answer patch_locked(const ResourceType& type, const ApiCall& call, const HttpRequest& request,
                      const WriteOptions& options) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  Answer delete_locked(const ResourceType& type, const ApiCall& call, const HttpRequest& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  Answer discover_locked(const HttpRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // --- Watches (watches.cc) ---
  struct Watch;
  // Runs until the watch ends.
  void serve_watch(const ApiCall& call, const HttpRequest& request, Exchange& exchange,
                   size_t log_index);
  Answer open_watch_locked(const ApiCall& call, const HttpRequest& request, Watch& watch)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  // What is to be sent now; the watch is over when its "ended" is set.
  std::string next_lines_locked(Watch& watch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  std::string wait_for_lines(Watch& watch, const Exchange& exchange);

  // --- Faults (faults.cc) ---
  // A fault that a request has met. It ends with the next clear_faults(), however late its thread
  // comes to wait.
  struct MetFault {
    Fault fault;
    int64_t cleared_before = 0;  // faults_cleared when it was met
  };
  std::optional<MetFault> meet_fault_locked(const ApiCall& call)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  // Does what the fault says; true when the request is over with it.
  bool commit_fault(const MetFault& met, const ApiCall& call, const HttpRequest& request,
                    Exchange& exchange, size_t log_index);
  // Until the faults are cleared, the server stops, the client leaves or the time is over.
  void stay_silent(const Exchange& exchange, int64_t cleared_before,
                   std::chrono::milliseconds time_max);

  void respond(const Answer& answer, Exchange& exchange, size_t log_index);

  const Options config;
  SystemClock system_clock;
  mutable Mutex mutex;
  mutable CondVar changed;
  ObjectStore store ABSL_GUARDED_BY(mutex);
  std::string token ABSL_GUARDED_BY(mutex);
  std::vector<Request> requests ABSL_GUARDED_BY(mutex);
  size_t requests_forgotten ABSL_GUARDED_BY(mutex) = 0;
  std::vector<Fault> faults ABSL_GUARDED_BY(mutex);
  int64_t faults_met ABSL_GUARDED_BY(mutex) = 0;
  int64_t faults_cleared ABSL_GUARDED_BY(mutex) = 0;   // times
  int64_t bookmarks_asked ABSL_GUARDED_BY(mutex) = 0;  // times
  int64_t watches_ended ABSL_GUARDED_BY(mutex) = 0;    // times
  int64_t changes ABSL_GUARDED_BY(mutex) = 0;
  std::map<std::string, size_t> watches_by_resource ABSL_GUARDED_BY(mutex);
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  int port = 0;
  HttpListener listener;
};

}  // namespace petrel::k8s::testing
