// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>

#include "operator/plan/plan.h"
#include "operator/runtimes/kubernetes/cluster_notes.h"

// Whether a broker group still has the store that is noted for it. A volume that is lost is told
// and waited for; it is never made up by an empty one. Pure.

namespace petrel::ops {

// What is seen of one broker group.
struct StoreFacts {
  // For messages.
  std::string claim_name;
  // Null: there is none.
  const nlohmann::json* claim = nullptr;
  // The id that its broker tells; empty: it does not answer.
  std::string told_id;
  // The broker ended because its volume has not the expected store: its words.
  std::string refused_by_broker;
  // The broker is told which store it must find, so that it may be tried on another volume.
  bool broker_verifies = false;
};

struct StoreVerdict {
  DataProblem problem;
  // What is to be noted from now on; nothing: no store is known.
  std::optional<StoreRecord> record;
};

// `record`: what is noted. `accepted`: stores that are given up.
StoreVerdict check_store(const std::optional<StoreRecord>& record, const StoreFacts& facts,
                         const std::set<std::string>& accepted);

}  // namespace petrel::ops
