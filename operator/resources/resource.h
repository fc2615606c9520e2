// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "operator/resources/consume_from.h"

// Documents of the kinds of petrel.io/v1alpha1 after all checks, and their contents as C++ types.
// Values; no threads.

namespace petrel::ops {

// One document.
struct Resource {
  std::string kind;
  std::string name;
  std::string resource_namespace;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  // JSON text, defaults filled in, keys sorted: equal texts mean equal specs.
  std::string spec;
  // file:line:column of the document, for messages. Empty when it came from Kubernetes.
  std::string declared_at;

  // As Kubernetes gives them; of a document in a file they are as here.
  std::string uid;
  int64_t generation = 0;
  // Wall clock, milliseconds since 1970.
  int64_t created_ms = 0;
  // metadata.deletionTimestamp is set.
  bool deleting = false;

  // "PetrelTopic/orders".
  std::string id() const { return kind + "/" + name; }
};

enum class FlushMode { kAsync, kSync };
// Whether clients may connect in plaintext, or with TLS only.
enum class TlsMode { kPermissive, kEnforcing };
enum class DeletionPolicy { kRetain, kDeleteIfEmpty, kDelete };

// As in a Pod; texts are empty where the field is absent.
struct Toleration {
  std::string key;
  std::string match = "Equal";  // `operator`
  std::string value;
  std::string effect;
  std::optional<int64_t> toleration_seconds;
  friend bool operator==(const Toleration&, const Toleration&) = default;
};

// How the Pods of nameservers or brokers are to be, on Kubernetes.
struct PodSettings {
  // Empty: the operator's default.
  std::string image;
  // "cpu" and "memory" to quantities, as far as they are given.
  std::map<std::string, std::string> requests;
  std::map<std::string, std::string> limits;
  std::map<std::string, std::string> node_selector;
  std::vector<Toleration> tolerations;
};

struct StorageSettings {
  std::string size = "10Gi";
  // Empty: Kubernetes' default.
  std::string storage_class;
  DeletionPolicy deletion_policy = DeletionPolicy::kRetain;
};

struct ClusterSpec {
  TlsMode tls_mode = TlsMode::kPermissive;
  int nameservers = 1;
  int broker_groups = 1;
  FlushMode flush_mode = FlushMode::kAsync;
  bool auto_create_topics = false;
  bool auto_create_groups = true;
  std::map<std::string, std::string> nameserver_config;
  std::map<std::string, std::string> broker_config;
  // Nothing of the cluster, its topics and groups may be changed.
  bool pause = false;

  // For Kubernetes alone.
  PodSettings nameserver_pods;
  PodSettings broker_pods;
  StorageSettings storage;
  std::string image_pull_policy = "IfNotPresent";
  std::vector<std::string> image_pull_secrets;
};

// What a broker is to know of a topic, in RocketMQ's terms.
struct TopicSettings {
  std::string name;
  int32_t read_queues = 8;
  int32_t write_queues = 8;
  int32_t permission = 6;    // 4 read, 2 write
  int32_t message_type = 1;  // number of apache.rocketmq.v2.MessageType
  int64_t retention_ms = 0;  // 0: that of the brokers' logs
  friend bool operator==(const TopicSettings&, const TopicSettings&) = default;
};

struct TopicSpec {
  std::string cluster;
  TopicSettings settings;
  DeletionPolicy deletion_policy = DeletionPolicy::kRetain;
};

struct GroupSettings {
  std::string name;
  bool consume_enabled = true;
  int32_t attempts_max = 17;  // deliveries of a message before it is given up
  // Before redelivery n; the last repeats. Empty: RocketMQ's ladder.
  std::vector<int64_t> backoff_ms;
  ConsumeFrom consume_from;
  friend bool operator==(const GroupSettings&, const GroupSettings&) = default;
};

struct GroupSpec {
  std::string cluster;
  GroupSettings settings;
  DeletionPolicy deletion_policy = DeletionPolicy::kRetain;
};

// The resource is of the kind asked for; its spec passed the checks.
ClusterSpec cluster_spec(const Resource& resource);
TopicSpec topic_spec(const Resource& resource);
GroupSpec group_spec(const Resource& resource);

// A cluster with all that belongs to it.
struct Declaration {
  Resource cluster;
  std::vector<Resource> topics;
  std::vector<Resource> groups;
};

// Puts documents together. InvalidArgument, with one line for each thing that is wrong, unless
// there is exactly one PetrelCluster, all others refer to it, no document is there twice, and no
// topic or group is declared by two documents.
absl::StatusOr<Declaration> declare(std::vector<Resource> resources);

// OK unless `after` changes what may not change; both are the same document.
absl::Status check_change(const Resource& before, const Resource& after);

}  // namespace petrel::ops
