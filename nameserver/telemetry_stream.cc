// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "nameserver/telemetry_stream.h"

#include "proto/names.h"
#include "proto/settings.h"

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
    rmq::Status* status = answer_.mutable_status();
    status->set_code(check(command_.settings(), status->mutable_message()));
    if (status->code() == rmq::OK) {
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
  rmq::Code check(const rmq::Settings& settings, std::string* message) const {
    if (!has_client_id_) {
      *message = "the header x-mq-client-id is missing";
      return rmq::CLIENT_ID_REQUIRED;
    }
    if (settings.pub_sub_case() == rmq::Settings::PUB_SUB_NOT_SET) {
      *message = "the settings say neither publishing nor subscription";
      return rmq::BAD_REQUEST;
    }
    for (const rmq::Resource& topic : settings.publishing().topics()) {
      if (!is_topic(topic, message)) return rmq::ILLEGAL_TOPIC;
    }
    for (const rmq::SubscriptionEntry& entry : settings.subscription().subscriptions()) {
      if (!is_topic(entry.topic(), message)) return rmq::ILLEGAL_TOPIC;
    }
    if (settings.subscription().has_group() &&
        !is_sound(validate_group_name(full_name(settings.subscription().group())), message)) {
      return rmq::ILLEGAL_CONSUMER_GROUP;
    }
    return rmq::OK;
  }

  bool is_topic(const rmq::Resource& topic, std::string* message) const {
    return is_sound(validate_topic_name(full_name(topic)), message);
  }

  static bool is_sound(const absl::Status& status, std::string* message) {
    *message = std::string(status.message());
    return status.ok();
  }

  std::string full_name(const rmq::Resource& resource) const {
    return with_namespace(
        resource.resource_namespace().empty() ? name_space_ : resource.resource_namespace(),
        resource.name());
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
