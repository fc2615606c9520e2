// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "nameserver/config.h"

#include "absl/status/status.h"

namespace petrel::nameserver {
namespace {

constexpr int kDefaultGrpcPort = 8080;
constexpr int kDefaultHttpPort = 5558;

void declare_log(ConfigSchema& schema, log::Options& log) {
  schema.section("log", "The process's own log");
  schema.add_enum("log.level", &log.level,
                  {{"debug", log::Level::kDebug},
                   {"info", log::Level::kInfo},
                   {"warn", log::Level::kWarn},
                   {"error", log::Level::kError}},
                  {.help = "Least important lines that are written"});
  schema.add_enum("log.format", &log.format,
                  {{"text", log::Format::kText}, {"json", log::Format::kJson}},
                  {.help = "Form of a line"});
  schema.add("log.file", &log.file, {.help = "File to write to; empty: standard error"});
}

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
  schema.section("tls", "The certificate of the gRPC port");
  schema.add("tls.certificate-file", &tls_certificate_file,
             {.help = "PEM file; empty: a self-signed certificate"});
  schema.add("tls.key-file", &tls_key_file, {.help = "PEM file with the certificate's key"});
  schema.add("tls.directory", &tls_directory,
             {.help = "Directory that keeps the self-signed certificate; empty: a new one at each "
                      "start"});
  schema.section("process", "The end of the process");
  schema.add_duration_ms("process.shutdown-grace", &shutdown_grace_ms,
                         {.help = "Time that calls get to end at shutdown", .max = 600'000});
  declare_log(schema, log);
  schema.add_check([this] { return check(); });
}

absl::Status NameserverConfig::check() const {
  if (tls_certificate_file.empty() != tls_key_file.empty()) {
    return absl::InvalidArgumentError(
        "tls.certificate-file and tls.key-file are given together or not at all");
  }
  return absl::OkStatus();
}

}  // namespace petrel::nameserver
