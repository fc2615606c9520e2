// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <utility>

#include "operator/runtimes/kubernetes/children.h"

namespace petrel::ops {

MemberSettings pod_settings(const ClusterChildren& cluster, const MemberId& member) {
  MemberPlace place{.made_by = "petrel-operator",
                    .grpc_port = grpc_port(member.role),
                    .http_port = http_port(member.role),
                    .advertised_address = cluster.names.address(member),
                    .store_directory = "/var/lib/petrel"};
  for (int i = 0; i < cluster.spec.nameservers; ++i) {
    place.nameservers.push_back(cluster.names.address({Role::kNameserver, i}));
  }
  return member_settings(cluster.names.cluster.name, cluster.spec, member, place);
}

k8s::Json config_map(const ClusterChildren& cluster, const MemberId& member) {
  k8s::Json object = child(cluster, k8s::kConfigMaps, cluster.names.config_map(member),
                           cluster.names.labels(member));
  object["data"] = {{"config.yaml", pod_settings(cluster, member).text}};
  return with_digest(std::move(object));
}

}  // namespace petrel::ops
