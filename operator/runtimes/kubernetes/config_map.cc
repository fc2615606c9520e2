// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "operator/runtimes/kubernetes/children.h"

namespace petrel::ops {

namespace {

constexpr const char* kPodKey = "pod.json";

}  // namespace

MemberSettings pod_settings(const ClusterChildren& cluster, const MemberId& member) {
  MemberPlace place{
      .made_by = "petrel-operator",
      .grpc_port = grpc_port(member.role),
      .http_port = http_port(member.role),
      .advertised_address = cluster.names.address(member),
      .store_directory = "/var/lib/petrel",
      .version = std::min(cluster.settings_version, cluster.defaults.settings_version)};
  if (const auto expected = cluster.expected_stores.find(member);
      expected != cluster.expected_stores.end()) {
    place.expected_store = expected->second;
  }
  for (int i = 0; i < cluster.spec.nameservers; ++i) {
    place.nameservers.push_back(cluster.names.address({Role::kNameserver, i}));
  }
  return member_settings(cluster.names.cluster.name, cluster.spec, member, place);
}

k8s::Json config_map(const ClusterChildren& cluster, const MemberId& member) {
  k8s::Json object = child(cluster, k8s::kConfigMaps, cluster.names.config_map(member),
                           cluster.names.labels(member));
  object["data"] = {{"config.yaml", pod_settings(cluster, member).text},
                    {kPodKey, pod(cluster, member).dump()}};
  return with_digest(std::move(object));
}

std::optional<k8s::Json> pod_before(const ClusterChildren& cluster, const k8s::Json& config_map) {
  const k8s::Json::json_pointer path(std::string("/data/") + kPodKey);
  if (!config_map.contains(path) || !config_map.at(path).is_string()) {
    return std::nullopt;
  }
  absl::StatusOr<k8s::Json> pod =
      k8s::parse_json(config_map.at(path).get_ref<const std::string&>(), kPodKey);
  if (!pod.ok() || !pod->is_object() || !pod->contains("spec")) {
    return std::nullopt;
  }
  // The cluster's document may be another one of its name by now.
  pod->merge_patch(owned_by(cluster));
  return *std::move(pod);
}

}  // namespace petrel::ops
