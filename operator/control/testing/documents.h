// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

// Objects of our kinds as the API server would tell them, in namespace "ns".

namespace petrel::ops::testing {

inline nlohmann::json document_object(const std::string& kind, const std::string& name,
                                      nlohmann::json spec) {
  return {{"apiVersion", "petrel.io/v1alpha1"},
          {"kind", kind},
          {"metadata",
           {{"name", name},
            {"namespace", "ns"},
            {"uid", kind + name},
            {"generation", 1},
            {"resourceVersion", "1"},
            {"creationTimestamp", "2026-11-21T15:00:00Z"}}},
          {"spec", std::move(spec)}};
}

inline nlohmann::json cluster_object(const std::string& name, int broker_groups = 1) {
  return document_object("PetrelCluster", name, {{"brokerGroups", {{"replicas", broker_groups}}}});
}

inline nlohmann::json topic_object(const std::string& name, const std::string& cluster,
                                   const std::string& deletion_policy = "Retain") {
  return document_object(
      "PetrelTopic", name,
      {{"clusterRef", {{"name", cluster}}}, {"deletionPolicy", deletion_policy}});
}

inline nlohmann::json group_object(const std::string& name, const std::string& cluster,
                                   const std::string& deletion_policy = "Retain") {
  return document_object(
      "PetrelConsumerGroup", name,
      {{"clusterRef", {{"name", cluster}}}, {"deletionPolicy", deletion_policy}});
}

}  // namespace petrel::ops::testing
