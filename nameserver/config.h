// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "common/config.h"
#include "common/http_server.h"
#include "common/log.h"
#include "common/rpc/rpc_server.h"
#include "common/tls_config.h"

namespace petrel::nameserver {

// Everything that can be set about a nameserver. Filled in main() before other threads exist.
struct NameserverConfig {
  NameserverConfig();
  void declare(ConfigSchema& schema);

  RpcServerConfig rpc;
  HttpServerConfig http;
  int64_t broker_expiry_ms = 120'000;
  int64_t shutdown_grace_ms = 1'000;

  TlsConfig tls;
  log::Options log;
};

}  // namespace petrel::nameserver
