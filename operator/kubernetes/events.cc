// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/events.h"

#include <algorithm>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "common/check.h"
#include "common/concat.h"
#include "common/log.h"
#include "operator/kubernetes/api_time.h"

namespace petrel::k8s {
namespace {

constexpr log::Logger kLog("events");
constexpr size_t kNoteBytesMax = 1024;
constexpr size_t kNameBytesMax = 200;  // leaves room for the suffix
// Notes that differ are one event from here on.
constexpr size_t kDistinctNotesMax = 10;

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// Not in the middle of a UTF-8 character.
std::string cut(std::string_view text, size_t bytes_max) {
  if (text.size() > bytes_max) {
    while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) {
      --bytes_max;
    }
    text = text.substr(0, bytes_max);
  }
  return std::string(text);
}

Json reference_to(const Json& object) {
  const ObjectKey key = key_of(object);
  Json reference = {{"apiVersion", text_of(object, "apiVersion")},
                    {"kind", text_of(object, "kind")},
                    {"name", key.name},
                    {"uid", uid_of(object)}};
  if (!key.resource_namespace.empty()) {
    reference["namespace"] = key.resource_namespace;
  }
  return reference;
}

}  // namespace

struct EventRecorder::State {
  struct Item {
    Json regarding;  // a reference
    std::string type;
    std::string reason;
    std::string action;
    std::string note;
    int64_t wall_ms = 0;
  };

  // An event object that was made, and what repeats it.
  struct Series {
    ObjectKey key;  // no name until it was written
    int64_t count = 0;
    int64_t last_us = 0;
  };

  // What is known of one reason for one object, apart from the notes.
  struct Reason {
    std::set<std::string> notes;
    int64_t since_us = 0;
  };

  // How many events one object may still have.
  struct Allowance {
    int left = 0;
    int64_t refilled_us = 0;
  };

  State(ApiClient& api_client, const WaitableClock& wait_clock, Options chosen)
      : api(api_client), clock(wait_clock), options(std::move(chosen)), log_limit(wait_clock) {}

  void record(const Json& regarding, std::string_view type, std::string_view reason,
              std::string_view action, std::string_view note);
  void run();
  bool next(Item& item);
  void write(Item item);
  std::string series_id(Item& item);
  bool allow(const Item& item);
  absl::Status create_event(const Item& item, Series& series);
  absl::Status update_series(const Item& item, Series& series);
  template <typename Map, typename IsOld>
  void bound(Map& map, IsOld is_old) const;

  ApiClient& api;
  const WaitableClock& clock;
  const Options options;
  std::thread thread;

  // The thread's.
  std::map<std::string, Series> series;
  std::map<std::string, Reason> reasons;
  std::map<std::string, Allowance> allowances;
  int64_t names = 0;
  log::Limiter log_limit;

  mutable Mutex mutex;
  CondVar changed;
  std::deque<Item> queue ABSL_GUARDED_BY(mutex);
  Stats stats ABSL_GUARDED_BY(mutex);
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  int64_t flush_until_us ABSL_GUARDED_BY(mutex) = 0;
};

void EventRecorder::State::record(const Json& regarding, std::string_view type,
                                  std::string_view reason, std::string_view action,
                                  std::string_view note) {
  if (!regarding.is_object()) {
    return;
  }
  Item item{reference_to(regarding), std::string(type),        std::string(reason),
            std::string(action),     cut(note, kNoteBytesMax), clock.wall_ms()};
  MutexLock lock(mutex);
  if (stopping || queue.size() >= options.queue_max) {
    ++stats.dropped;
    return;
  }
  queue.push_back(std::move(item));
  changed.notify_one();
}

bool EventRecorder::State::next(Item& item) {
  MutexLock lock(mutex);
  while (queue.empty() && !stopping) {
    changed.wait(mutex);
  }
  if (queue.empty() || (stopping && clock.mono_us() >= flush_until_us)) {
    stats.dropped += static_cast<int64_t>(queue.size());
    queue.clear();
    return false;
  }
  item = std::move(queue.front());
  queue.pop_front();
  return true;
}

void EventRecorder::State::run() {
  Item item;
  while (next(item)) {
    write(std::move(item));
  }
}

// Keeps what is remembered within its bound: first what is old goes, then all.
template <typename Map, typename IsOld>
void EventRecorder::State::bound(Map& map, IsOld is_old) const {
  if (map.size() >= options.remembered_max) {
    std::erase_if(map, [&](const auto& entry) { return is_old(entry.second); });
  }
  if (map.size() >= options.remembered_max) {
    map.clear();
  }
}

