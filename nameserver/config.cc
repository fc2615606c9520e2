// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "nameserver/config.h"

#include "common/log_config.h"

namespace petrel::nameserver {
namespace {

constexpr int kDefaultGrpcPort = 8080;
constexpr int kDefaultHttpPort = 5558;

}  // namespace

NameserverConfig::NameserverConfig() {
  rpc.listener.port = kDefaultGrpcPort;
  http.port = kDefaultHttpPort;
}

void NameserverConfig::declare(ConfigSchema& schema) {
  schema.section("brokers", "The brokers that register here");
  schema.add_duration_ms("brokers.expiry", &broker_expiry_ms,
                         {.help = "Silence after which a broker is evicted; they say something "
                                  "every 30s",
                          .min = 1'000,
                          .max = 86'400'000});
  schema.section("grpc", "The port for brokers, RocketMQ 5 clients and administration");
  rpc.declare(schema, "grpc");
  schema.section("http", "The port for metrics and health checks");
  http.declare(schema, "http");
  tls.declare(schema);
  schema.section("process", "The end of the process");
  schema.add_duration_ms("process.shutdown-grace", &shutdown_grace_ms,
                         {.help = "Time that calls get to end at shutdown", .max = 600'000});
  declare_log(schema, &log);
}

}  // namespace petrel::nameserver
