// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/kubernetes/config_check.h"

#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/concat.h"
#include "operator/runtimes/kubernetes/pod_state.h"

namespace petrel::ops {

namespace {

using k8s::Json;

// No Service, budget or rule of placement selects by this.
std::map<std::string, std::string> labels_of(const ClusterChildren& cluster, Role role) {
  std::map<std::string, std::string> labels = cluster.names.labels();
  labels[std::string(kComponentLabel)] = component(role) + "-check";
  return labels;
}

}  // namespace

Json check_config_map(const ClusterChildren& cluster, Role role) {
  Json object = child(cluster, k8s::kConfigMaps, cluster.names.check_config_map(role),
                      labels_of(cluster, role));
  object["data"] = {{"config.yaml", pod_settings(cluster, {role, 0}).text}};
  return with_digest(std::move(object));
}

Json check_pod(const ClusterChildren& cluster, Role role) {
  // It goes where a member could go, with the member's image and without the rest of it.
  const Json member = pod(cluster, {role, 0})["spec"];
  const Json& server = member["containers"][0];
  Json object = child(cluster, k8s::kPods, cluster.names.check_pod(role), labels_of(cluster, role));
  object["metadata"]["annotations"][kDigestAnnotation] = pod_digest(cluster, {role, 0});
  Json resources = server["resources"];
  resources["requests"] = {{"cpu", "10m"}, {"memory", "32Mi"}};
  Json spec = {
      {"automountServiceAccountToken", false},
      {"enableServiceLinks", false},
      {"restartPolicy", "Never"},
      {"terminationGracePeriodSeconds", 1},
      {"securityContext", member["securityContext"]},
      {"containers", Json::array({{{"name", "check"},
                                   {"image", server["image"]},
                                   {"imagePullPolicy", server["imagePullPolicy"]},
                                   {"args", {"--config=/etc/petrel/config.yaml", "--check-config"}},
                                   {"resources", std::move(resources)},
                                   {"volumeMounts", Json::array({server["volumeMounts"][0]})},
                                   {"terminationMessagePolicy", server["terminationMessagePolicy"]},
                                   {"securityContext", server["securityContext"]}}})},
      {"volumes",
       Json::array({{{"name", "config"},
                     {"configMap", {{"name", cluster.names.check_config_map(role)}}}}})}};
  for (const char* field : {"nodeSelector", "tolerations", "imagePullSecrets"}) {
    if (member.contains(field)) {
      spec[field] = member[field];
    }
  }
  object["spec"] = std::move(spec);
  return object;
}

ConfigurationCheck observe_check(const ClusterChildren& cluster, Role role, const Json* pod) {
  using State = ConfigurationCheck::State;
  if (pod == nullptr) {
    return {};
  }
  if (k8s::is_deleting(*pod)) {
    return {State::kUnderWay, "an older check ends"};
  }
  if (k8s::annotation_of(*pod, kDigestAnnotation) != pod_digest(cluster, {role, 0})) {
    return {};
  }
  const ProgramEnd end = how_it_ended(*pod);
  if (!end.ended) {
    return {State::kUnderWay, why_it_waits(*pod)};
  }
  if (end.exit_code == 0) {
    return {State::kPassed, ""};
  }
  // More is a signal: nobody has looked at the configuration.
  constexpr int kExitCodeMax = 127;
  return end.exit_code > 0 && end.exit_code <= kExitCodeMax
             ? ConfigurationCheck{State::kRefused, end.last_words}
             : ConfigurationCheck{};
}

}  // namespace petrel::ops
