// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "operator/kubernetes/resource_type.h"
#include "operator/resources/resource.h"
#include "operator/runtimes/kubernetes/cluster_names.h"
#include "operator/runtimes/members/member_settings.h"

// The objects that a cluster consists of, as they are sent to the API server: exactly the fields
// that the operator owns. One source file for each kind. Pure.

namespace petrel::ops {

// What clusters that say nothing about it get.
struct KubernetesDefaults {
  std::string broker_image;
  std::string nameserver_image;
  std::string cluster_domain = "cluster.local";
  // Of member_settings(): the latest that this operator writes.
  int settings_version = kSettingsVersion;
};

// A cluster as its children need it.
struct ClusterChildren {
  ClusterNames names;
  // metadata.uid of the PetrelCluster, which owns the children.
  std::string uid;
  ClusterSpec spec;
  // With the images that the cluster was made with.
  KubernetesDefaults defaults;
  // The version of member_settings() that the cluster was made with; it may be later than this
  // operator's.
  int settings_version = kSettingsVersion;
  // What brokers must find on their volumes.
  std::map<MemberId, std::string> expected_stores;
};

// config.yaml of a member, and what of the spec's config is refused.
MemberSettings pod_settings(const ClusterChildren& cluster, const MemberId& member);

// What a member's process depends on: its Pod is replaced when this changes. Holds what the
// cluster's document and its pins say and neither how pod() puts it nor what this operator makes of
// it, so that another version of the operator restarts nothing by itself, also an older one.
std::string pod_digest(const ClusterChildren& cluster, const MemberId& member);

// Restricted as the Pod Security Standard of that name asks for, with a root file system that
// cannot be written. Members of a role are spread over zones and nodes, and those of one broker
// group are never on one node.
k8s::Json pod(const ClusterChildren& cluster, const MemberId& member);

// The member's configuration, and the Pod that was made with it: so it can be made again whatever
// the cluster's document says by then.
k8s::Json config_map(const ClusterChildren& cluster, const MemberId& member);
// That Pod, for the cluster as it is now; nothing when the object does not have it.
std::optional<k8s::Json> pod_before(const ClusterChildren& cluster, const k8s::Json& config_map);

// A volume's size does not shrink and its class does not change: what `existing` has stays. Null:
// there is none yet.
k8s::Json volume_claim(const ClusterChildren& cluster, const MemberId& broker,
                       const k8s::Json* existing);
// Whether `existing` is larger than the spec asks for.
bool is_larger(const ClusterChildren& cluster, const k8s::Json& existing_claim);

k8s::Json headless_service(const ClusterChildren& cluster, Role role);
k8s::Json client_service(const ClusterChildren& cluster);

k8s::Json disruption_budget(const ClusterChildren& cluster, Role role);

// {"apiVersion", "kind", "metadata"} with the cluster as owner.
k8s::Json child(const ClusterChildren& cluster, const k8s::ResourceType& type,
                const std::string& name, const std::map<std::string, std::string>& labels);
// {"metadata": {"ownerReferences"}} alone.
k8s::Json owned_by(const ClusterChildren& cluster);
// An intent with the digest of the whole intent as an annotation; the last step of a builder, but
// for Pods.
k8s::Json with_digest(k8s::Json intent);

}  // namespace petrel::ops
