// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/informer.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "common/check.h"
#include "common/concat.h"
#include "common/log.h"
#include "operator/kubernetes/backoff.h"
#include "operator/kubernetes/cancel_token.h"
#include "operator/kubernetes/errors.h"
#include "operator/kubernetes/object_cache.h"

namespace petrel::k8s {
namespace {

constexpr log::Logger kLog("informer");
// A watch that the server ends sooner than this, without an event, is a failure: another one at
// once would be the next of an endless row.
constexpr int64_t kShortWatchUs = 1'000'000;
// A version of a list that is younger cannot have expired by age.
constexpr int64_t kFreshListUs = 1'000'000;

// The server knows no way on from this version.
bool needs_list(const absl::Status& status) {
  return absl::IsOutOfRange(status) || absl::IsNotFound(status) || absl::IsInvalidArgument(status);
}

const Json& member(const Json& object, const char* name) {
  static const Json nothing;
  if (!object.is_object()) {
    return nothing;
  }
  const auto found = object.find(name);
  return found == object.end() ? nothing : *found;
}

}  // namespace

struct Informer::State {
  State(ApiClient& api_client, const WaitableClock& wait_clock, Random& random_source,
        Options chosen)
      : api(api_client),
        clock(wait_clock),
        random(random_source),
        options(std::move(chosen)),
        backoff(random_source),
        log_limit(wait_clock) {}

  void run();
  absl::StatusOr<std::string> list_all();
  absl::Status watch_from(std::string& version);
  void on_event(std::string_view event, Json object, std::string& version);
  bool is_ours(const Json& object) const;
  ObjectPointer keep(Json object) const;
  void tell(const ObjectCache::Change& change) const;
  void fail(const absl::Status& status);
  void set_healthy();
  ApiClient::ListOptions list_options() const;

  ApiClient& api;
  const WaitableClock& clock;
  Random& random;
  const Options options;
  std::vector<ChangeHandler> handlers;
  Backoff backoff;  // the thread's
  log::Limiter log_limit;
  CancelToken cancel;
  std::thread thread;

