// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/concat.h"
#include "operator/kubernetes/errors.h"
#include "operator/kubernetes/testing/server_state.h"

namespace petrel::k8s::testing {
namespace {

using SteadyClock = std::chrono::steady_clock;

// How often a silent watch looks whether its client is still there.
constexpr std::chrono::milliseconds kPeerCheckInterval(20);
constexpr int kTimeoutSecondsDefault = 1800;

int64_t number_or(const std::string& text, int64_t otherwise) {
  int64_t number = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string line_of(std::string_view type, const Json& object) {
  return concat("{\"type\":\"", type, "\",\"object\":", object.dump(), "}\n");
}

}  // namespace

struct FakeApiServer::State::Watch {
  ResourceType type;
  std::string resource_namespace;
  Selector selector;
  bool metadata_only = false;
  bool bookmarks = false;
  int64_t version = 0;  // told up to here
  int64_t bookmarks_told = 0;
  int64_t ends_before = 0;  // watches_ended when it began
  SteadyClock::time_point deadline;
  std::string first_lines;  // of a watch that begins with what there is
  bool ended = false;

  bool covers(const ObjectPointer& object) const {
    return object != nullptr &&
           (resource_namespace.empty() ||
            key_of(*object).resource_namespace == resource_namespace) &&
           selector.matches(*object);
  }
  std::string line(std::string_view event, const Json& object) const {
    return line_of(event, metadata_only ? metadata_of(object) : object);
  }
  std::string line(const StoreEvent& event) const;
  std::string bookmark() const {
    return line_of(
        "BOOKMARK",
        Json{{"kind", metadata_only ? "PartialObjectMetadata" : type.kind},
             {"apiVersion", metadata_only ? "meta.k8s.io/v1" : type.api_version()},
             {"metadata", {{"resourceVersion", concat(version)}, {"creationTimestamp", nullptr}}}});
  }
};

// Empty when the watch does not cover the change. An object that leaves the selection is told as
// deleted, in its new version.
std::string FakeApiServer::State::Watch::line(const StoreEvent& event) const {
  if (event.type != type.str()) {
    return "";
  }
  const bool was_covered = covers(event.before);
  const bool is_covered = covers(event.after);
  if (is_covered) {
    return line(was_covered ? "MODIFIED" : "ADDED", *event.after);
  }
  if (!was_covered) {
    return "";
  }
  return line("DELETED", event.after != nullptr ? *event.after : *event.last);
}

Answer FakeApiServer::State::open_watch_locked(const ApiCall& call, const HttpRequest& request,
                                               Watch& watch) {
  if (!token.empty() && request.header("authorization") != "Bearer " + token) {
    return answer_of(api_error(401, "Unauthorized", "Unauthorized"));
  }
  const ResourceType* type = store.find_type(call.group, call.version, call.plural);
  if (type == nullptr) {
    return answer_of(
        api_error(404, "NotFound", "the server could not find the requested resource"));
  }
  auto selector =
      Selector::parse(request.parameter("labelSelector"), request.parameter("fieldSelector"));
  if (!selector.ok()) {
    return answer_of(api_error(400, "BadRequest", concat(selector.status().message())));
  }
  watch.type = *type;
  watch.resource_namespace = call.key.resource_namespace;
  watch.selector = *std::move(selector);
  watch.metadata_only = wants_metadata_only(request);
  watch.bookmarks = request.parameter("allowWatchBookmarks") == "true";
  watch.bookmarks_told = bookmarks_asked;
  watch.ends_before = watches_ended;
  watch.deadline =
      SteadyClock::now() +
      std::chrono::seconds(number_or(request.parameter("timeoutSeconds"), kTimeoutSecondsDefault));
  const std::string version = request.parameter("resourceVersion");
  if (!version.empty() && version != "0") {
    watch.version = number_or(version, -1);
    const absl::Status known = store.check_version(watch.version);
    return known.ok() ? Answer() : answer_of(known);
  }
  watch.version = store.version();
  for (const auto& [key, object] : store.all(*type)) {
    if (watch.covers(object)) {
      watch.first_lines += watch.line("ADDED", *object);
    }
  }
  return {};
}

std::string FakeApiServer::State::next_lines_locked(Watch& watch) {
  std::string lines = std::exchange(watch.first_lines, "");
  while (watch.version < store.version()) {
    const StoreEvent* event = store.event(watch.version + 1);
    if (event == nullptr) {
      watch.ended = true;
      return lines + line_of("ERROR", status_object(410, "Expired", "too old resource version"));
    }
    lines += watch.line(*event);
    ++watch.version;
  }
  const bool times_out = SteadyClock::now() >= watch.deadline;
  if (watch.bookmarks && (times_out || watch.bookmarks_told != bookmarks_asked)) {
    watch.bookmarks_told = bookmarks_asked;
    lines += watch.bookmark();
  }
  watch.ended = times_out || watch.ends_before != watches_ended;
  return lines;
}

std::string FakeApiServer::State::wait_for_lines(Watch& watch, const Exchange& exchange) {
  MutexLock lock(mutex);
  for (;;) {
    std::string lines = next_lines_locked(watch);
    if (!lines.empty() || watch.ended || stopping || !exchange.peer_is_there()) {
      return lines;
    }
    changed.wait_until(mutex, std::min(watch.deadline, SteadyClock::now() + kPeerCheckInterval));
  }
}

void FakeApiServer::State::serve_watch(const ApiCall& call, const HttpRequest& request,
                                       Exchange& exchange, size_t log_index) {
  Watch watch;
  Answer opened;
  {
    MutexLock lock(mutex);
    opened = open_watch_locked(call, request, watch);
    if (opened.code == 200) {
      ++watches_by_resource[call.plural];
      log_code_locked(log_index, 200);
      changed_locked();
    }
  }
  if (opened.code != 200) {
    respond(opened, exchange, log_index);
    return;
  }
  bool sent = exchange.begin_stream("application/json");
  while (sent && !watch.ended) {
    const std::string lines = wait_for_lines(watch, exchange);
    sent = lines.empty() ? exchange.peer_is_there() : exchange.write_chunk(lines);
    MutexLock lock(mutex);
    if (stopping) {
      exchange.cut(/*reset=*/false);
      sent = false;
    }
  }
  if (sent) {
    exchange.end_stream();
  } else {
    exchange.cut(/*reset=*/false);
  }
  MutexLock lock(mutex);
  --watches_by_resource[call.plural];
  changed_locked();
}

}  // namespace petrel::k8s::testing
