// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/resource.h"

#include <absl/strings/str_join.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/check.h"
#include "common/concat.h"
#include "common/units.h"
#include "operator/resources/schema.h"

namespace petrel::ops {

namespace {

using nlohmann::json;

using StringMap = std::map<std::string, std::string>;

// A record that an older petrelctl left lacks the fields that came later.
json complete_spec(const Resource& resource) {
  const Kind* kind = find_kind(resource.kind);
  PETREL_CHECK(kind != nullptr) << resource.kind;
  json spec = json::parse(resource.spec);
  check_and_default(kind->spec, "/spec", spec, [](const std::string&, bool, const std::string&) {});
  return spec;
}

json parse_spec(const Resource& resource, std::string_view kind) {
  PETREL_CHECK_EQ(resource.kind, kind);
  return complete_spec(resource);
}

DeletionPolicy deletion_policy(const json& object) {
  const std::string& policy = object.at("deletionPolicy").get_ref<const std::string&>();
  return policy == "Delete"          ? DeletionPolicy::kDelete
         : policy == "DeleteIfEmpty" ? DeletionPolicy::kDeleteIfEmpty
                                     : DeletionPolicy::kRetain;
}

Toleration toleration(const json& value) {
  Toleration result{.key = value.value("key", ""),
                    .match = value.at("operator").get<std::string>(),
                    .value = value.value("value", ""),
                    .effect = value.value("effect", "")};
  if (value.contains("tolerationSeconds")) {
    result.toleration_seconds = value.at("tolerationSeconds").get<int64_t>();
  }
  return result;
}

// Of spec.nameservers or spec.broker.
PodSettings pod_settings(const json& part) {
  PodSettings result{.image = part.value("image", ""),
                     .requests = part.at("resources").at("requests").get<StringMap>(),
                     .limits = part.at("resources").at("limits").get<StringMap>(),
                     .node_selector = part.at("nodeSelector").get<StringMap>()};
  for (const json& item : part.at("tolerations")) {
    result.tolerations.push_back(toleration(item));
  }
  return result;
}

StorageSettings storage_settings(const json& storage) {
  return {.size = storage.at("size").get<std::string>(),
          .storage_class = storage.value("storageClass", ""),
          .deletion_policy = deletion_policy(storage)};
}

int32_t permission_bits(const json& spec) {
  const std::string& permission = spec.at("permission").get_ref<const std::string&>();
  return permission == "ReadOnly" ? 4 : permission == "WriteOnly" ? 2 : 6;
}

std::string cluster_of(const Resource& resource) {
  return json::parse(resource.spec).at("clusterRef").at("name").get<std::string>();
}

std::string wire_name(const Resource& resource) {
  return json::parse(resource.spec).at("name").get<std::string>();
}

void check_references(const Declaration& declaration, const std::vector<Resource>& resources,
                      std::vector<std::string>& problems) {
  std::map<std::string, const Resource*> by_wire_name;
  for (const Resource& resource : resources) {
    if (const std::string cluster = cluster_of(resource); cluster != declaration.cluster.name) {
      problems.push_back(concat(resource.declared_at, ": ", resource.id(),
                                ": spec.clusterRef.name: there is no PetrelCluster ", cluster,
                                "; the one declared is ", declaration.cluster.name));
    }
    if (resource.resource_namespace != declaration.cluster.resource_namespace) {
      problems.push_back(concat(resource.declared_at, ": ", resource.id(),
                                ": metadata.namespace: must be that of the cluster, ",
                                declaration.cluster.resource_namespace));
    }
    const std::string name = wire_name(resource);
    const auto [first, is_new] = by_wire_name.emplace(name, &resource);
    if (!is_new && first->second->name != resource.name) {
      problems.push_back(concat(resource.declared_at, ": ", resource.id(), ": spec.name: ", name,
                                " is declared by ", first->second->id(), " at ",
                                first->second->declared_at, " already"));
    }
  }
}

void check_twice(const std::vector<Resource>& resources, std::vector<std::string>& problems) {
  std::map<std::string, std::string> seen;
  for (const Resource& resource : resources) {
    const auto [first, is_new] =
        seen.emplace(concat(resource.resource_namespace, "/", resource.id()), resource.declared_at);
    if (!is_new) {
      problems.push_back(concat(resource.declared_at, ": ", resource.id(), ": is declared at ",
                                first->second, " already"));
    }
  }
}

}  // namespace

ClusterSpec cluster_spec(const Resource& resource) {
  const json spec = parse_spec(resource, "PetrelCluster");
  const json& broker = spec.at("broker");
  ClusterSpec result;
  result.nameservers = spec.at("nameservers").at("replicas").get<int>();
  result.broker_groups = spec.at("brokerGroups").at("replicas").get<int>();
  result.tls_mode =
      spec.at("tls").at("mode") == "Enforcing" ? TlsMode::kEnforcing : TlsMode::kPermissive;
  result.flush_mode = broker.at("flushMode") == "Sync" ? FlushMode::kSync : FlushMode::kAsync;
  result.auto_create_topics = broker.at("autoCreateTopics").get<bool>();
  result.auto_create_groups = broker.at("autoCreateGroups").get<bool>();
  result.nameserver_config = spec.at("nameservers").at("config").get<StringMap>();
  result.broker_config = broker.at("config").get<StringMap>();
  result.pause = spec.at("pause").get<bool>();
  result.nameserver_pods = pod_settings(spec.at("nameservers"));
  result.broker_pods = pod_settings(broker);
  result.storage = storage_settings(broker.at("storage"));
  result.image_pull_policy = spec.at("imagePullPolicy").get<std::string>();
  for (const json& secret : spec.at("imagePullSecrets")) {
    result.image_pull_secrets.push_back(secret.at("name").get<std::string>());
  }
  return result;
}

TopicSpec topic_spec(const Resource& resource) {
  const json spec = parse_spec(resource, "PetrelTopic");
  TopicSpec result;
  result.cluster = spec.at("clusterRef").at("name").get<std::string>();
  result.settings.name = spec.at("name").get<std::string>();
  const auto queues = spec.at("queuesPerBroker").get<int32_t>();
  result.settings.read_queues = spec.value("readQueues", queues);
  result.settings.write_queues =
      spec.value("writeQueues", std::min(queues, result.settings.read_queues));
  result.settings.permission = permission_bits(spec);
  result.settings.message_type = 1;
  if (const auto retention = spec.find("retention"); retention != spec.end()) {
    result.settings.retention_ms = *parse_duration_ms(retention->get_ref<const std::string&>());
  }
  result.deletion_policy = deletion_policy(spec);
  return result;
}

GroupSpec group_spec(const Resource& resource) {
  const json spec = parse_spec(resource, "PetrelConsumerGroup");
  GroupSpec result;
  result.cluster = spec.at("clusterRef").at("name").get<std::string>();
  result.settings.name = spec.at("name").get<std::string>();
  result.settings.consume_enabled = spec.at("consumeEnabled").get<bool>();
  result.settings.attempts_max = spec.at("maxAttempts").get<int32_t>();
  for (const json& wait : spec.at("backoff")) {
    result.settings.backoff_ms.push_back(*parse_duration_ms(wait.get_ref<const std::string&>()));
  }
  result.settings.consume_from =
      parse_consume_from(spec.at("consumeFrom").get<std::string>()).value();
  result.deletion_policy = deletion_policy(spec);
  return result;
}

absl::StatusOr<Declaration> declare(std::vector<Resource> resources) {
  std::vector<std::string> problems;
  check_twice(resources, problems);
  Declaration declaration;
  for (Resource& resource : resources) {
    if (resource.kind == "PetrelTopic") {
      declaration.topics.push_back(std::move(resource));
    } else if (resource.kind == "PetrelConsumerGroup") {
      declaration.groups.push_back(std::move(resource));
    } else if (declaration.cluster.kind.empty()) {
      declaration.cluster = std::move(resource);
    } else if (resource.name != declaration.cluster.name) {
      problems.push_back(concat(resource.declared_at, ": ", resource.id(),
                                ": there is a PetrelCluster ", declaration.cluster.name,
                                " already; give each cluster files of its own"));
    }
  }
  if (declaration.cluster.kind.empty()) {
    return absl::InvalidArgumentError(
        "no PetrelCluster is declared; name the file that declares it with another -f");
  }
  check_references(declaration, declaration.topics, problems);
  check_references(declaration, declaration.groups, problems);
  if (!problems.empty()) {
    return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
  }
  return declaration;
}

absl::Status check_change(const Resource& before, const Resource& after) {
  PETREL_CHECK_EQ(before.id(), after.id());
  const Kind* kind = find_kind(after.kind);
  PETREL_CHECK(kind != nullptr) << after.kind;
  std::vector<std::string> problems;
  check_change(kind->spec, "/spec", complete_spec(before), complete_spec(after),
               [&](const std::string&, bool, const std::string& text) {
                 problems.push_back(concat(after.declared_at, ": ", after.id(), ": ", text));
               });
  return problems.empty() ? absl::OkStatus()
                          : absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
}

}  // namespace petrel::ops
