// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/random.h"
#include "operator/kubernetes/api_client.h"
#include "operator/kubernetes/resource_type.h"
#include "operator/kubernetes/waitable_clock.h"

namespace petrel::k8s {

// A cache of all objects of one type, kept by a list and then a watch on a thread of its own.
//
// The cache follows the API server: it may be behind it, but never goes back, and never misses a
// change for good. When the server no longer knows the point from which the watch would go on
// (410), everything is listed again, and what has vanished meanwhile is told as deleted. A server
// that is away is asked again after 0.8 s, 1.6 s and so on up to 30 s, with full jitter.
//
// on_change() -> start() -> stop(); the destructor stops. Safe from any thread.
class Informer {
 public:
  struct Options {
    ResourceType type;
    std::string resource_namespace;  // empty: all
    std::string label_selector;
    std::string field_selector;
    // Only "metadata" of the objects: for Secrets and ConfigMaps.
    bool metadata_only = false;
    // Applied to each object before it is kept. metadata.managedFields is always dropped.
    std::function<void(Json&)> transform;
    int page = 500;
    // Each watch is asked to end after a random time between these.
    int watch_seconds_min = 300;
    int watch_seconds_max = 600;
    // What a server that does not end it then is given, before the connection counts as dead.
    int64_t watch_grace_ms = 15'000;
  };

  // What is passed outlives the informer; "random" is used by its thread only.
  Informer(ApiClient& api, const WaitableClock& clock, Random& random, Options options);
  ~Informer();
  Informer(const Informer&) = delete;
  Informer& operator=(const Informer&) = delete;

  // Called on the informer's thread for each change: no "before" for a new object, no "after" for
  // one that is gone. The objects live during the call only; get() already gives the new state.
  // Before start().
  using ChangeHandler =
      std::function<void(const ObjectKey& key, const Json* before, const Json* after)>;
  void on_change(ChangeHandler handler);

  void start();
  // Ends a watch that runs, and joins.
  void stop();

  // The first list is complete.
  bool synced() const;
  // Waits for it; false when the time is over or the informer was stopped.
  bool wait_synced(int64_t timeout_ms) const;

  // Null when there is none. Objects are immutable, and may be kept.
  std::shared_ptr<const Json> get(const ObjectKey& key) const;
  // In the order of their keys; an empty namespace means all.
  std::vector<std::shared_ptr<const Json>> list(std::string_view resource_namespace = "") const;
  size_t size() const;

  // Reads see one's own writes: what the server answered to a write is given by get() and list()
  // until the watch has come that far. For at most a minute, so that an object that the selectors
  // do not cover is forgotten.
  void observe_write(const Json& object);
  // Likewise for an object that a delete has removed at once.
  void observe_removal(const ObjectKey& key, std::string_view uid);

  struct Stats {
    size_t objects = 0;
    int64_t lists = 0;  // complete ones
    int64_t watches = 0;
    int64_t events = 0;
    int64_t failures = 0;      // of lists and watches, since the start
    std::string last_failure;  // empty while all is well
  };
  Stats stats() const;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

// Whether people, and not a controller's status, changed an object: it is new or gone, or its
// generation, deletion, labels, annotations, finalizers or owners differ. Ignores the echo of one's
// own status writes. For types whose generation counts changes of the spec.
bool is_edited(const Json* before, const Json* after);

}  // namespace petrel::k8s
