// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
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
  std::string address;  // of the broker
  int32_t queue_id = 0;
  int64_t offset = 0;  // in the queue
};

struct ReceivedMessage {
  std::string message_id;
  std::string topic;
  std::string tag;
  std::vector<std::string> keys;
  std::map<std::string, std::string> properties;
  std::string body;  // uncompressed
  std::string broker;
  std::string address;  // of the broker
  int32_t queue_id = 0;
  int64_t offset = 0;  // in the queue
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
  bool acknowledge = true;
};

// Shows messages; what it fails for nobody has seen.
using Show = std::function<absl::Status(const std::vector<ReceivedMessage>&)>;

class ClientSession;

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

  // Shows messages as they come, and acknowledges what was shown, until `count` have come or the
  // time is over. Returns how many were shown. No more are taken than that; what could not be shown
  // is visible to others again at once, and that try does not count.
  absl::StatusOr<size_t> receive(const ReceiveOptions& options, const Show& show);

 private:
  // Of messages of one receive().
  absl::Status acknowledge(const std::string& group, const std::vector<ReceivedMessage>& messages);
  void give_back(const std::string& group, const std::vector<ReceivedMessage>& messages);

  const std::unique_ptr<ClientSession> session_;
};

}  // namespace petrel::cli