  mutable Mutex mutex;
  mutable CondVar changed;
  ObjectCache cache ABSL_GUARDED_BY(mutex);
  Stats stats ABSL_GUARDED_BY(mutex);
  bool synced ABSL_GUARDED_BY(mutex) = false;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
};

ApiClient::ListOptions Informer::State::list_options() const {
  ApiClient::ListOptions list;
  list.resource_namespace = options.resource_namespace;
  list.label_selector = options.label_selector;
  list.field_selector = options.field_selector;
  list.page = options.page;
  list.metadata_only = options.metadata_only;
  return list;
}

bool Informer::State::is_ours(const Json& object) const {
  const Json& kind = member(object, "kind");
  const std::string& expected = options.metadata_only ? "PartialObjectMetadata" : options.type.kind;
  return !key_of(object).name.empty() && (!kind.is_string() || kind == expected);
}

ObjectPointer Informer::State::keep(Json object) const {
  if (const auto metadata = object.find("metadata"); metadata != object.end()) {
    metadata->erase("managedFields");
  }
  if (options.transform) {
    options.transform(object);
  }
  return std::make_shared<const Json>(std::move(object));
}

void Informer::State::tell(const ObjectCache::Change& change) const {
  for (const ChangeHandler& handler : handlers) {
    handler(change.key, change.before.get(), change.after.get());
  }
}

void Informer::State::set_healthy() {
  MutexLock lock(mutex);
  stats.last_failure.clear();
}

// Waits until it is time to ask again.
void Informer::State::fail(const absl::Status& status) {
  const int64_t now_us = clock.mono_us();
  const int64_t wait_ms = std::max(backoff.next_wait_ms(now_us), retry_after_ms(status));
  kLog.limited(log_limit, log::Level::kWarn, "the API server does not answer as it should",
               {{"type", options.type.str()},
                {"error", concat(status.message())},
                {"again_in_ms", wait_ms}});
  MutexLock lock(mutex);
  ++stats.failures;
  stats.last_failure = status.ToString();
  const int64_t deadline_us = now_us + wait_ms * 1000;
  while (!stopping && clock.mono_us() < deadline_us) {
    clock.wait_until(mutex, changed, deadline_us);
  }
}

absl::StatusOr<std::string> Informer::State::list_all() {
  {
    MutexLock lock(mutex);
    cache.begin_list();
  }
  std::map<ObjectKey, ObjectPointer> objects;
  ApiClient::ListOptions list = list_options();
  list.on_restart = [&objects] { objects.clear(); };
  auto version = api.list(options.type, list, [&](Json object) {
    if (is_ours(object)) {
      const ObjectKey key = key_of(object);
      objects[key] = keep(std::move(object));
    }
  });
  if (!version.ok()) {
    return version;
  }
  std::vector<ObjectCache::Change> changes;
  {
    MutexLock lock(mutex);
    changes = cache.replace_all(std::move(objects));
    ++stats.lists;
    stats.last_failure.clear();
  }
  for (const ObjectCache::Change& change : changes) {
    tell(change);
  }
  MutexLock lock(mutex);
  synced = true;
  changed.notify_all();
  return version;
}

void Informer::State::on_event(std::string_view event, Json object, std::string& version) {
  const std::string at = resource_version_of(object);
  ObjectCache::Change change;
  bool is_change = false;
  if (event == "ADDED" || event == "MODIFIED" || event == "DELETED") {
    if (!is_ours(object)) {
      return;
    }
    const ObjectPointer kept = keep(std::move(object));
    MutexLock lock(mutex);
    ++stats.events;
    is_change = event == "DELETED" ? cache.remove(kept, change) : cache.put(kept, change);
  } else if (event != "BOOKMARK") {
    return;
  }
  if (!at.empty()) {
    version = at;
  }
  if (is_change) {
    tell(change);
  }
}

// Follows the changes until the watch ends; "version" goes along.
absl::Status Informer::State::watch_from(std::string& version) {
  ApiClient::WatchOptions watch;
  static_cast<ApiClient::ListOptions&>(watch) = list_options();
  watch.resource_version = version;
  const int spread = options.watch_seconds_max - options.watch_seconds_min + 1;
  watch.timeout_s =
      options.watch_seconds_min + static_cast<int>(random.below(static_cast<uint64_t>(spread)));
  watch.grace_ms = options.watch_grace_ms;
  {
    MutexLock lock(mutex);
    ++stats.watches;
  }
  const int64_t start_us = clock.mono_us();
  bool told_something = false;
  const absl::Status status = api.watch(
      options.type, watch,
      [&](std::string_view event, Json object) {
        if (!std::exchange(told_something, true)) {
          set_healthy();
        }
        on_event(event, std::move(object), version);
      },
      cancel);
  const bool is_short = !told_something && clock.mono_us() - start_us < kShortWatchUs;
  if (status.ok() && is_short) {
    return absl::UnavailableError("the server ended the watch at once");
  }
  return status;
}

void Informer::State::run() {
  std::string version;  // empty: list
  int64_t listed_us = 0;
  while (!cancel.cancelled()) {
    if (version.empty()) {
      auto listed = list_all();
      if (!listed.ok()) {
        fail(listed.status());
        continue;
      }
      version = *std::move(listed);
      listed_us = clock.mono_us();
    }
    const absl::Status status = watch_from(version);
    if (status.ok() || cancel.cancelled()) {
      set_healthy();
      continue;
    }
    if (needs_list(status)) {
      version.clear();
      // Normal now and then; but not if the version is as new as can be.
      if (absl::IsOutOfRange(status) && clock.mono_us() - listed_us > kFreshListUs) {
        continue;
      }
    }
    fail(status);
  }
}

Informer::Informer(ApiClient& api, const WaitableClock& clock, Random& random, Options options)
    : state_(std::make_unique<State>(api, clock, random, std::move(options))) {
  PETREL_CHECK_LE(state_->options.watch_seconds_min, state_->options.watch_seconds_max);
}

Informer::~Informer() { stop(); }

void Informer::on_change(ChangeHandler handler) {
  PETREL_CHECK(!state_->thread.joinable()) << "on_change() comes before start()";
  state_->handlers.push_back(std::move(handler));
}

void Informer::start() {
  PETREL_CHECK(!state_->thread.joinable()) << "started twice";
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

void Informer::stop() {
  state_->cancel.cancel();
  {
    MutexLock lock(state_->mutex);
    state_->stopping = true;
    state_->changed.notify_all();
  }
  if (state_->thread.joinable()) {
    state_->thread.join();
  }
}

bool Informer::synced() const {
  MutexLock lock(state_->mutex);
  return state_->synced;
}

bool Informer::wait_synced(int64_t timeout_ms) const {
  const int64_t deadline_us = state_->clock.mono_us() + timeout_ms * 1000;
  MutexLock lock(state_->mutex);
  while (!state_->synced && !state_->stopping && state_->clock.mono_us() < deadline_us) {
    state_->clock.wait_until(state_->mutex, state_->changed, deadline_us);
  }
  return state_->synced;
}

ObjectPointer Informer::get(const ObjectKey& key) const {
  MutexLock lock(state_->mutex);
  return state_->cache.get(key, state_->clock.mono_us());
}

std::vector<ObjectPointer> Informer::list(std::string_view resource_namespace) const {
  MutexLock lock(state_->mutex);
  return state_->cache.list(resource_namespace, state_->clock.mono_us());
}

size_t Informer::size() const {
  MutexLock lock(state_->mutex);
  return state_->cache.size();
}

void Informer::observe_write(const Json& object) {
  ObjectPointer kept = state_->keep(object);
  MutexLock lock(state_->mutex);
  state_->cache.observe_write(std::move(kept), state_->clock.mono_us());
}

void Informer::observe_removal(const ObjectKey& key, std::string_view uid) {
  MutexLock lock(state_->mutex);
  state_->cache.observe_removal(key, uid, state_->clock.mono_us());
}

Informer::Stats Informer::stats() const {
  MutexLock lock(state_->mutex);
  Stats stats = state_->stats;
  stats.objects = state_->cache.size();
  return stats;
}

bool is_edited(const Json* before, const Json* after) {
  if (before == nullptr || after == nullptr) {
    return before != after;
  }
  if (generation_of(*before) != generation_of(*after) || uid_of(*before) != uid_of(*after)) {
    return true;
  }
  const Json& old_metadata = member(*before, "metadata");
  const Json& new_metadata = member(*after, "metadata");
  for (const char* name :
       {"deletionTimestamp", "labels", "annotations", "finalizers", "ownerReferences"}) {
    if (member(old_metadata, name) != member(new_metadata, name)) {
      return true;
    }
  }
  return false;
}

}  // namespace petrel::k8s
