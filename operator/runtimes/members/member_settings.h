// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "operator/plan/member.h"
#include "operator/resources/resource.h"

// The configuration file of a member: what follows from the cluster's spec, from where the member
// runs, and what spec.broker.config or spec.nameservers.config adds. Pure.

namespace petrel::ops {

// "petrel-nameserver" or "petrel-broker".
std::string program_name(Role role);

// Versions of what we set by ourselves. A running cluster stays with the one that it began with, as
// the program that it runs need not know the keys of a later one: what a version writes never
// changes, and a key that is added or changed makes a new version.
inline constexpr int kSettingsVersion = 2;  // 2: store.expected-id

// What a member must be told of the place where it runs.
struct MemberPlace {
  // Who makes the file: "petrelctl".
  std::string made_by;
  // Address to listen on, for both ports.
  std::string host = "0.0.0.0";
  uint16_t grpc_port = 0;
  uint16_t http_port = 0;
  // Of brokers: host:port that clients are told, host:port of each nameserver, the store.
  std::string advertised_address;
  std::vector<std::string> nameservers;
  std::string store_directory;
  // The store that must be there already; empty: none is known.
  std::string expected_store;
  int version = kSettingsVersion;
};

// A key of the spec's config that is not taken over, and a sentence about it that begins with the
// field: "spec.broker.config: store.flush-mode follows from spec.broker.flushMode; remove it".
struct RefusedKey {
  std::string key;
  std::string message;
};

struct MemberSettings {
  // YAML. Equal texts mean equal settings.
  std::string text;
  std::vector<RefusedKey> refused;
};

MemberSettings member_settings(const std::string& cluster_name, const ClusterSpec& spec,
                               const MemberId& member, const MemberPlace& place);

}  // namespace petrel::ops
