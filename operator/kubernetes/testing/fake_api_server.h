// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/clock.h"
#include "operator/kubernetes/resource_type.h"

namespace petrel::k8s::testing {

// A Kubernetes API server inside a test: HTTP on a port of 127.0.0.1 and a store in memory.
//
// It does what clients depend on: resource versions, generations, uids, lists in pages, watches
// with bookmarks, label and field selectors, optimistic locking, preconditions, server-side apply
// with ownership of fields by manager, JSON and merge patches, the status subresource, finalizers
// and deletion times, garbage collection by owner references, namespaces that terminate. It checks
// no schemas (see set_admission) and runs no controllers: tests play kubelet with set_status() and
// finish_deletion().
//
// Each test makes its own. Safe from any thread. The functions that do not go through HTTP are for
// the test's own hand and are not logged as requests.
class FakeApiServer {
 public:
  struct Options {
    int port = 0;                  // 0: any free one
    std::string token;             // empty: everybody may do everything
    const Clock* clock = nullptr;  // for timestamps; null: the machine's
    size_t events_max = 100'000;   // older ones are compacted: a watch from there is 410
  };

  explicit FakeApiServer(Options options);
  FakeApiServer() : FakeApiServer(Options()) {}
  ~FakeApiServer();
  FakeApiServer(const FakeApiServer&) = delete;
  FakeApiServer& operator=(const FakeApiServer&) = delete;

  int port() const;
  std::string url() const;  // "http://127.0.0.1:PORT"

  // Types that are served besides those of resource_type.h. (Creating a CustomResourceDefinition
  // does it, too.)
  void serve(const ResourceType& type);

  // --- The store, by hand. ---

  // Creates or replaces. Keeps what the caller says in status and metadata (creationTimestamp,
  // generation, finalizers); fills in uid and the like. Returns what is stored.
  Json put(const ResourceType& type, Json object);
  // Null when there is none.
  std::shared_ptr<const Json> find(const ResourceType& type, const ObjectKey& key) const;
  std::vector<std::shared_ptr<const Json>> all(const ResourceType& type) const;
  // Merges the patch into the status. The object must exist.
  void set_status(const ResourceType& type, const ObjectKey& key, const Json& patch);
  // Merges the patch into the whole object, as a person with kubectl edit. The object must exist.
  void edit(const ResourceType& type, const ObjectKey& key, const Json& patch);
  // As a person with kubectl delete: finalizers and held deletions are waited for, dependents go.
  void erase(const ResourceType& type, const ObjectKey& key);
  // Deletes of this type only set the deletion time, until finish_deletion(): Pods on a node.
  void hold_deletions(const ResourceType& type, bool hold = true);
  void finish_deletion(const ResourceType& type, const ObjectKey& key);

  // Called under the server's lock for each object that is about to be stored by a client's write,
  // for defaults and checks. An error is answered as 422 Invalid (or by its code).
  using Admission = std::function<absl::Status(Json& object, const Json* before)>;
  void set_admission(const ResourceType& type, Admission admission);

  // --- Watches and versions. ---

  std::string resource_version() const;  // of the newest change
  // Forgets all events so far: watches from an older version get 410, as do running lists that
  // continue.
  void compact();
  // Sends a bookmark with the newest version on all watches that asked for bookmarks.
  void send_bookmarks();
  // Ends all watches cleanly, as their timeout does.
  void end_watches();
  size_t watches(std::string_view resource = "") const;  // that run now

  // --- Faults. ---

  struct Fault {
    enum class Kind {
      kStatus,      // answers `code` with a Status body
      kErrorEvent,  // watch: 200, and then an ERROR event with `code`
      kCut,      // closes the connection instead of answering; a watch: in the middle of an event
      kReset,    // the same with a TCP reset
      kSilence,  // reads the request and never answers; a watch: after the head, until cleared
      kSlow,     // waits `delay_ms` and then answers normally
      kLost,     // does the work and then closes the connection without an answer
      kGarbage,  // answers 200 with what is not JSON
    };
    Kind kind = Kind::kStatus;
    std::string verb;      // get list watch create update patch apply delete; empty: any
    std::string resource;  // plural; empty: any
    int code = 503;
    std::string reason;      // of the Status; empty: the one of the code
    int retry_after_s = -1;  // of 429 and 503; negative: none
    int64_t delay_ms = 0;
    int skip = 0;   // requests that match before it begins
    int times = 1;  // requests it meets; negative: all
  };
  void inject(Fault fault);
  // No faults any more; silent connections are closed.
  void clear_faults();
  // Requests that faults have met so far.
  int64_t faults_met() const;

  // Only this bearer token is good from now on; others get 401.
  void set_token(std::string token);
  // Closes all connections and the port; the store stays.
  void stop();
  // Opens the same port again.
  void start();
  // stop() and start().
  void restart();

  // --- What clients did. ---

  struct Request {
    std::string verb;      // as in Fault
    std::string resource;  // plural; empty for discovery and other paths
    std::string subresource;
    ObjectKey key;
    std::string field_manager;
    std::string path;  // with the query
    std::string user_agent;
    std::string body;
    int code = 0;  // 0: no answer
  };
  std::vector<Request> requests() const;
  // Empty arguments match all.
  size_t count(std::string_view verb, std::string_view resource = "") const;
  // create, update, patch, apply and delete of anything but Leases and Events.
  size_t writes() const;
  void clear_requests();

  // Returns true as soon as the condition holds, which is looked at again after each request and
  // change of the store and every two milliseconds; false when it does not within 30 s. The
  // condition runs on the caller's thread and may use all functions above.
  bool wait_for(const std::function<bool()>& condition) const;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace petrel::k8s::testing
