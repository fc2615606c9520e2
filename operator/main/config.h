// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/config.h"
#include "common/http_server.h"
#include "common/log.h"

namespace petrel::ops {

// Everything that can be set about the operator. Filled in main() before other threads exist.
struct OperatorConfig {
  OperatorConfig();
  void declare(ConfigSchema& schema);
  // POD_NAMESPACE and POD_NAME, as the downward API sets them.
  void read_environment();

  // Empty: all.
  std::vector<std::string> watch_namespaces;
  std::string broker_image = "petrel-broker:latest";
  std::string nameserver_image = "petrel-nameserver:latest";
  std::string cluster_domain = "cluster.local";
  bool leader_elect = true;
  int workers = 4;
  // Empty: inside a Pod its service account, otherwise $KUBECONFIG or ~/.kube/config.
  std::string kubeconfig;
  std::string context;
  // A cluster that is worked on for longer makes /healthz fail.
  int64_t stuck_after_ms = 600'000;

  HttpServerConfig http;
  log::Options log;

  // Empty: unknown.
  std::string pod_namespace;
  std::string pod_name;
};

}  // namespace petrel::ops
