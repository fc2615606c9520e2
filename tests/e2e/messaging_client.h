// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apache/rocketmq/v2/service.pb.h"

namespace petrel::e2e {

// The RPCs of apache.rocketmq.v2 one at a time, without the routing and retrying of a real client:
// a test sees what a server answers. Plaintext. One thread.
class MessagingClient {
 public:
  explicit MessagingClient(const std::string& address);
  ~MessagingClient();
  MessagingClient(const MessagingClient&) = delete;
  MessagingClient& operator=(const MessagingClient&) = delete;

  // Is a producer of the topic from now on, as far as the server knows, until this client ends.
  [[nodiscard]] bool connect_as_producer(const std::string& topic);

  // Nothing: the server could not be reached or went away; whether it stored the message is
  // unknown.
  std::optional<apache::rocketmq::v2::Code> send(const std::string& topic, const std::string& body,
                                                 int64_t timeout_ms = 10'000);

  apache::rocketmq::v2::QueryRouteResponse route(const std::string& topic);
  // Names of the brokers in the route, or nothing when the server is away.
  std::set<std::string> route_brokers(const std::string& topic);

  // How long what this client receives stays invisible to others; 60 s at first.
  void set_invisible_seconds(int64_t seconds);
  // What one receive gives, of any queue. Empty when there was nothing for five seconds.
  std::vector<apache::rocketmq::v2::Message> receive(const std::string& topic,
                                                     const std::string& group);
  apache::rocketmq::v2::Code ack(const std::string& topic, const std::string& group,
                                 const apache::rocketmq::v2::Message& message);
  // Gives the message up: it moves to the group's dead letter queue.
  apache::rocketmq::v2::Code forward(const std::string& topic, const std::string& group,
                                     const apache::rocketmq::v2::Message& message);
  // The same of a server that may go away: nothing then.
  std::optional<std::vector<apache::rocketmq::v2::Message>> try_receive(const std::string& topic,
                                                                        const std::string& group);
  std::optional<apache::rocketmq::v2::Code> try_ack(const std::string& topic,
                                                    const std::string& group,
                                                    const apache::rocketmq::v2::Message& message);
  // Receives and acknowledges until nothing comes any more; the bodies, in order of arrival.
  std::vector<std::string> drain(const std::string& topic, const std::string& group);

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace petrel::e2e
