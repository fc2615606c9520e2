// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "operator/plan/plan.h"

// What a Pod of the Kubernetes API says about the member that runs in it. Pure.

namespace petrel::ops {

// The Pod ended for good, or was evicted: it is to be deleted and made again.
bool is_dead(const nlohmann::json& pod);

// It should have ended a while ago, and nobody says that it has: its node is away.
inline constexpr int64_t kOverdueMs = 10'000;
bool is_overdue(const nlohmann::json& pod, int64_t now_wall_ms);

// `cluster_uid` is that of the PetrelCluster: a Pod of a cluster of the same name that was deleted
// is about to go. A dead Pod counts as not running, but while it is younger than kReplaceAfterMs it
// is waited for: what ends at once is not made again and again in a hurry.
inline constexpr int64_t kReplaceAfterMs = 10'000;
ObservedMember observe_pod(const nlohmann::json& pod, const std::string& cluster_uid,
                           int64_t now_wall_ms);

// "its Pod is not scheduled: ...", "ImagePullBackOff: ..."; empty when there is nothing to tell.
std::string why_it_waits(const nlohmann::json& pod);

// Of a Pod with one container that is not started again.
struct ProgramEnd {
  bool ended = false;
  int exit_code = -1;  // -1: it never ran, or nobody knows
  std::string last_words;
};
ProgramEnd how_it_ended(const nlohmann::json& pod);

// The last words of a broker that did not find its store on its volume; empty: it is not so.
std::string wrong_store_words(const nlohmann::json& pod);

// The image of the Pod's container; empty when it has none.
std::string image_of(const nlohmann::json& pod);

// Empty while it has none.
std::string pod_ip(const nlohmann::json& pod);
std::string node_of(const nlohmann::json& pod);

}  // namespace petrel::ops