// Items with the same id are one series. Many notes that differ become one.
std::string EventRecorder::State::series_id(Item& item) {
  const int64_t now_us = clock.mono_us();
  const auto is_old = [&](int64_t since_us) {
    return now_us - since_us > options.series_window_ms * 1000;
  };
  bound(reasons, [&](const Reason& known) { return is_old(known.since_us); });
  std::string id =
      concat(item.regarding.dump(), "\n", item.type, "\n", item.reason, "\n", item.action, "\n");
  Reason& reason = reasons[id];
  if (is_old(reason.since_us)) {
    reason.notes.clear();
  }
  if (reason.notes.empty()) {
    reason.since_us = now_us;
  }
  if (reason.notes.size() < kDistinctNotesMax) {
    reason.notes.insert(item.note);
  }
  if (reason.notes.contains(item.note)) {
    return id + item.note;
  }
  item.note = cut(concat("(combined from similar events) ", item.note), kNoteBytesMax);
  return id;
}

bool EventRecorder::State::allow(const Item& item) {
  const int64_t now_us = clock.mono_us();
  bound(allowances, [&](const Allowance& known) {
    return now_us - known.refilled_us > options.refill_ms * 1000 * options.burst;
  });
  const auto [found, is_new] = allowances.try_emplace(item.regarding.dump());
  Allowance& allowance = found->second;
  if (is_new) {
    allowance = {options.burst, now_us};
  }
  const int64_t refills = (now_us - allowance.refilled_us) / (options.refill_ms * 1000);
  allowance.refilled_us += refills * options.refill_ms * 1000;
  allowance.left = static_cast<int>(std::min<int64_t>(allowance.left + refills, options.burst));
  if (allowance.left == 0) {
    return false;
  }
  --allowance.left;
  return true;
}

absl::Status EventRecorder::State::create_event(const Item& item, Series& of) {
  const std::string in = text_of(item.regarding, "namespace");
  of.key = {in.empty() ? "default" : in, concat(cut(text_of(item.regarding, "name"), kNameBytesMax),
                                                ".", item.wall_ms, "-", ++names)};
  Json event = {{"apiVersion", kEvents.api_version()},
                {"kind", kEvents.kind},
                {"metadata", {{"namespace", of.key.resource_namespace}, {"name", of.key.name}}},
                {"eventTime", micro_time(item.wall_ms)},
                {"reportingController", options.controller},
                {"reportingInstance", options.instance},
                {"regarding", item.regarding},
                {"type", item.type},
                {"reason", item.reason},
                {"action", item.action},
                {"note", item.note}};
  if (of.count > 1) {
    event["series"] = {{"count", of.count}, {"lastObservedTime", micro_time(item.wall_ms)}};
  }
  return api.create(kEvents, event).status();
}

absl::Status EventRecorder::State::update_series(const Item& item, Series& of) {
  const Json patch = {
      {"series", {{"count", of.count}, {"lastObservedTime", micro_time(item.wall_ms)}}}};
  const absl::Status status = api.merge_patch(kEvents, of.key, patch).status();
  // Events live for an hour.
  return absl::IsNotFound(status) ? create_event(item, of) : status;
}

void EventRecorder::State::write(Item item) {
  const int64_t now_us = clock.mono_us();
  const int64_t window_us = options.series_window_ms * 1000;
  bound(series, [&](const Series& known) { return now_us - known.last_us > window_us; });
  const std::string id = series_id(item);
  Series& of = series[id];
  if (now_us - of.last_us > window_us) {
    of = {};
  }
  ++of.count;
  of.last_us = now_us;
  if (!allow(item)) {
    MutexLock lock(mutex);
    ++stats.dropped;
    return;
  }
  const absl::Status status =
      of.key.name.empty() ? create_event(item, of) : update_series(item, of);
  if (!status.ok()) {
    of.key.name.clear();
    kLog.limited(log_limit, log::Level::kWarn, "an event was not written",
                 {{"reason", item.reason}, {"error", status.ToString()}});
  }
  MutexLock lock(mutex);
  ++(status.ok() ? stats.written : stats.failed);
}

EventRecorder::EventRecorder(ApiClient& api, const WaitableClock& clock, Options options)
    : state_(std::make_unique<State>(api, clock, std::move(options))) {
  PETREL_CHECK_GT(state_->options.remembered_max, 0u);
}

EventRecorder::~EventRecorder() { stop(); }

void EventRecorder::normal(const Json& regarding, std::string_view reason, std::string_view action,
                           std::string_view note) {
  state_->record(regarding, "Normal", reason, action, note);
}

void EventRecorder::warning(const Json& regarding, std::string_view reason, std::string_view action,
                            std::string_view note) {
  state_->record(regarding, "Warning", reason, action, note);
}

void EventRecorder::start() {
  PETREL_CHECK(!state_->thread.joinable()) << "started twice";
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

void EventRecorder::stop() {
  {
    MutexLock lock(state_->mutex);
    state_->stopping = true;
    state_->flush_until_us = state_->clock.mono_us() + state_->options.flush_ms * 1000;
    state_->changed.notify_all();
  }
  if (state_->thread.joinable()) {
    state_->thread.join();
  }
}

EventRecorder::Stats EventRecorder::stats() const {
  MutexLock lock(state_->mutex);
  return state_->stats;
}

}  // namespace petrel::k8s
