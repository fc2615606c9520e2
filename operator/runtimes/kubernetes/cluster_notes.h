// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "operator/kubernetes/resource_type.h"
#include "operator/plan/member.h"

// What the operator notes about a cluster in annotations of its PetrelCluster, because it must
// outlive operators, Pods and volumes, and cannot be found out again. Not in its status, which
// anybody may drop. Values; pure.

namespace petrel::ops {

// JSON; written by the operator alone.
inline constexpr std::string_view kPinsAnnotation = "petrel.io/pinned";
inline constexpr std::string_view kStoresAnnotation = "petrel.io/stores";
// Written by people. Any new text asks for the operator's present defaults.
inline constexpr std::string_view kRenewAnnotation = "petrel.io/renew-defaults";
// Ids of stores that are given up, separated by commas.
inline constexpr std::string_view kAcceptLossAnnotation = "petrel.io/accept-data-loss";

// Of the operator's defaults, those that the cluster was made with: another version of the
// operator, which has others, restarts nothing.
struct Pins {
  std::string broker_image;
  std::string nameserver_image;
  // Which version of member_settings() writes configurations.
  int settings_version = 0;
  // The text of kRenewAnnotation that was followed last.
  std::string renewed;
  friend bool operator==(const Pins&, const Pins&) = default;
};

// Nothing when the object has none, or none that can be read.
std::optional<Pins> read_pins(const nlohmann::json& cluster_object);
std::string text_of(const Pins& pins);

// Where a broker group's messages are.
struct StoreRecord {
  // metadata.uid of the PersistentVolumeClaim.
  std::string claim_uid;
  // As the broker told; empty: it has not yet.
  std::string store_id;

  // What kAcceptLossAnnotation must name for it to be given up.
  const std::string& id_to_accept() const { return store_id.empty() ? claim_uid : store_id; }
  friend bool operator==(const StoreRecord&, const StoreRecord&) = default;
};
using StoreRecords = std::map<MemberId, StoreRecord>;

// InvalidArgument when the annotation is there and cannot be read: then nobody knows what must not
// be lost.
absl::StatusOr<StoreRecords> read_store_records(const nlohmann::json& cluster_object);
std::string text_of(const StoreRecords& records);

// The ids that kAcceptLossAnnotation names.
std::set<std::string> accepted_losses(const nlohmann::json& cluster_object);

}  // namespace petrel::ops
