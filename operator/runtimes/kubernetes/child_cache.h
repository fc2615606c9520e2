// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "operator/kubernetes/informer.h"
#include "operator/kubernetes/resource_type.h"

namespace petrel::ops {

// What is known of the objects that the operator manages, in one namespace: Pods,
// PersistentVolumeClaims, Services, ConfigMaps and PodDisruptionBudgets with the label
// app.kubernetes.io/managed-by=petrel-operator. It may be behind the API server, but not behind
// what was told to it.
class ChildCache {
 public:
  virtual ~ChildCache() = default;

  // Null when there is none.
  virtual std::shared_ptr<const k8s::Json> get(const k8s::ResourceType& type,
                                               const k8s::ObjectKey& key) const = 0;
  virtual std::vector<std::shared_ptr<const k8s::Json>> list(
      const k8s::ResourceType& type, std::string_view resource_namespace) const = 0;

  // What the server answered to a write, and that an object was removed at once.
  virtual void observe_write(const k8s::ResourceType& type, const k8s::Json& object) = 0;
  virtual void observe_removal(const k8s::ResourceType& type, const k8s::ObjectKey& key,
                               std::string_view uid) = 0;
};

// The one of an operator: an informer for each of these types.
class InformerCache final : public ChildCache {
 public:
  using Find = std::function<k8s::Informer&(const k8s::ResourceType& type)>;
  explicit InformerCache(Find find) : find_(std::move(find)) {}

  std::shared_ptr<const k8s::Json> get(const k8s::ResourceType& type,
                                       const k8s::ObjectKey& key) const override {
    return find_(type).get(key);
  }
  std::vector<std::shared_ptr<const k8s::Json>> list(
      const k8s::ResourceType& type, std::string_view resource_namespace) const override {
    return find_(type).list(resource_namespace);
  }
  void observe_write(const k8s::ResourceType& type, const k8s::Json& object) override {
    find_(type).observe_write(object);
  }
  void observe_removal(const k8s::ResourceType& type, const k8s::ObjectKey& key,
                       std::string_view uid) override {
    find_(type).observe_removal(key, uid);
  }

 private:
  const Find find_;
};

}  // namespace petrel::ops
