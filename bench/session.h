// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "apache/rocketmq/v2/definition.pb.h"
#include "bench/telemetry_stream.h"

namespace petrel::bench {

namespace rmq = apache::rocketmq::v2;

// What a client of RocketMQ 5 keeps up beside its calls: an identity, the route of its topic,
// connections to every broker of it, a Telemetry stream with each, and heartbeats.
//
// open() does the handshake and fails when the endpoint, the topic or the group is refused. Used
// from the thread that opened it; add_metadata() and brokers() from any. Closed by its destructor.
class Session {
 public:
  struct Options {
    std::string endpoint;  // host:port
    std::string topic;
    std::string group;    // of a consumer; empty for a producer
    int connections = 1;  // to each broker
    bool tls = false;     // any certificate is accepted
  };

  // One broker of the topic, with its writable (producer) or readable (consumer) queues.
  struct Broker {
    std::string address;
    rmq::Broker broker;
    std::vector<int32_t> queue_ids;
    std::vector<std::shared_ptr<grpc::Channel>> channels;
  };

  static absl::StatusOr<std::unique_ptr<Session>> open(const Options& options);
  ~Session();

  const Options& options() const { return options_; }
  const std::vector<Broker>& brokers() const { return brokers_; }
  void add_metadata(grpc::ClientContext& context) const;

 private:
  explicit Session(const Options& options);
  absl::Status query_route();
  absl::Status add_queue(const rmq::MessageQueue& queue);
  absl::Status start_telemetry();
  absl::Status send_heartbeats();
  void notify_termination();
  void heartbeat_loop();
  rmq::Settings settings() const;
  rmq::ClientType client_type() const;

  const Options options_;
  const std::string client_id_;
  std::vector<Broker> brokers_;
  std::vector<std::unique_ptr<TelemetryStream>> telemetry_;

  std::mutex mutex_;
  std::condition_variable closing_changed_;
  bool closing_ = false;
  std::thread heartbeat_thread_;
};

}  // namespace petrel::bench
