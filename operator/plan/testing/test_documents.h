// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "common/check.h"
#include "common/concat.h"
#include "operator/plan/plan.h"
#include "operator/resources/documents.h"

// Documents for tests of the planner.

namespace petrel::ops {

inline Resource make_resource(const std::string& kind, const std::string& name,
                              const std::string& spec) {
  auto parsed = parse_documents(concat("apiVersion: petrel.io/v1alpha1\nkind: ", kind,
                                       "\nmetadata: {name: ", name, "}\nspec: {", spec, "}\n"),
                                "test.yaml");
  PETREL_CHECK_OK(parsed);
  return parsed->front();
}

inline Resource topic_resource(const std::string& name, const std::string& more = "") {
  return make_resource("PetrelTopic", name, concat("clusterRef: {name: c}", more));
}

inline Resource group_resource(const std::string& name, const std::string& more = "") {
  return make_resource("PetrelConsumerGroup", name, concat("clusterRef: {name: c}", more));
}

inline Resource with_state(Resource resource, const DocumentState& state) {
  resource.generation = state.generation;
  resource.created_ms = state.created_ms;
  resource.deleting = state.deleting;
  return resource;
}

inline std::shared_ptr<const DeclaredTopic> make_topic(const std::string& name,
                                                       const std::string& more = "",
                                                       const DocumentState& state = {}) {
  return declared_topic(with_state(topic_resource(name, more), state));
}

inline std::shared_ptr<const DeclaredGroup> make_group(const std::string& name,
                                                       const std::string& more = "",
                                                       const DocumentState& state = {}) {
  return declared_group(with_state(group_resource(name, more), state));
}

inline constexpr DocumentState kDeleting{.deleting = true};

inline std::shared_ptr<const DeclaredCluster> make_cluster(int nameservers, int broker_groups,
                                                           const std::string& more = "",
                                                           const DocumentState& state = {}) {
  return declared_cluster(
      with_state(make_resource("PetrelCluster", "c",
                               concat("nameservers: {replicas: ", nameservers,
                                      "}, brokerGroups: {replicas: ", broker_groups, "}", more)),
                 state));
}

inline Desired make_desired(int nameservers, int broker_groups,
                            const std::string& digest = "digest") {
  static const auto kCluster = make_cluster(1, 1);
  auto cluster = std::make_shared<DeclaredCluster>(*kCluster);
  cluster->spec.nameservers = nameservers;
  cluster->spec.broker_groups = broker_groups;
  Desired desired{.cluster = std::move(cluster)};
  for (int i = 0; i < nameservers; ++i) {
    desired.members[{Role::kNameserver, i}] = digest;
  }
  for (int i = 0; i < broker_groups; ++i) {
    desired.members[{Role::kBroker, i}] = digest;
  }
  return desired;
}

}  // namespace petrel::ops
