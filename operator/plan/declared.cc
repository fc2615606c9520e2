// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "operator/plan/plan.h"

namespace petrel::ops {

namespace {

template <typename Spec>
std::shared_ptr<const Declared<Spec>> declared(const Resource& resource, Spec spec) {
  auto result = std::make_shared<Declared<Spec>>();
  result->generation = resource.generation;
  result->created_ms = resource.created_ms;
  result->deleting = resource.deleting;
  result->id = resource.id();
  result->spec = std::move(spec);
  return result;
}

}  // namespace

std::shared_ptr<const DeclaredCluster> declared_cluster(const Resource& resource) {
  return declared(resource, cluster_spec(resource));
}

std::shared_ptr<const DeclaredTopic> declared_topic(const Resource& resource) {
  return declared(resource, topic_spec(resource));
}

std::shared_ptr<const DeclaredGroup> declared_group(const Resource& resource) {
  return declared(resource, group_spec(resource));
}

}  // namespace petrel::ops
