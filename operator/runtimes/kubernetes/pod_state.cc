// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/kubernetes/pod_state.h"

#include <absl/time/time.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/concat.h"
#include "common/exit_code.h"
#include "operator/kubernetes/resource_type.h"
#include "operator/runtimes/kubernetes/cluster_names.h"

namespace petrel::ops {

namespace {

using k8s::Json;

// Of a condition or a log; more belongs into "kubectl describe".
constexpr size_t kMessageBytesMax = 300;

const Json& at(const Json& object, const char* pointer) {
  static const Json kNothing;
  const Json::json_pointer path(pointer);
  return object.contains(path) ? object.at(path) : kNothing;
}

std::string text_at(const Json& object, const char* pointer) {
  const Json& value = at(object, pointer);
  return value.is_string() ? value.get<std::string>() : "";
}

void trim_end(std::string& text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
    text.pop_back();
  }
}

// Removes and returns it; of a text of one line that is the text.
std::string take_last_line(std::string& text) {
  trim_end(text);
  const size_t end = text.rfind('\n');
  const std::string line = end == std::string::npos ? text : text.substr(end + 1);
  text.erase(end == std::string::npos ? 0 : end);
  return line;
}

// Of a log the end matters, but for the hint that programs close with.
std::string shortened(std::string text) {
  std::string line = take_last_line(text);
  if (line.starts_with("Try ") && line.ends_with(" --help") && !text.empty()) {
    line = take_last_line(text);
  }
  text = std::move(line);
  if (text.size() > kMessageBytesMax) {
    text.resize(kMessageBytesMax);
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) {
      text.pop_back();
    }
    text += "...";
  }
  return text;
}

const Json& condition_of(const Json& pod, const std::string& type) {
  static const Json kNothing;
  const Json& conditions = at(pod, "/status/conditions");
  if (conditions.is_array()) {
    for (const Json& condition : conditions) {
      if (text_at(condition, "/type") == type) {
        return condition;
      }
    }
  }
  return kNothing;
}

// "ImagePullBackOff: Back-off pulling image ..."
std::string reason_and_message(const Json& state) {
  const std::string reason = text_at(state, "/reason");
  const std::string message = shortened(text_at(state, "/message"));
  return concat(reason, reason.empty() || message.empty() ? "" : ": ", message);
}

std::string why_container_waits(const Json& container) {
  const Json& restarts = at(container, "/restartCount");
  const Json& ended = at(container, "/lastState/terminated");
  std::string text;
  const Json& waiting = at(container, "/state/waiting");
  // What every container goes through says nothing about this one.
  if (waiting.is_object() && text_at(waiting, "/reason") != "ContainerCreating") {
    text = reason_and_message(waiting);
  }
  if (ended.is_object() && restarts.is_number_integer() && restarts.get<int64_t>() > 0) {
    const Json& code = at(ended, "/exitCode");
    text += concat(text.empty() ? "" : "; ", "ended ", restarts.get<int64_t>(),
                   " times, the last time with code ", code.is_number() ? code.dump() : "?");
    const std::string last_words = reason_and_message(ended);
    text += concat(last_words.empty() ? "" : ": ", last_words);
  }
  return text;
}

// Why a Pod that is dead is so: "its Pod was evicted: The node was low on resource ..."
std::string why_it_died(const Json& pod) {
  const std::string reason = reason_and_message(at(pod, "/status"));
  return concat("its Pod has ended", reason.empty() ? "" : concat(": ", reason),
                "; it is made anew");
}

int64_t time_ms(const std::string& rfc3339) {
  absl::Time time;
  return absl::ParseTime(absl::RFC3339_full, rfc3339, &time, nullptr) ? absl::ToUnixMillis(time)
                                                                      : 0;
}

