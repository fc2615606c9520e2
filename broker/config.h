// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/core/options.h"
#include "broker/engine/log_thread.h"
#include "broker/frontend/answer_memory.h"
#include "common/config.h"
#include "common/http_server.h"
#include "common/log.h"
#include "common/rpc/rpc_server.h"
#include "common/tls_config.h"
#include "store/message_store.h"

namespace petrel::broker {

// Everything that can be set about a broker. Filled in main() before other threads exist.
struct BrokerConfig {
  BrokerConfig();
  void declare(ConfigSchema& schema);

  std::string cluster = "petrel";
  std::string broker_name = "broker-a";
  int32_t broker_id = 0;
  std::vector<std::string> nameservers;
  std::string nameserver_ca_file;  // empty: they may show any certificate
  std::string advertised_address;  // empty: see advertised()

  RpcServerConfig rpc;
  HttpServerConfig http;

  core::CoreOptions core;
  engine::LogThread::Options log_thread;
  store::MessageStore::Options store;
  std::string expected_store_id;  // empty: any, and a new one where there is none

  int32_t body_bytes_max = 4 << 20;
  int64_t mailbox_max = 65'536;
  int64_t mailbox_bytes_max = 64 << 20;
  frontend::AnswerMemory::Limits answers;
  int64_t settings_ms = 10'000;
  int64_t undescribed_streams_max = 4'096;
  int reply_threads = 1;
  int reader_threads = 2;
  int64_t leave_time_ms = 35'000;
  int64_t shutdown_grace_ms = 5'000;

  TlsConfig tls;  // without files and directory, the certificate is kept in store.directory

  log::Options log;

  // What clients are told to connect to: the configured address, or else the listening host, or, if
  // that is all addresses, this machine's first address that is not loopback.
  std::string advertised() const;
  // Files of the log must hold two records.
  int64_t segment_bytes_min() const;

 private:
  void declare_identity(ConfigSchema& schema);
  void declare_servers(ConfigSchema& schema);
  void declare_store(ConfigSchema& schema);
  void declare_retention(ConfigSchema& schema);
  void declare_messaging(ConfigSchema& schema);
  void declare_limits(ConfigSchema& schema);
  void declare_process(ConfigSchema& schema);
  absl::Status check() const;
};

}  // namespace petrel::broker
