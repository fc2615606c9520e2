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
// For the first answer of a server, while there are others.
inline constexpr int64_t kFirstAnswerTimeoutMs = 3'000;

google::protobuf::Duration to_duration(int64_t duration_ms);

// One broker of a topic.
struct RouteBroker {
  rmq::Broker broker;
  std::string address;
  std::vector<int32_t> writable_queues;
  bool readable = false;
};

// What calls to the servers of a cluster share: connections, who the client is, where a topic is.
// One thread, but for stubs and connection(), which any thread may use.
class ClientSession {
 public:
  ClientSession(std::vector<ops::Connection> access_points, Silence silence);
  ~ClientSession();

  // Why a server is not asked any more; OK while it is.
  absl::Status silence(const std::string& address) const;
  // It did not answer. Told once.
  void set_silent(const std::string& name, const std::string& address, const absl::Status& why);
  bool is_any_silent() const { return !silent_.empty(); }

  // Of the first access point that answers. NotFound when there is no such topic.
  absl::StatusOr<std::vector<RouteBroker>> route(const std::string& topic);
  // Opens a Telemetry stream, which a server wants to see before it serves a client.
  // DeadlineExceeded when it does not answer soon.
  absl::Status greet(const std::string& address, const rmq::Settings& settings);
  // How servers are reached: as the access points are.
  ops::Connection connection(const std::string& address) const;
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
    return call_within(kClientCallTimeoutMs, address, method, request, response);
  }
  template <typename Request, typename Response>
  absl::Status call_within(int64_t timeout_ms, const std::string& address,
                           grpc::Status (rmq::MessagingService::Stub::*method)(grpc::ClientContext*,
                                                                               const Request&,
                                                                               Response*),
                           const Request& request, Response* response) {
    grpc::ClientContext context;
    prepare(context, timeout_ms);
    return ops::from_grpc((stub(address).*method)(&context, request, response),
                          connection(address));
  }

 private:
  struct Telemetry;
  absl::StatusOr<rmq::QueryRouteResponse> query_route(const std::string& topic);

  const std::vector<ops::Connection> access_points_;
  const Silence silence_;
  const SystemClock clock_;
  const uint64_t machine_;
  const std::string client_id_;
  uint32_t number_ = 0;
  size_t turn_ = 0;
  std::map<std::string, std::unique_ptr<rmq::MessagingService::Stub>> stubs_;
  std::map<std::string, std::unique_ptr<Telemetry>> telemetry_;
  std::map<std::string, absl::Status> silent_;  // by address
};

}  // namespace petrel::cli
