// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "operator/kubernetes/resource_type.h"

namespace petrel::k8s::testing {

using ObjectPointer = std::shared_ptr<const Json>;

// One change of the store. Versions are dense: each change has the next one.
struct StoreEvent {
  int64_t version = 0;
  std::string type;      // ResourceType::str()
  ObjectPointer before;  // null: created
  ObjectPointer after;   // null: gone
  // What a watch tells about an object that is gone: its last state with the version of its end.
  ObjectPointer last;
};

// Who writes, and how.
struct WriteOptions {
  std::string manager;
  std::string subresource;
  bool dry_run = false;
};

struct RemoveOptions {
  std::string uid;
  std::string resource_version;
  std::string propagation = "Background";
};

// An error as the API server words it: HTTP code, reason, message.
absl::Status api_error(int code, std::string_view reason, std::string_view message);

// The objects of an API server: what etcd and the registry do, without schemas. Errors are as in
// errors.h, with code and reason. Not thread-safe.
class ObjectStore {
 public:
  using Admission = std::function<absl::Status(Json& object, const Json* before)>;

  ObjectStore(const Clock& clock, size_t events_max);

  // --- Types ---
  void serve(const ResourceType& type);
  // Null when it is not served.
  const ResourceType* find_type(std::string_view group, std::string_view version,
                                std::string_view plural) const;
  std::vector<ResourceType> types() const;
  void set_admission(const ResourceType& type, Admission admission);
  void hold_deletions(const ResourceType& type, bool hold);

  // --- Reading ---
  ObjectPointer find(const ResourceType& type, const ObjectKey& key) const;
  const std::map<ObjectKey, ObjectPointer>& all(const ResourceType& type) const;
  int64_t version() const { return version_; }

  // Whether changes after this version are still known to those who ask anew. 410 or 504.
  absl::Status check_version(int64_t version) const;
  // The change with this version; null when it is forgotten. Those who follow closely are not
  // disturbed by compact().
  const StoreEvent* event(int64_t version) const;
  void compact() { expired_version_ = version_; }

  // --- Writing; all return what is stored. ---
  absl::StatusOr<Json> create(const ResourceType& type, Json object, const WriteOptions& options);
  // "proposed" is the whole new object. A resourceVersion or uid in it is a precondition.
  absl::StatusOr<Json> update(const ResourceType& type, const ObjectKey& key, Json proposed,
                              const WriteOptions& options);
  absl::StatusOr<Json> apply(const ResourceType& type, const ObjectKey& key, Json intent,
                             const WriteOptions& options, bool force);
  // What was deleted, or waits for its finalizers.
  absl::StatusOr<Json> remove(const ResourceType& type, const ObjectKey& key,
                              const RemoveOptions& options);
  // Ends a held deletion.
  void finish_deletion(const ResourceType& type, const ObjectKey& key);
  // Stores the object with the metadata and status that it has.
  Json put(const ResourceType& type, Json object);

 private:
  struct Table {
    ResourceType type;
    std::map<ObjectKey, ObjectPointer> objects;
    Admission admission;
    bool holds_deletions = false;
  };

  Table& table(const ResourceType& type);
  const Table& table(const ResourceType& type) const;
  std::string now() const;
  absl::Status check_namespace(const Table& table, const ObjectKey& key) const;
  absl::StatusOr<Json> store_new(Table& table, Json object, const WriteOptions& options);
  absl::StatusOr<Json> store_change(Table& table, const ObjectPointer& before, Json after,
                                    const WriteOptions& options);
  Json commit(Table& table, const ObjectKey& key, ObjectPointer before, Json after);
  void drop(Table& table, const ObjectKey& key);
  void drop_if_finished(Table& table, const ObjectKey& key);
  void append(StoreEvent event);
  void collect_dependents(const std::string& uid, bool orphan);
  void mark_deleted(Table& table, const ObjectKey& key, const std::string& finalizer);
  void index_owners(const Table& of, const ObjectKey& key, const Json* before, const Json* after);
  void finish_namespace(const std::string& name);
  void register_crd(const Json& definition);

  const Clock& clock_;
  const size_t events_max_;
  std::map<std::string, Table> tables_;  // by ResourceType::str()
  std::deque<StoreEvent> events_;
  // Type and key of the objects that name an owner, by the owner's uid.
  std::map<std::string, std::set<std::pair<std::string, ObjectKey>>> dependents_;
  int64_t version_ = 1'000;
  int64_t forgotten_version_ = 1'000;  // events up to here are forgotten
  int64_t expired_version_ = 1'000;    // and are no longer told from before here
  int64_t uids_ = 0;
};

}  // namespace petrel::k8s::testing
