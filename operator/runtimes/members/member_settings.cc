// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/members/member_settings.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/concat.h"

namespace petrel::ops {

namespace {

// Set by the cluster alone, also where it is as by default and so not written.
constexpr const char* kTlsModeKey = "grpc.tls-mode";

using Settings = std::vector<std::pair<std::string, nlohmann::json>>;

Settings own_settings(const std::string& cluster_name, const ClusterSpec& spec,
                      const MemberId& member, const MemberPlace& place) {
  Settings settings = {{"grpc.host", place.host},
                       {"grpc.port", place.grpc_port},
                       {"http.host", place.host},
                       {"http.port", place.http_port}};
  if (spec.tls_mode == TlsMode::kEnforcing) {
    // Only where it is asked for, and then whatever the version: who does not ask keeps the same
    // file byte by byte, and a program that does not know the key is to refuse it, not to go
    // without.
    settings.emplace_back(kTlsModeKey, "enforcing");
  }
  if (member.role == Role::kBroker) {
    const Settings more = {
        {"broker.cluster", cluster_name},
        {"broker.name", member.name()},
        {"broker.id", 0},
        {"broker.advertised-address", place.advertised_address},
        {"broker.nameservers", place.nameservers},
        {"store.directory", place.store_directory},
        {"store.flush-mode", spec.flush_mode == FlushMode::kSync ? "sync" : "async"},
        {"topics.auto-create", spec.auto_create_topics},
        {"groups.auto-create", spec.auto_create_groups}};
    settings.insert(settings.end(), more.begin(), more.end());
    if (place.version >= 2 && !place.expected_store.empty()) {
      settings.emplace_back("store.expected-id", place.expected_store);
    }
  }
  return settings;
}

// Which field, if any, a key that is set already follows from.
std::string where_it_is_set(const std::string& key) {
  static const std::map<std::string, std::string> kFields = {
      {"broker.nameservers", "spec.nameservers.replicas"},
      {"broker.cluster", "metadata.name"},
      {kTlsModeKey, "spec.tls.mode"},
      {"store.flush-mode", "spec.broker.flushMode"},
      {"topics.auto-create", "spec.broker.autoCreateTopics"},
      {"groups.auto-create", "spec.broker.autoCreateGroups"}};
  const auto found = kFields.find(key);
  return found == kFields.end() ? "is given to each member by itself; remove it"
                                : concat("follows from ", found->second, "; remove it");
}

}  // namespace

std::string program_name(Role role) {
  return role == Role::kNameserver ? "petrel-nameserver" : "petrel-broker";
}

MemberSettings member_settings(const std::string& cluster_name, const ClusterSpec& spec,
                               const MemberId& member, const MemberPlace& place) {
  const bool broker = member.role == Role::kBroker;
  Settings settings = own_settings(cluster_name, spec, member, place);
  MemberSettings result;
  for (const auto& [key, value] : broker ? spec.broker_config : spec.nameserver_config) {
    const bool taken = key == kTlsModeKey || std::any_of(settings.begin(), settings.end(),
                                                         [&, k = key](const auto& setting) {
                                                           return setting.first == k;
                                                         });
    if (taken) {
      result.refused.push_back({key, concat("spec.", broker ? "broker" : "nameservers",
                                            ".config: ", key, " ", where_it_is_set(key))});
    } else {
      settings.emplace_back(key, value);
    }
  }
  result.text =
      concat("# Made by ", place.made_by, " from the declared cluster; changes here are lost.\n");
  for (const auto& [key, value] : settings) {
    // A JSON value is YAML too.
    result.text += concat(nlohmann::json(key).dump(), ": ", value.dump(), "\n");
  }
  return result;
}

}  // namespace petrel::ops