bool is_owned_by_another(const Json& pod, const std::string& cluster_uid) {
  const Json& owners = at(pod, "/metadata/ownerReferences");
  if (!owners.is_array()) {
    return false;
  }
  for (const Json& owner : owners) {
    if (text_at(owner, "/kind") == "PetrelCluster" && text_at(owner, "/uid") != cluster_uid) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string why_it_waits(const Json& pod) {
  const Json& scheduled = condition_of(pod, "PodScheduled");
  if (text_at(scheduled, "/status") == "False") {
    return concat("its Pod is not scheduled: ", shortened(text_at(scheduled, "/message")));
  }
  const Json& containers = at(pod, "/status/containerStatuses");
  if (containers.is_array()) {
    for (const Json& container : containers) {
      if (std::string why = why_container_waits(container); !why.empty()) {
        return why;
      }
    }
  }
  return "";
}

ProgramEnd how_it_ended(const Json& pod) {
  ProgramEnd end{.ended = is_dead(pod)};
  const Json& code = at(pod, "/status/containerStatuses/0/state/terminated/exitCode");
  if (code.is_number_integer()) {
    end.exit_code = code.get<int>();
    end.last_words =
        shortened(text_at(pod, "/status/containerStatuses/0/state/terminated/message"));
  }
  return end;
}

bool is_dead(const Json& pod) {
  const std::string phase = text_at(pod, "/status/phase");
  return phase == "Failed" || phase == "Succeeded";
}

bool is_overdue(const Json& pod, int64_t now_wall_ms) {
  // The time stands for the end of the grace period.
  const int64_t end_ms = time_ms(text_at(pod, "/metadata/deletionTimestamp"));
  return end_ms > 0 && now_wall_ms - end_ms >= kOverdueMs;
}

ObservedMember observe_pod(const Json& pod, const std::string& cluster_uid, int64_t now_wall_ms) {
  ObservedMember member;
  member.digest = k8s::annotation_of(pod, kDigestAnnotation);
  if (k8s::is_deleting(pod)) {
    member.running = true;
    member.stopping = true;
    member.waiting = concat("its Pod is being deleted",
                            node_of(pod).empty() ? "" : concat(" on node ", node_of(pod)));
    return member;
  }
  if (is_dead(pod)) {
    member.waiting = why_it_died(pod);
    const int64_t age_ms = now_wall_ms - time_ms(text_at(pod, "/metadata/creationTimestamp"));
    member.stopping = age_ms >= 0 && age_ms < kReplaceAfterMs;
    return member;
  }
  member.running = true;
  if (is_owned_by_another(pod, cluster_uid)) {
    member.stopping = true;
    member.waiting = "its Pod belongs to a cluster of the same name that was deleted";
    return member;
  }
  const Json& ready = condition_of(pod, "Ready");
  member.ready = text_at(ready, "/status") == "True";
  if (!member.ready) {
    member.waiting = why_it_waits(pod);
  } else if (const int64_t since_ms = time_ms(text_at(ready, "/lastTransitionTime"));
             since_ms > 0) {
    // Of the node's clock, which may be ahead.
    member.ready_for_ms = std::max<int64_t>(0, now_wall_ms - since_ms);
  }
  return member;
}

std::string wrong_store_words(const Json& pod) {
  if (text_at(condition_of(pod, "Ready"), "/status") == "True") {
    return "";
  }
  for (const char* state : {"/status/containerStatuses/0/state/terminated",
                            "/status/containerStatuses/0/lastState/terminated"}) {
    const Json& ended = at(pod, state);
    if (ended.is_object() && at(ended, "/exitCode") == kExitWrongStore) {
      return shortened(text_at(ended, "/message"));
    }
  }
  return "";
}

std::string image_of(const Json& pod) { return text_at(pod, "/spec/containers/0/image"); }

std::string pod_ip(const Json& pod) { return text_at(pod, "/status/podIP"); }

std::string node_of(const Json& pod) { return text_at(pod, "/spec/nodeName"); }

}  // namespace petrel::ops
