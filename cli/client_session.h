// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/client_context.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "apache/rocketmq/v2/service.grpc.pb.h"
#include "cli/client.h"
#include "cli/client_wire.h"
#include "common/clock.h"
#include "operator/brokers/channel.h"

namespace petrel::cli {

inline constexpr int64_t kClientCallTimeoutMs = 10'000;

google::protobuf::Duration to_duration(int64_t duration_ms);

// One broker of a topic.
struct RouteBroker {
  rmq::Broker broker;
  std::string address;
  std::vector<int32_t> writable_queues;
  bool readable = false;
};

// What calls to the servers of a cluster share: connections, who the client is, where a topic is.
// One thread, but for stubs, which any thread may use.
class ClientSession {
 public:
  explicit ClientSession(const ops::Connection& access_point);
  ~ClientSession();

  // NotFound when there is no such topic.
  absl::StatusOr<std::vector<RouteBroker>> route(const std::string& topic);
  // Opens a Telemetry stream, which a server wants to see before it serves a client.
  absl::Status greet(const std::string& address, const rmq::Settings& settings);
  rmq::MessagingService::Stub& stub(const std::string& address);
  void prepare(grpc::ClientContext& context, int64_t timeout_ms) const;
  std::string next_message_id() { return make_message_id(machine_, clock_.wall_ms(), ++number_); }
  const Clock& clock() const { return clock_; }
  size_t next_turn() { return turn_++; }
  rmq::Settings producer_settings(const std::string& topic) const;
  rmq::Settings consumer_settings(const ReceiveOptions& options) const;

  // One round trip of a unary call to a server.
  template <typename Request, typename Response>
  absl::Status call(const std::string& address,
                    grpc::Status (rmq::MessagingService::Stub::*method)(grpc::ClientContext*,
                                                                        const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    prepare(context, kClientCallTimeoutMs);
    return ops::from_grpc((stub(address).*method)(&context, request, response), address);
  }

 private:
  struct Telemetry;
  ops::Connection connection(const std::string& address) const;

  const ops::Connection access_point_;
  const SystemClock clock_;
  const uint64_t machine_;
  const std::string client_id_;
  uint32_t number_ = 0;
  size_t turn_ = 0;
  std::map<std::string, std::unique_ptr<rmq::MessagingService::Stub>> stubs_;
  std::map<std::string, std::unique_ptr<Telemetry>> telemetry_;
};

}  // namespace petrel::cli
