// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "broker/frontend/host_text.h"
#include "broker/grpc/handlers/handlers.h"
#include "broker/grpc/validation.h"
#include "proto/settings_check.h"

namespace petrel::grpcfront {
namespace {

frontend::ClientKind kind_of(rmq::ClientType type) {
  switch (type) {
    case rmq::PRODUCER:
      return frontend::ClientKind::kProducer;
    case rmq::PUSH_CONSUMER:
    case rmq::LITE_PUSH_CONSUMER:
      return frontend::ClientKind::kPushConsumer;
    case rmq::SIMPLE_CONSUMER:
    case rmq::LITE_SIMPLE_CONSUMER:
      return frontend::ClientKind::kSimpleConsumer;
    case rmq::PULL_CONSUMER:
      return frontend::ClientKind::kPullConsumer;
    default:
      return frontend::ClientKind::kUnknown;
  }
}

class Session final : public TelemetrySession {
 public:
  Session(FrontEnd& front, const CallContext& context, const store::HostAddress& peer,
          std::shared_ptr<TelemetryWriter> writer)
      : front_(front),
        client_id_(context.client_id),
        language_(context.language),
        version_(context.client_version),
        namespace_(context.resource_namespace),
        address_(peer.port == 0 ? "" : frontend::format_host(peer)),
        writer_(std::move(writer)),
        undescribed_(front.undescribed_streams) {
    context_.client_id = client_id_;
    context_.resource_namespace = namespace_;
    undescribed_.start(front_.options.settings_ms, [writer = writer_] {
      writer->finish(TelemetryWriter::End::kInvalidArgument,
                     "the client did not send its settings in time");
    });
  }

  bool on_command(const rmq::TelemetryCommand& command) override {
    return !command.has_settings() || on_settings(command.settings());
  }
  void on_half_close() override { writer_->finish(TelemetryWriter::End::kOk, ""); }
  void on_closed() override { front_.clients.channel_closed(client_id_, writer_.get()); }

 private:
  bool on_settings(const rmq::Settings& settings) {
    Verdict verdict = check_context(context_);
    if (verdict.ok()) {
      const SettingsVerdict found = check_settings(settings, context_.resource_namespace);
      verdict = {found.code, found.message};
    }
    if (!verdict.ok()) {
      return refuse(verdict);
    }
    frontend::Client client = describe(settings);
    auto merged = merge_settings(settings, front_.options.settings, group_settings(client.group));
    if (!merged.ok()) {
      return refuse({rmq::BAD_REQUEST, std::string(merged.status().message())});
    }
    rmq::TelemetryCommand reply;
    set_ok(reply.mutable_status());
    *reply.mutable_settings() = *std::move(merged);
    undescribed_.stop();
    front_.clients.put(client_id_, std::move(client), writer_);
    writer_->write(reply);
    return true;
  }

  // Java clients take the stream's error, others the status.
  bool refuse(const Verdict& verdict) {
    rmq::TelemetryCommand reply;
    set_status(verdict, reply.mutable_status());
    writer_->write(reply);
    writer_->finish(TelemetryWriter::End::kInvalidArgument, verdict.text);
    return false;
  }

  frontend::Client describe(const rmq::Settings& settings) const {
    frontend::Client client;
    client.protocol = "grpc";
    client.language = language_;
    client.version = version_;
    client.address = address_;
    client.kind = kind_of(settings.client_type());
    if (settings.has_subscription() && settings.subscription().has_group()) {
      client.group = full_name(context_, settings.subscription().group());
    }
    if (settings.has_request_timeout()) {
      client.request_timeout_ms = to_ms(settings.request_timeout());
    }
    return client;
  }

  GroupSettings group_settings(const std::string& group) const {
    GroupSettings settings;
    if (const auto config = front_.registry.find_group(group)) {
      settings.backoff_ms = config->backoff_ms;
      settings.attempts_max = config->deliveries_max();
    }
    return settings;
  }

  FrontEnd& front_;
  const std::string client_id_;
  const std::string language_;
  const std::string version_;
  const std::string namespace_;
  const std::string address_;
  CallContext context_;
  const std::shared_ptr<TelemetryWriter> writer_;
  frontend::SilenceTimers::Timer undescribed_;  // until the client sent its settings
};

}  // namespace

std::unique_ptr<TelemetrySession> open_telemetry(FrontEnd& front, const CallContext& context,
                                                 const store::HostAddress& peer,
                                                 std::shared_ptr<TelemetryWriter> writer) {
  if (front.undescribed_streams.running() >= front.options.undescribed_streams_max) {
    writer->finish(TelemetryWriter::End::kResourceExhausted,
                   "too many clients have not sent their settings yet; try again");
    return nullptr;
  }
  return std::make_unique<Session>(front, context, peer, std::move(writer));
}

}  // namespace petrel::grpcfront
