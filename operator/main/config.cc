// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/main/config.h"

#include <cstdlib>

namespace petrel::ops {
namespace {

constexpr int kDefaultHttpPort = 8082;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

OperatorConfig::OperatorConfig() { http.port = kDefaultHttpPort; }

void OperatorConfig::declare(ConfigSchema& schema) {
  schema.add("watch-namespaces", &watch_namespaces,
             {.help = "Namespaces whose clusters are run; empty: all"});
  schema.add("broker-image", &broker_image,
             {.help = "Image of brokers whose cluster names none in spec.broker.image"});
  schema.add("nameserver-image", &nameserver_image,
             {.help = "Image of nameservers whose cluster names none in spec.nameservers.image"});
  schema.add("cluster-domain", &cluster_domain,
             {.help = "Domain of the DNS names of Services and Pods"});
  schema.add("leader-elect", &leader_elect,
             {.help = "Work only while holding the Lease petrel-operator of the own namespace; "
                      "needed with more than one replica"});
  schema.add("workers", &workers,
             {.help = "Clusters that are worked on at the same time",
              .unit = "clusters",
              .min = 1,
              .max = 64});
  schema.add("kubeconfig", &kubeconfig,
             {.help = "File that says how to reach the Kubernetes API; empty: the Pod's service "
                      "account, or else $KUBECONFIG or ~/.kube/config"});
  schema.add("context", &context, {.help = "Context of that file; empty: the current one"});
  schema.add_duration_ms(
      "stuck-after", &stuck_after_ms,
      {.help = "Time on one cluster after which /healthz fails", .min = 10'000, .max = 86'400'000});
  schema.add("http-host", &http.host, {.help = "Address for metrics and health checks"});
  schema.add("http-port", &http.port,
             {.help = "Port for metrics and health checks; 0: any free one", .max = 65'535});
  schema.add_enum("log-level", &log.level,
                  {{"debug", log::Level::kDebug},
                   {"info", log::Level::kInfo},
                   {"warn", log::Level::kWarn},
                   {"error", log::Level::kError}},
                  {.help = "Least important lines that are written"});
  schema.add_enum("log-format", &log.format,
                  {{"text", log::Format::kText}, {"json", log::Format::kJson}},
                  {.help = "Form of a line"});
}

void OperatorConfig::read_environment() {
  pod_namespace = environment("POD_NAMESPACE");
  pod_name = environment("POD_NAME");
}

}  // namespace petrel::ops
