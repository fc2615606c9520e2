// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "apache/rocketmq/v2/service.grpc.pb.h"

namespace petrel::bench {

// The Telemetry stream with one broker: the settings of both sides cross it once, then it stays
// open, as brokers know a client by it. One thread reads it; commands of the broker are ignored.
// Used by the thread that made it.
class TelemetryStream {
 public:
  TelemetryStream(std::shared_ptr<grpc::Channel> channel, const std::string& client_id);
  // Half-closes the stream and waits for the broker to end it, at most a second.
  ~TelemetryStream();

  // Called once. Unavailable without an answer in time, FailedPrecondition when refused.
  absl::Status exchange_settings(const apache::rocketmq::v2::Settings& settings,
                                 std::chrono::milliseconds timeout);

 private:
  using Command = apache::rocketmq::v2::TelemetryCommand;

  void read_loop();

  std::unique_ptr<apache::rocketmq::v2::MessagingService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<Command, Command>> stream_;
  std::promise<absl::Status> settings_answer_;
  std::promise<void> ended_;
  std::thread reader_;
};

}  // namespace petrel::bench
