// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "operator/kubernetes/resource_type.h"
#include "operator/plan/member.h"

// How the objects of a cluster are named, labelled and reached. Others rely on all of it. Of a
// cluster "demo" in the namespace "ns":
//
//   Pod demo-broker-1-0                         broker group 1, its member 0
//   PersistentVolumeClaim demo-broker-1-0-data  its messages
//   ConfigMap demo-broker-1-0-config            its configuration
//   Pod demo-nameserver-0, ConfigMap demo-nameserver-0-config
//   Pod demo-broker-check, demo-nameserver-check, and a ConfigMap with -config each: for a moment
//                               before members go for another configuration
//   Service demo-brokers, demo-nameservers      names in DNS for each Pod, ready or not
//   Service demo                                all ready brokers: the access point of clients
//   PodDisruptionBudget demo-brokers, demo-nameservers
//
// A value; pure.

namespace petrel::ops {

inline constexpr std::string_view kManagedBy = "petrel-operator";
inline constexpr std::string_view kClusterLabel = "petrel.io/cluster";
inline constexpr std::string_view kBrokerGroupLabel = "petrel.io/broker-group";
inline constexpr std::string_view kComponentLabel = "app.kubernetes.io/component";
// What an object was made from; of a Pod, what its process was started with.
inline constexpr std::string_view kDigestAnnotation = "petrel.io/digest";

// Of a Pod: the version of member_settings() that its configuration was made with. Absent: 1.
inline constexpr std::string_view kSettingsVersionAnnotation = "petrel.io/settings-version";

inline const k8s::ResourceType kPetrelClusters{"petrel.io", "v1alpha1", "petrelclusters",
                                               "PetrelCluster"};

inline constexpr uint16_t kBrokerGrpcPort = 8081;
inline constexpr uint16_t kBrokerHttpPort = 5557;
inline constexpr uint16_t kNameserverGrpcPort = 8080;
inline constexpr uint16_t kNameserverHttpPort = 5558;

uint16_t grpc_port(Role role);
uint16_t http_port(Role role);
// "nameserver", "broker".
std::string component(Role role);

struct ClusterNames {
  k8s::ObjectKey cluster;
  // "cluster.local"
  std::string cluster_domain;

  std::string pod(const MemberId& member) const;
  std::string config_map(const MemberId& member) const { return pod(member) + "-config"; }
  std::string check_pod(Role role) const;
  std::string check_config_map(Role role) const { return check_pod(role) + "-config"; }
  std::string claim(const MemberId& broker) const { return pod(broker) + "-data"; }
  // "demo-brokers": of the headless Service and the PodDisruptionBudget.
  std::string members(Role role) const;
  const std::string& client_service() const { return cluster.name; }

  // host:port, as the members of a cluster know each other and as clients are told.
  std::string address(const MemberId& member) const;
  // host:port of the client Service.
  std::string access_point() const;

  // Which member a Pod or claim of this name belongs to.
  std::optional<MemberId> member_of_pod(std::string_view name) const;
  std::optional<MemberId> member_of_claim(std::string_view name) const;

  std::map<std::string, std::string> labels() const;
  std::map<std::string, std::string> labels(Role role) const;
  std::map<std::string, std::string> labels(const MemberId& member) const;
  // Selects all Pods of a role.
  std::map<std::string, std::string> selector(Role role) const;
};

}  // namespace petrel::ops
