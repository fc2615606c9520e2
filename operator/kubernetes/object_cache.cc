// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/object_cache.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace petrel::k8s {
namespace {

constexpr int64_t kWrittenForUs = 60'000'000;
// Between the answer to a write and its observe_write() pass far fewer events.
constexpr size_t kRecentMax = 1024;

}  // namespace

void ObjectCache::Recent::add(std::string text) {
  texts_.insert(text);
  order_.push_back(std::move(text));
  if (order_.size() > kRecentMax) {
    texts_.erase(texts_.find(order_.front()));
    order_.pop_front();
  }
}

// The watch has come to this state of the object: forget the write that made it.
void ObjectCache::note_told(const ObjectKey& key, const Json& object) {
  const std::string version = resource_version_of(object);
  const auto written = written_.find(key);
  if (written != written_.end()) {
    const Written& write = written->second;
    const bool replaced = write.object == nullptr && write.uid != uid_of(object);
    if (replaced || (write.object != nullptr && write.version == version)) {
      written_.erase(written);
    }
  }
  recent_.add(version);
}

bool ObjectCache::put(ObjectPointer object, Change& change) {
  change.key = key_of(*object);
  note_told(change.key, *object);
  ObjectPointer& slot = told_[change.key];
  if (slot != nullptr && resource_version_of(*slot) == resource_version_of(*object)) {
    return false;
  }
  change.before = std::exchange(slot, object);
  change.after = std::move(object);
  return true;
}

bool ObjectCache::remove(const ObjectPointer& last, Change& change) {
  change.key = key_of(*last);
  const std::string uid = uid_of(*last);
  const auto written = written_.find(change.key);
  if (written != written_.end() && written->second.uid == uid) {
    written_.erase(written);
  }
  recent_.add(resource_version_of(*last));
  recent_.add(uid);
  const auto found = told_.find(change.key);
  if (found == told_.end()) {
    return false;
  }
  change.before = std::move(found->second);
  change.after = nullptr;
  told_.erase(found);
  return true;
}

void ObjectCache::begin_list() {
  for (auto& [key, write] : written_) {
    write.before_list = true;
  }
}

std::vector<ObjectCache::Change> ObjectCache::replace_all(
    std::map<ObjectKey, ObjectPointer> objects) {
  std::erase_if(written_, [](const auto& write) { return write.second.before_list; });
  std::vector<Change> changes;
  for (auto& [key, object] : told_) {
    if (!objects.contains(key)) {
      recent_.add(uid_of(*object));
      changes.push_back({key, object, nullptr});
    }
  }
  for (auto& [key, object] : objects) {
    const auto known = told_.find(key);
    if (known == told_.end()) {
      changes.push_back({key, nullptr, object});
    } else if (resource_version_of(*known->second) == resource_version_of(*object)) {
      object = known->second;
    } else {
      changes.push_back({key, known->second, object});
    }
  }
  for (const Change& change : changes) {
    if (change.after != nullptr) {
      note_told(change.key, *change.after);
    }
  }
  told_ = std::move(objects);
  return changes;
}

void ObjectCache::observe_write(ObjectPointer object, int64_t now_us) {
  const ObjectKey key = key_of(*object);
  const std::string version = resource_version_of(*object);
  const std::string uid = uid_of(*object);
  const ObjectPointer known = told(key);
  const bool is_told = known != nullptr && resource_version_of(*known) == version;
  if (is_told || recent_.contains(version) || recent_.contains(uid)) {
    written_.erase(key);
    return;
  }
  written_[key] = {std::move(object), uid, version, now_us + kWrittenForUs};
}

void ObjectCache::observe_removal(const ObjectKey& key, std::string_view uid, int64_t now_us) {
  const ObjectPointer known = told(key);
  const bool is_told = known == nullptr || uid_of(*known) != uid;
  const auto written = written_.find(key);
  if (is_told && (written == written_.end() || written->second.uid != uid)) {
    return;
  }
  if (recent_.contains(std::string(uid))) {
    written_.erase(key);
    return;
  }
  written_[key] = {nullptr, std::string(uid), "", now_us + kWrittenForUs};
}

ObjectPointer ObjectCache::told(const ObjectKey& key) const {
  const auto found = told_.find(key);
  return found == told_.end() ? nullptr : found->second;
}

ObjectPointer ObjectCache::get(const ObjectKey& key, int64_t now_us) const {
  const auto written = written_.find(key);
  if (written != written_.end() && written->second.expires_us > now_us) {
    return written->second.object;
  }
  return told(key);
}

std::vector<ObjectPointer> ObjectCache::list(std::string_view resource_namespace,
                                             int64_t now_us) const {
  std::vector<ObjectPointer> objects;
  const ObjectKey first{std::string(resource_namespace), ""};
  const auto covers = [&](const ObjectKey& key) {
    return resource_namespace.empty() || key.resource_namespace == resource_namespace;
  };
  auto next = told_.lower_bound(first);
  auto write = written_.lower_bound(first);
  const auto more = [&](const auto& at, const auto& end) { return at != end && covers(at->first); };
  while (more(next, told_.end()) || more(write, written_.end())) {
    const bool from_write =
        more(write, written_.end()) && (!more(next, told_.end()) || write->first <= next->first);
    const ObjectKey& key = from_write ? write->first : next->first;
    if (ObjectPointer object = get(key, now_us)) {
      objects.push_back(std::move(object));
    }
    const bool same = from_write && more(next, told_.end()) && next->first == key;
    if (!from_write || same) {
      ++next;
    }
    if (from_write) {
      ++write;
    }
  }
  return objects;
}

}  // namespace petrel::k8s
