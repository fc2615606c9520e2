// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "nameserver/telemetry_stream.h"

#include "proto/settings.h"
#include "proto/settings_check.h"

namespace petrel::nameserver {
namespace {

namespace rmq = ::apache::rocketmq::v2;

// One thing at a time: a command, its answer if it has one, the next command.
class TelemetryStream final
    : public grpc::ServerBidiReactor<rmq::TelemetryCommand, rmq::TelemetryCommand> {
 public:
  TelemetryStream(bool has_client_id, const std::string& name_space)
      : has_client_id_(has_client_id), name_space_(name_space) {
    StartRead(&command_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      return Finish(grpc::Status::OK);
    }
    if (!command_.has_settings()) {
      return StartRead(&command_);
    }
    answer_.Clear();
    const SettingsVerdict verdict = check(command_.settings());
    answer_.mutable_status()->set_code(verdict.code);
    answer_.mutable_status()->set_message(verdict.message);
    if (verdict.code == rmq::OK) {
      *answer_.mutable_settings() = *merge_settings(command_.settings(), ServerSettings());
    }
    StartWrite(&answer_);
  }

  void OnWriteDone(bool ok) override {
    if (!ok) {
      return Finish(grpc::Status::OK);
    }
    // Java clients look at the end of the stream, others at the status.
    if (answer_.status().code() != rmq::OK) {
      return Finish(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, answer_.status().message()));
    }
    StartRead(&command_);
  }

  void OnDone() override { delete this; }

 private:
  SettingsVerdict check(const rmq::Settings& settings) const {
    if (!has_client_id_) {
      return {rmq::CLIENT_ID_REQUIRED, "the header x-mq-client-id is missing"};
    }
    return check_settings(settings, name_space_);
  }

  const bool has_client_id_;
  const std::string name_space_;
  rmq::TelemetryCommand command_;
  rmq::TelemetryCommand answer_;
};

}  // namespace

grpc::ServerBidiReactor<rmq::TelemetryCommand, rmq::TelemetryCommand>* start_telemetry_stream(
    bool has_client_id, const std::string& name_space) {
  return new TelemetryStream(has_client_id, name_space);
}

}  // namespace petrel::nameserver
