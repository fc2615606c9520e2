// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "operator/kubernetes/resource_type.h"

namespace petrel::k8s {

using ObjectPointer = std::shared_ptr<const Json>;

// What an informer knows: the objects as the watch told them, and over them what this process wrote
// and the watch has not told yet. Versions are compared for equality only. Not thread-safe.
class ObjectCache {
 public:
  struct Change {
    ObjectKey key;
    ObjectPointer before;  // null: new
    ObjectPointer after;   // null: gone
  };

  // --- As the API server tells it. ---
  // False when this was known already. Fills in the change.
  bool put(ObjectPointer object, Change& change);
  bool remove(const ObjectPointer& last, Change& change);
  // Everything there is, as of a list that began at the moment of begin_list().
  void begin_list();
  std::vector<Change> replace_all(std::map<ObjectKey, ObjectPointer> objects);

  // --- As this process wrote it; forgotten at the given time. ---
  void observe_write(ObjectPointer object, int64_t now_us);
  void observe_removal(const ObjectKey& key, std::string_view uid, int64_t now_us);

  // --- Both together. ---
  ObjectPointer get(const ObjectKey& key, int64_t now_us) const;
  std::vector<ObjectPointer> list(std::string_view resource_namespace, int64_t now_us) const;

  // Without one's own writes.
  ObjectPointer told(const ObjectKey& key) const;
  size_t size() const { return told_.size(); }

 private:
  // A write that the watch has not told yet. Null object: removed.
  struct Written {
    ObjectPointer object;
    std::string uid;
    std::string version;
    int64_t expires_us = 0;
    bool before_list = false;
  };

  // The versions and uids that ended most recently, for writes that the watch overtook.
  class Recent {
   public:
    void add(std::string text);
    bool contains(const std::string& text) const { return texts_.contains(text); }

   private:
    std::deque<std::string> order_;
    std::unordered_multiset<std::string> texts_;
  };

  void note_told(const ObjectKey& key, const Json& object);

  std::map<ObjectKey, ObjectPointer> told_;
  std::map<ObjectKey, Written> written_;
  Recent recent_;
};

}  // namespace petrel::k8s
