// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/kubernetes/cluster_names.h"

#include <absl/strings/numbers.h>

#include "common/concat.h"

namespace petrel::ops {

namespace {

constexpr std::string_view kClaimSuffix = "-data";

}  // namespace

uint16_t grpc_port(Role role) {
  return role == Role::kBroker ? kBrokerGrpcPort : kNameserverGrpcPort;
}

uint16_t http_port(Role role) {
  return role == Role::kBroker ? kBrokerHttpPort : kNameserverHttpPort;
}

std::string component(Role role) { return role == Role::kBroker ? "broker" : "nameserver"; }

std::string ClusterNames::pod(const MemberId& member) const {
  return concat(cluster.name, "-", component(member.role), "-", member.index,
                member.role == Role::kBroker ? "-0" : "");
}

std::string ClusterNames::check_pod(Role role) const {
  return concat(cluster.name, "-", component(role), "-check");
}

std::string ClusterNames::members(Role role) const {
  return concat(cluster.name, "-", component(role), "s");
}

std::string ClusterNames::address(const MemberId& member) const {
  return concat(pod(member), ".", members(member.role), ".", cluster.resource_namespace, ".svc.",
                cluster_domain, ":", grpc_port(member.role));
}

std::string ClusterNames::access_point() const {
  return concat(client_service(), ".", cluster.resource_namespace, ".svc.", cluster_domain, ":",
                kBrokerGrpcPort);
}

std::optional<MemberId> ClusterNames::member_of_pod(std::string_view name) const {
  for (const Role role : {Role::kNameserver, Role::kBroker}) {
    const std::string prefix = concat(cluster.name, "-", component(role), "-");
    if (name.substr(0, prefix.size()) != prefix) {
      continue;
    }
    std::string_view number = name.substr(prefix.size());
    number = number.substr(0, number.find('-'));
    int index = 0;
    if (absl::SimpleAtoi(std::string(number), &index) && index >= 0 && pod({role, index}) == name) {
      return MemberId{role, index};
    }
  }
  return std::nullopt;
}

std::optional<MemberId> ClusterNames::member_of_claim(std::string_view name) const {
  if (name.size() < kClaimSuffix.size() ||
      name.substr(name.size() - kClaimSuffix.size()) != kClaimSuffix) {
    return std::nullopt;
  }
  const auto member = member_of_pod(name.substr(0, name.size() - kClaimSuffix.size()));
  return member && member->role == Role::kBroker ? member : std::nullopt;
}

std::map<std::string, std::string> ClusterNames::labels() const {
  return {{"app.kubernetes.io/name", "petrel"},
          {"app.kubernetes.io/instance", cluster.name},
          {"app.kubernetes.io/managed-by", std::string(kManagedBy)},
          {std::string(kClusterLabel), cluster.name}};
}

std::map<std::string, std::string> ClusterNames::labels(Role role) const {
  std::map<std::string, std::string> labels = this->labels();
  labels[std::string(kComponentLabel)] = component(role);
  return labels;
}

std::map<std::string, std::string> ClusterNames::labels(const MemberId& member) const {
  std::map<std::string, std::string> labels = this->labels(member.role);
  if (member.role == Role::kBroker) {
    labels[std::string(kBrokerGroupLabel)] = concat(member.index);
  }
  return labels;
}

std::map<std::string, std::string> ClusterNames::selector(Role role) const {
  return {{std::string(kClusterLabel), cluster.name},
          {std::string(kComponentLabel), component(role)}};
}

}  // namespace petrel::ops
