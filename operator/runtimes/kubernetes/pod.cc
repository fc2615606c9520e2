// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "operator/runtimes/kubernetes/children.h"
#include "operator/runtimes/members/digest.h"
#include "operator/runtimes/members/stop_time.h"

namespace petrel::ops {

namespace {

using k8s::Json;

constexpr int kUser = 10001;
// Digests of Pods with this version of settings were made from the text of their configuration.
constexpr int kTextDigestVersion = 1;

const PodSettings& settings_of(const ClusterChildren& cluster, Role role) {
  return role == Role::kBroker ? cluster.spec.broker_pods : cluster.spec.nameserver_pods;
}

std::string image_of(const ClusterChildren& cluster, Role role) {
  const std::string& own = settings_of(cluster, role).image;
  if (!own.empty()) {
    return own;
  }
  return role == Role::kBroker ? cluster.defaults.broker_image : cluster.defaults.nameserver_image;
}

Json tolerations_of(const PodSettings& settings) {
  Json list = Json::array();
  for (const Toleration& toleration : settings.tolerations) {
    Json item = {{"operator", toleration.match}};
    const auto add = [&](const char* key, const std::string& value) {
      if (!value.empty()) {
        item[key] = value;
      }
    };
    add("key", toleration.key);
    add("value", toleration.value);
    add("effect", toleration.effect);
    if (toleration.toleration_seconds) {
      item["tolerationSeconds"] = *toleration.toleration_seconds;
    }
    list.push_back(std::move(item));
  }
  return list;
}

Json resources_of(const PodSettings& settings) {
  Json resources = Json::object();
  if (!settings.requests.empty()) {
    resources["requests"] = settings.requests;
  }
  if (!settings.limits.empty()) {
    resources["limits"] = settings.limits;
  }
  return resources;
}

Json pull_secrets_of(const ClusterChildren& cluster) {
  Json list = Json::array();
  for (const std::string& name : cluster.spec.image_pull_secrets) {
    list.push_back({{"name", name}});
  }
  return list;
}

Json probe(const char* path, int period_s, int timeout_s, int failures_max) {
  return {{"httpGet", {{"path", path}, {"port", "http"}}},
          {"periodSeconds", period_s},
          {"timeoutSeconds", timeout_s},
          {"failureThreshold", failures_max}};
}

Json container(const ClusterChildren& cluster, Role role) {
  Json mounts =
      Json::array({{{"name", "config"}, {"mountPath", "/etc/petrel"}, {"readOnly", true}}});
  if (role == Role::kBroker) {
    mounts.push_back({{"name", "data"}, {"mountPath", "/var/lib/petrel"}});
  }
  return {{"name", component(role)},
          {"image", image_of(cluster, role)},
          {"imagePullPolicy", cluster.spec.image_pull_policy},
          {"args", {"--config=/etc/petrel/config.yaml"}},
          {"ports",
           {{{"name", "grpc"}, {"containerPort", grpc_port(role)}, {"protocol", "TCP"}},
            {{"name", "http"}, {"containerPort", http_port(role)}, {"protocol", "TCP"}}}},
          {"resources", resources_of(settings_of(cluster, role))},
          // A broker answers while it reads its store, and says it is ready when that is done.
          {"startupProbe", probe("/healthz", 1, 2, 300)},
          {"livenessProbe", probe("/healthz", 10, 5, 6)},
          {"readinessProbe", probe("/readyz", 2, 2, 2)},
          {"volumeMounts", std::move(mounts)},
          // The last lines of its log are what a member that ends says about it.
          {"terminationMessagePolicy", "FallbackToLogsOnError"},
          {"securityContext",
           {{"allowPrivilegeEscalation", false},
            {"readOnlyRootFilesystem", true},
            {"capabilities", {{"drop", {"ALL"}}}}}}};
}

Json volumes(const ClusterChildren& cluster, const MemberId& member) {
  Json list = Json::array(
      {{{"name", "config"}, {"configMap", {{"name", cluster.names.config_map(member)}}}}});
  if (member.role == Role::kBroker) {
    list.push_back({{"name", "data"},
                    {"persistentVolumeClaim", {{"claimName", cluster.names.claim(member)}}}});
  }
  return list;
}

Json affinity(const ClusterChildren& cluster, const MemberId& member) {
  const auto on_other_nodes = [](const std::map<std::string, std::string>& labels) -> Json {
    return {{"labelSelector", {{"matchLabels", labels}}},
            {"topologyKey", "kubernetes.io/hostname"}};
  };
  const auto role = cluster.names.selector(member.role);
  Json rules = {{"preferredDuringSchedulingIgnoredDuringExecution",
                 Json::array({{{"weight", 100}, {"podAffinityTerm", on_other_nodes(role)}}})}};
  if (member.role == Role::kBroker) {
    auto group = role;
    group[std::string(kBrokerGroupLabel)] = std::to_string(member.index);
    rules["requiredDuringSchedulingIgnoredDuringExecution"] = Json::array({on_other_nodes(group)});
  }
  return {{"podAntiAffinity", std::move(rules)}};
}

Json zone_spread(const ClusterChildren& cluster, Role role) {
  return Json::array({{{"maxSkew", 1},
                       {"topologyKey", "topology.kubernetes.io/zone"},
                       {"whenUnsatisfiable", "ScheduleAnyway"},
                       {"labelSelector", {{"matchLabels", cluster.names.selector(role)}}}}});
}

// A nameserver has nothing that another one has not: one on a node that is away is replaced soon,
// and not after the five minutes that Kubernetes gives.
void add_short_patience(Json& tolerations) {
  constexpr int kPatienceS = 10;
  for (const char* taint : {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}) {
    const bool is_set = std::any_of(tolerations.begin(), tolerations.end(), [&](const Json& item) {
      return item.value("key", "") == taint || !item.contains("key");
    });
    if (!is_set) {
      tolerations.push_back({{"key", taint},
                             {"operator", "Exists"},
                             {"effect", "NoExecute"},
                             {"tolerationSeconds", kPatienceS}});
    }
  }
}

Json pod_spec(const ClusterChildren& cluster, const MemberId& member) {
  const PodSettings& settings = settings_of(cluster, member.role);
  Json spec = {{"hostname", cluster.names.pod(member)},
               {"subdomain", cluster.names.members(member.role)},
               {"automountServiceAccountToken", false},
               {"enableServiceLinks", false},
               {"restartPolicy", "Always"},
               {"terminationGracePeriodSeconds", stop_time_ms(cluster.spec, member.role) / 1000},
               {"securityContext",
                {{"runAsNonRoot", true},
                 {"runAsUser", kUser},
                 {"runAsGroup", kUser},
                 {"fsGroup", kUser},
                 {"fsGroupChangePolicy", "OnRootMismatch"},
                 {"seccompProfile", {{"type", "RuntimeDefault"}}}}},
               {"affinity", affinity(cluster, member)},
               {"topologySpreadConstraints", zone_spread(cluster, member.role)},
               {"containers", Json::array({container(cluster, member.role)})},
               {"volumes", volumes(cluster, member)}};
  if (!settings.node_selector.empty()) {
    spec["nodeSelector"] = settings.node_selector;
  }
  Json tolerations = tolerations_of(settings);
  if (member.role == Role::kNameserver) {
    add_short_patience(tolerations);
  }
  if (!tolerations.empty()) {
    spec["tolerations"] = std::move(tolerations);
  }
  if (!cluster.spec.image_pull_secrets.empty()) {
    spec["imagePullSecrets"] = pull_secrets_of(cluster);
  }
  return spec;
}

// What configurations are made from. A field that a later version adds goes in only where it is not
// as by default: Pods of before have the same digest then.
Json inputs_of(const ClusterChildren& cluster, Role role) {
  const ClusterSpec& spec = cluster.spec;
  Json inputs = {
      {"config", role == Role::kNameserver ? spec.nameserver_config : spec.broker_config}};
  if (spec.tls_mode == TlsMode::kEnforcing) {
    inputs["tlsMode"] = "enforcing";
  }
  if (role == Role::kBroker) {
    inputs.update({{"clusterDomain", cluster.names.cluster_domain},
                   {"nameservers", spec.nameservers},
                   {"flushMode", spec.flush_mode == FlushMode::kSync ? "sync" : "async"},
                   {"autoCreateTopics", spec.auto_create_topics},
                   {"autoCreateGroups", spec.auto_create_groups}});
  }
  return inputs;
}

}  // namespace

std::string pod_digest(const ClusterChildren& cluster, const MemberId& member) {
  const PodSettings& settings = settings_of(cluster, member.role);
  Json shape = {{"image", image_of(cluster, member.role)},
                {"imagePullPolicy", cluster.spec.image_pull_policy},
                {"imagePullSecrets", pull_secrets_of(cluster)},
                {"resources", resources_of(settings)},
                {"nodeSelector", settings.node_selector},
                {"tolerations", tolerations_of(settings)}};
  if (cluster.settings_version == kTextDigestVersion) {
    shape["shape"] = 1;
    shape["config"] = pod_settings(cluster, member).text;
  } else {
    shape["settings"] = cluster.settings_version;
    shape["inputs"] = inputs_of(cluster, member.role);
  }
  return digest_of(shape.dump());
}

k8s::Json pod(const ClusterChildren& cluster, const MemberId& member) {
  Json object = child(cluster, k8s::kPods, cluster.names.pod(member), cluster.names.labels(member));
  object["metadata"]["annotations"] = {
      {kDigestAnnotation, pod_digest(cluster, member)},
      {kSettingsVersionAnnotation, std::to_string(cluster.settings_version)}};
  object["spec"] = pod_spec(cluster, member);
  return object;
}

}  // namespace petrel::ops
