// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "operator/resources/field_builders.h"
#include "operator/resources/kinds.h"
#include "operator/resources/quantity.h"

namespace petrel::ops {

namespace {

using nlohmann::json;

bool is_more(const json& left, const json& right) {
  return compare_quantities(left.get_ref<const std::string&>(),
                            right.get_ref<const std::string&>()) > 0;
}

bool requests_fit(const json& resources, const char* what) {
  const json requests = resources.value("requests", json::object());
  const json limits = resources.value("limits", json::object());
  return !requests.contains(what) || !limits.contains(what) ||
         !is_more(requests.at(what), limits.at(what));
}

Field quantity(std::string_view key, std::string_view default_json, std::string_view description) {
  return {.key = key,
          .type = FieldType::kQuantity,
          .description = description,
          .default_json = default_json,
          .characters_max = 32};
}

Field resources(std::string_view default_json) {
  Field result = object(
      "resources",
      "Requests and limits of each Pod's container, on Kubernetes. What is given here replaces "
      "the default as a whole.",
      {
          object("requests", "What a Pod is given room for.",
                 {quantity("cpu", "", "CPU cores."), quantity("memory", "", "Memory.")}),
          object("limits", "What a Pod may use at most.",
                 {quantity("cpu", "", "CPU cores."), quantity("memory", "", "Memory.")}),
      });
  result.default_json = default_json;
  result.rules = {
      {.cel = "!has(self.requests) || !has(self.limits) || !has(self.requests.cpu) || "
              "!has(self.limits.cpu) || !quantity(string(self.requests.cpu))"
              ".isGreaterThan(quantity(string(self.limits.cpu)))",
       .message = "requests.cpu may not be more than limits.cpu",
       .holds = [](const json& value) { return requests_fit(value, "cpu"); }},
      {.cel = "!has(self.requests) || !has(self.limits) || !has(self.requests.memory) || "
              "!has(self.limits.memory) || !quantity(string(self.requests.memory))"
              ".isGreaterThan(quantity(string(self.limits.memory)))",
       .message = "requests.memory may not be more than limits.memory",
       .holds = [](const json& value) { return requests_fit(value, "memory"); }}};
  return result;
}

Field tolerations() {
  Field key = text("key", "The taint's key. Absent, with operator Exists: every key.");
  key.characters_max = 316;
  Field seconds =
      integer("tolerationSeconds", "", INT64_MIN, INT64_MAX,
              "How long a Pod stays once a NoExecute taint is there. Absent: for ever.");
  Field list = object_list(
      "tolerations", "", 32, "Taints of nodes that do not keep Pods away, on Kubernetes.",
      {
          key,
          choice("operator", "\"Equal\"", {"Equal", "Exists"},
                 "Equal compares the taint's value with `value`, Exists does not."),
          text("value", "The taint's value, with operator Equal."),
          choice("effect", "", {"NoSchedule", "PreferNoSchedule", "NoExecute"},
                 "The taint's effect. Absent: every effect."),
          seconds,
      });
  list.default_json = "[]";
  list.rules = {
      {.cel = "has(self.key) || self.operator == 'Exists'",
       .message = "without a key, operator must be Exists",
       .holds =
           [](const json& value) {
             return value.contains("key") || value.at("operator") == "Exists";
           }},
      {.cel = "!has(self.value) || self.operator == 'Equal'",
       .message = "with operator Exists there is no value",
       .holds =
           [](const json& value) {
             return !value.contains("value") || value.at("operator") == "Equal";
           }},
      {.cel = "!has(self.tolerationSeconds) || has(self.effect) && self.effect == 'NoExecute'",
       .message = "tolerationSeconds goes with effect NoExecute",
       .holds = [](const json& value) {
         return !value.contains("tolerationSeconds") || value.value("effect", "") == "NoExecute";
       }}};
  return list;
}

Field image(std::string_view description) {
  return {.key = "image",
          .description = description,
          .characters_max = 512,
          .pattern = "[A-Za-z0-9][A-Za-z0-9._:/@-]*",
          .pattern_words = "letters, digits and . _ : / @ -"};
}

Field storage() {
  Field size =
      quantity("size", "\"10Gi\"",
               "Size of the volume. It may grow, if the storage class lets volumes do so.");
  size.rules = {{.cel = "quantity(string(self)).isGreaterThan(quantity('0'))",
                 .message = "must be more than 0",
                 .holds = [](const json& value) { return is_more(value, "0"); }},
                {.cel = "!quantity(string(self)).isLessThan(quantity(string(oldSelf)))",
                 .message = "may only grow",
                 .may_change = [](const json& before, const json& after) {
                   return !is_more(before, after);
                 }}};
  Field storage_class{.key = "storageClass",
                      .description = "The StorageClass of the volume. Absent: Kubernetes' default.",
                      .immutable = true,
                      .characters_max = 253,
                      .pattern = kSubdomainPattern,
                      .pattern_words = kSubdomainWords};
  return object("storage", "Where a broker keeps its messages, on Kubernetes: one volume each.",
                {
                    std::move(size),
                    std::move(storage_class),
                    choice("deletionPolicy", "\"Retain\"", {"Retain", "Delete"},
                           "What happens to the volumes once the cluster's document is gone: "
                           "Retain leaves them, and a cluster of the same name finds its messages "
                           "again; Delete deletes them."),
                });
}

bool ends_with(const json& name, std::string_view suffix) {
  return name.get_ref<const std::string&>().ends_with(suffix);
}

// The Services and PodDisruptionBudgets of a cluster `a` are a, a-brokers and a-nameservers.
Field own_name() {
  Field name =
      cluster_name("The cluster's name. The names of its Pods and Services begin with it.");
  name.rules = {
      {.cel = "!self.metadata.name.endsWith('-brokers') && "
              "!self.metadata.name.endsWith('-nameservers')",
       .message = "may not end with -brokers or -nameservers, as Services of other clusters do",
       .holds = [](const json& value) {
         return !ends_with(value, "-brokers") && !ends_with(value, "-nameservers");
       }}};
  return name;
}

Field node_selector() {
  return string_map("nodeSelector", 64,
                    "Labels that a node must have to be given a Pod, on Kubernetes.");
}

Field nameservers() {
  return object("nameservers", "The nameservers. Each broker registers with all of them.",
                {
                    integer("replicas", "1", 1, 16, "How many nameservers."),
                    string_map("config", 200,
                               "Further keys of petrel-nameserver's configuration; "
                               "`petrel-nameserver --help` lists them."),
                    image("The container image, on Kubernetes. Absent: the operator's default."),
                    resources(R"({"requests":{"cpu":"50m","memory":"64Mi"},"limits":{}})"),
                    node_selector(),
                    tolerations(),
                });
}

Field broker() {
  return object(
      "broker", "What every broker is like.",
      {
          choice("flushMode", "\"Async\"", {"Async", "Sync"},
                 "When a send is answered: Async once the kernel has the message, Sync once it is "
                 "on disk."),
          boolean("autoCreateTopics", "false", "Create a topic when a client first uses its name."),
          boolean("autoCreateGroups", "true",
                  "Create a consumer group when a client first uses its name."),
          string_map("config", 200,
                     "Further keys of petrel-broker's configuration; `petrel-broker --help` lists "
                     "them."),
          image("The container image, on Kubernetes. Absent: the operator's default."),
          resources(R"({"requests":{"cpu":"250m","memory":"512Mi"},"limits":{}})"),
          storage(),
          node_selector(),
          tolerations(),
      });
}

Field spec() {
  Field secrets = object_list("imagePullSecrets", "", 16,
                              "Secrets of the cluster's namespace with which images are pulled, on "
                              "Kubernetes.",
                              {{.key = "name",
                                .description = "metadata.name of the Secret.",
                                .required = true,
                                .characters_max = 253,
                                .pattern = kSubdomainPattern,
                                .pattern_words = kSubdomainWords}});
  secrets.default_json = "[]";
  return object(
      "spec", "What the cluster should be.",
      {
          nameservers(),
          object("brokerGroups", "The broker groups. Topics have queues on every group.",
                 {integer("replicas", "1", 1, 128,
                          "How many broker groups. More may be added at any time; a group that "
                          "exists is not removed.")}),
          broker(),
          object("tls", "Encryption of connections to nameservers and brokers.",
                 {choice("mode", "\"Permissive\"", {"Permissive", "Enforcing"},
                         "Permissive: clients connect with TLS or in plaintext, as they like. "
                         "Enforcing: with TLS only, a plaintext connection is closed at once.")}),
          choice("imagePullPolicy", "\"IfNotPresent\"", {"Always", "IfNotPresent", "Never"},
                 "When images are pulled, on Kubernetes."),
          std::move(secrets),
          boolean("pause", "false",
                  "True: the operator changes nothing of the cluster, its topics and its groups, "
                  "and goes on once this is false again."),
      });
}

Field status() {
  return object(
      "status", "What the operator last saw.",
      {
          observed_generation(),
          conditions(),
          object("nameservers", "The nameservers.",
                 {count("replicas", "How many there are."), count("ready", "How many serve.")}),
          object("brokerGroups", "The broker groups.",
                 {count("replicas", "How many there are."), count("ready", "How many serve."),
                  text("summary", "Ready and declared groups, as 2/3."),
                  text("selector", "Label selector of the brokers' Pods.")}),
          count("topics", "PetrelTopics that refer to the cluster."),
          count("groups", "PetrelConsumerGroups that refer to the cluster."),
          text("accessPoint", "host:port that clients inside Kubernetes connect to."),
          object_list("members", "name", 256, "The nameservers and brokers one by one.",
                      {
                          required(text("name", "Name of the Pod.")),
                          choice("role", "", {"Nameserver", "Broker"}, "What it is."),
                          text("node", "Node that it runs on."),
                          boolean("ready", "", "Whether it serves."),
                          text("address", "host:port that it serves clients at."),
                      }),
      });
}

}  // namespace

Kind cluster_kind() {
  return {
      .name = "PetrelCluster",
      .plural = "petrelclusters",
      .short_name = "pcluster",
      .description = "Nameservers and broker groups that serve clients together.",
      .document_name = own_name(),
      .spec = spec(),
      .status = status(),
      .columns =
          {
              {"Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status",
               "Whether everything is as declared and serves."},
              {"Nameservers", "integer", ".status.nameservers.ready", "Nameservers that serve."},
              {"Brokers", "string", ".status.brokerGroups.summary",
               "Broker groups that serve, of those declared."},
              {"Topics", "integer", ".status.topics", "PetrelTopics of the cluster."},
              {"Age", "date", ".metadata.creationTimestamp", ""},
              {"Reason", "string", ".status.conditions[?(@.type==\"Ready\")].reason",
               "Why it is ready or not.", true},
              {"Access Point", "string", ".status.accessPoint",
               "What clients inside Kubernetes connect to.", true},
          },
      .scale_spec_path = ".spec.brokerGroups.replicas",
      .scale_status_path = ".status.brokerGroups.replicas",
      .scale_selector_path = ".status.brokerGroups.selector",
  };
}

}  // namespace petrel::ops
