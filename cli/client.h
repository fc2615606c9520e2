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
  int64_t offset = 0;   // in the queue
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

// Told once of each broker that does not answer, by its name, or its address where nobody has told
// its name yet.
using Silence = std::function<void(const std::string& broker, const absl::Status& why)>;

class ClientSession;
struct RouteBroker;

// Owned and used by one thread. A broker that does not answer soon is told and left out from then
// on, and the others are used. Connects on first use. Errors are sentences for people: NotFound
// for topics and groups that are not there, Unavailable when no server is reached.
class Client {
 public:
  // The connections, of which there is at least one, are to nameservers or brokers, any of which
  // will do.
  Client(std::vector<ops::Connection> access_points, Silence silence);
  ~Client();

  // A broker was left out.
  bool is_partial() const;

  // The topic's brokers take turns from one call to the next. What a broker was sent that does not
  // answer is sent to the next one, and may then be stored by both.
  absl::StatusOr<std::vector<SentMessage>> send(const std::string& topic,
                                                const std::vector<OutgoingMessage>& messages);

  // Shows messages as they come, and acknowledges what was shown, until `count` have come or the
  // time is over. Returns how many were shown. No more are taken than that; what could not be shown
  // is visible to others again at once, and that try does not count. What was shown and could not
  // be acknowledged, as its broker does not answer any more, comes again.
  absl::StatusOr<size_t> receive(const ReceiveOptions& options, const Show& show);

 private:
  // One try with one broker.
  absl::StatusOr<std::vector<SentMessage>> send_to(const RouteBroker& broker, int32_t queue,
                                                   const std::string& topic,
                                                   const std::vector<OutgoingMessage>& messages);
  // Those of them that answer. Unavailable when none does.
  absl::StatusOr<std::vector<RouteBroker>> greet(std::vector<RouteBroker> brokers,
                                                 const ReceiveOptions& options);
  // Of messages of one receive().
  absl::Status acknowledge(const std::string& group, const std::vector<ReceivedMessage>& messages);
  absl::Status acknowledge_some(const std::string& address, const std::string& group,
                                const std::vector<const ReceivedMessage*>& messages);
  void give_back(const std::string& group, const std::vector<ReceivedMessage>& messages);

  const std::unique_ptr<ClientSession> session_;
};

}  // namespace petrel::cli
