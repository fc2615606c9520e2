// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "operator/brokers/channel.h"

// A small client of the RocketMQ 5 gRPC protocol, for petrelctl's send and receive. It works with
// any server of that protocol.

namespace petrel::cli {

struct OutgoingMessage {
  std::string body;
  std::string tag;
  std::vector<std::string> keys;
  std::map<std::string, std::string> properties;
};

struct SentMessage {
  std::string message_id;
  std::string broker;
  int64_t offset = 0;
};

struct ReceivedMessage {
  std::string message_id;
  std::string topic;
  std::string tag;
  std::vector<std::string> keys;
  std::map<std::string, std::string> properties;
  std::string body;  // uncompressed
  std::string broker;
  int32_t queue_id = 0;
  int64_t offset = 0;
  int32_t attempt = 1;
  int64_t born_ms = 0;
  std::string receipt_handle;
};

struct ReceiveOptions {
  std::string topic;
  std::string group;
  // "*" or tags separated by "||".
  std::string tags = "*";
  size_t count = 1;
  int64_t wait_ms = 10'000;
  // How long what is received stays hidden from others of the group until it is acknowledged.
  int64_t invisible_ms = 30'000;
};

// Owned and used by one thread. Connects on first use. Errors are sentences for people: NotFound
// for topics and groups that are not there, Unavailable when no server is reached.
class Client {
 public:
  // The connection is to any nameserver or broker.
  explicit Client(const ops::Connection& access_point);
  ~Client();

  // The topic's brokers take turns from one call to the next.
  absl::StatusOr<std::vector<SentMessage>> send(const std::string& topic,
                                                const std::vector<OutgoingMessage>& messages);

  // Returns once `count` messages have come or the time is over, whichever is first. What comes
  // beyond `count` is made visible to others again.
  absl::StatusOr<std::vector<ReceivedMessage>> receive(const ReceiveOptions& options);

  // Of messages of one receive().
  absl::Status acknowledge(const std::string& group, const std::vector<ReceivedMessage>& messages);

 private:
  class Session;
  const std::unique_ptr<Session> session_;
};

}  // namespace petrel::cli
