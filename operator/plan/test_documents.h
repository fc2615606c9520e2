// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "common/check.h"
#include "common/concat.h"
#include "operator/plan/plan.h"
#include "operator/resources/documents.h"

// Documents for tests of the planner.

namespace petrel::ops {

inline Document make_document(const std::string& kind, const std::string& name,
                              const std::string& spec, bool deleting = false) {
  auto parsed = parse_documents(concat("apiVersion: petrel.io/v1alpha1\nkind: ", kind,
                                       "\nmetadata: {name: ", name, "}\nspec: {", spec, "}\n"),
                                "test.yaml");
  PETREL_CHECK_OK(parsed);
  return {.resource = parsed->front(), .generation = 1, .deleting = deleting};
}

inline Document make_topic(const std::string& name, const std::string& more = "",
                           bool deleting = false) {
  return make_document("PetrelTopic", name, concat("clusterRef: {name: c}", more), deleting);
}

inline Document make_group(const std::string& name, const std::string& more = "",
                           bool deleting = false) {
  return make_document("PetrelConsumerGroup", name, concat("clusterRef: {name: c}", more),
                       deleting);
}

inline Desired make_desired(int nameservers, int broker_groups,
                            const std::string& digest = "digest") {
  Desired desired;
  desired.cluster = make_document("PetrelCluster", "c",
                                  concat("nameservers: {replicas: ", nameservers,
                                         "}, brokerGroups: {replicas: ", broker_groups, "}"));
  for (int i = 0; i < nameservers; ++i) {
    desired.members[{Role::kNameserver, i}] = digest;
  }
  for (int i = 0; i < broker_groups; ++i) {
    desired.members[{Role::kBroker, i}] = digest;
  }
  return desired;
}

}  // namespace petrel::ops
