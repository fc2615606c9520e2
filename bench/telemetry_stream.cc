// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/telemetry_stream.h"

#include "bench/connection.h"

namespace petrel::bench {

namespace rmq = apache::rocketmq::v2;

TelemetryStream::TelemetryStream(std::shared_ptr<grpc::Channel> channel,
                                 const std::string& client_id)
    : stub_(rmq::MessagingService::NewStub(std::move(channel))) {
  add_client_metadata(context_, client_id);
  stream_ = stub_->Telemetry(&context_);
}

TelemetryStream::~TelemetryStream() {
  if (!reader_.joinable()) {
    context_.TryCancel();
    return;
  }
  stream_->WritesDone();
  if (ended_.get_future().wait_for(std::chrono::seconds(1)) != std::future_status::ready) {
    context_.TryCancel();
  }
  reader_.join();
}

absl::Status TelemetryStream::exchange_settings(const rmq::Settings& settings,
                                                std::chrono::milliseconds timeout) {
  reader_ = std::thread([this] { read_loop(); });
  Command command;
  *command.mutable_settings() = settings;
  stream_->Write(command);  // a failure ends the reader, which answers
  std::future<absl::Status> answer = settings_answer_.get_future();
  if (answer.wait_for(timeout) != std::future_status::ready) {
    return absl::UnavailableError("Telemetry: no settings from the broker");
  }
  return answer.get();
}

void TelemetryStream::read_loop() {
  bool answered = false;
  Command command;
  while (stream_->Read(&command)) {
    if (answered) continue;
    if (command.has_status() && command.status().code() != rmq::OK) {
      settings_answer_.set_value(
          absl::FailedPreconditionError("Telemetry: " + rmq::Code_Name(command.status().code()) +
                                        " " + command.status().message()));
      answered = true;
    } else if (command.has_settings()) {
      settings_answer_.set_value(absl::OkStatus());
      answered = true;
    }
  }
  const grpc::Status end = stream_->Finish();
  if (!answered) {
    settings_answer_.set_value(absl::UnavailableError("Telemetry: " + end.error_message()));
  }
  ended_.set_value();
}

}  // namespace petrel::bench
