// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <utility>

#include "operator/runtimes/kubernetes/children.h"

namespace petrel::ops {

namespace {

k8s::Json port(const char* name, uint16_t number) {
  return {{"name", name}, {"port", number}, {"targetPort", name}, {"protocol", "TCP"}};
}

}  // namespace

k8s::Json headless_service(const ClusterChildren& cluster, Role role) {
  k8s::Json object =
      child(cluster, k8s::kServices, cluster.names.members(role), cluster.names.labels(role));
  object["spec"] = {{"type", "ClusterIP"},
                    {"clusterIP", "None"},
                    // A member that starts is looked up by others before it is ready.
                    {"publishNotReadyAddresses", true},
                    {"selector", cluster.names.selector(role)},
                    {"ports", {port("grpc", grpc_port(role)), port("http", http_port(role))}}};
  return with_digest(std::move(object));
}

k8s::Json client_service(const ClusterChildren& cluster) {
  k8s::Json object = child(cluster, k8s::kServices, cluster.names.client_service(),
                           cluster.names.labels(Role::kBroker));
  object["spec"] = {{"type", "ClusterIP"},
                    {"selector", cluster.names.selector(Role::kBroker)},
                    {"ports", k8s::Json::array({port("grpc", kBrokerGrpcPort)})}};
  return with_digest(std::move(object));
}

}  // namespace petrel::ops
