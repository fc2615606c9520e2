// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/client_session.h"

#include <grpcpp/channel.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "common/concat.h"
#include "common/mutex.h"
#include "common/random.h"
#include "common/status.h"
#include "proto/endpoints.h"

namespace petrel::cli {

using Stub = rmq::MessagingService::Stub;
using TelemetryStream = grpc::ClientReaderWriter<rmq::TelemetryCommand, rmq::TelemetryCommand>;

namespace {

// Cancels a call that is still under way after a while. Synchronous streams have but one deadline,
// for all their life.
class Watchdog {
 public:
  Watchdog(grpc::ClientContext& context, int64_t timeout_ms)
      : thread_([this, &context, timeout_ms] {
          const auto deadline =
              std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
          const MutexLock lock(mutex_);
          while (!called_off_ && std::chrono::steady_clock::now() < deadline) {
            changed_.wait_until(mutex_, deadline);
          }
          if (!called_off_) {
            context.TryCancel();
            bit_ = true;
          }
        }) {}
  ~Watchdog() { call_off(); }

  // Whether it did not have to cancel.
  bool call_off() {
    {
      const MutexLock lock(mutex_);
      called_off_ = true;
      changed_.notify_all();
    }
    if (thread_.joinable()) {
      thread_.join();
    }
    const MutexLock lock(mutex_);
    return !bit_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool called_off_ ABSL_GUARDED_BY(mutex_) = false;
  bool bit_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// The server's answer to what it was told of the client.
bool exchange_settings(TelemetryStream& stream, const rmq::Settings& settings) {
  rmq::TelemetryCommand command;
  *command.mutable_settings() = settings;
  if (!stream.Write(command)) {
    return false;
  }
  rmq::TelemetryCommand reply;
  while (stream.Read(&reply)) {
    if (reply.has_settings()) {
      return true;
    }
  }
  return false;
}

}  // namespace

struct ClientSession::Telemetry {
  grpc::ClientContext context;
  std::unique_ptr<TelemetryStream> stream;

  ~Telemetry() {
    if (stream != nullptr) {
      context.TryCancel();
      stream->Finish();
    }
  }
};

google::protobuf::Duration to_duration(int64_t duration_ms) {
  google::protobuf::Duration result;
  result.set_seconds(duration_ms / 1000);
  result.set_nanos(static_cast<int32_t>(duration_ms % 1000 * 1'000'000));
  return result;
}

ClientSession::ClientSession(std::vector<ops::Connection> access_points, Silence silence)
    : access_points_(std::move(access_points)),
      silence_(std::move(silence)),
      machine_(SystemRandom().next()),
      client_id_(concat("petrelctl@", getpid(), "@", machine_)) {}

ClientSession::~ClientSession() = default;

ops::Connection ClientSession::connection(const std::string& address) const {
  ops::Connection result = access_points_.front();
  result.address = address;
  return result;
}

Stub& ClientSession::stub(const std::string& address) {
  std::unique_ptr<Stub>& stub = stubs_[address];
  if (stub == nullptr) {
    stub = rmq::MessagingService::NewStub(ops::make_channel(connection(address)));
  }
  return *stub;
}

void ClientSession::prepare(grpc::ClientContext& context, int64_t timeout_ms) const {
  context.AddMetadata("x-mq-client-id", client_id_);
  context.AddMetadata("x-mq-language", "CPP");
  context.AddMetadata("x-mq-protocol", "v2");
  context.AddMetadata("x-mq-client-version", "5.0.0");
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(timeout_ms));
}

absl::Status ClientSession::silence(const std::string& address) const {
  const auto found = silent_.find(address);
  return found == silent_.end() ? absl::OkStatus() : found->second;
}

void ClientSession::set_silent(const std::string& name, const std::string& address,
                               const absl::Status& why) {
  if (silent_.try_emplace(address, why).second) {
    silence_(name, why);
  }
}

absl::StatusOr<rmq::QueryRouteResponse> ClientSession::query_route(const std::string& topic) {
  absl::Status status;
  for (const ops::Connection& access_point : access_points_) {
    const std::string& address = access_point.address;
    const bool is_last = &access_point == &access_points_.back();
    status = silence(address);
    if (!status.ok() && !is_last) {
      continue;
    }
    rmq::QueryRouteRequest request;
    request.mutable_topic()->set_name(topic);
    PETREL_ASSIGN_OR_RETURN(const HostPort host_port, parse_host_port(address));
    set_endpoints(host_port, request.mutable_endpoints());
    rmq::QueryRouteResponse response;
    status = call_within(is_last ? kClientCallTimeoutMs : kFirstAnswerTimeoutMs, address,
                         &Stub::QueryRoute, request, &response);
    if (status.ok()) {
      return response;
    }
    if (is_last || !ops::is_unreached(status)) {
      break;
    }
    set_silent(address, address, status);
  }
  return status;
}

absl::StatusOr<std::vector<RouteBroker>> ClientSession::route(const std::string& topic) {
  PETREL_ASSIGN_OR_RETURN(const rmq::QueryRouteResponse response, query_route(topic));
  if (response.status().code() == rmq::TOPIC_NOT_FOUND) {
    return absl::NotFoundError(
        concat("there is no topic ", topic, "; create it with: petrelctl topic create ", topic));
  }
  PETREL_RETURN_IF_ERROR(annotate(from_status(response.status()), concat("topic ", topic)));
  std::vector<RouteBroker> brokers;
  for (const rmq::MessageQueue& queue : response.message_queues()) {
    auto found = std::find_if(brokers.begin(), brokers.end(), [&](const RouteBroker& known) {
      return known.broker.name() == queue.broker().name() &&
             known.broker.id() == queue.broker().id();
    });
    if (found == brokers.end()) {
      if (queue.broker().endpoints().addresses().empty()) {
        return absl::InternalError(
            concat("the server names no address of broker ", queue.broker().name()));
      }
      const rmq::Address& address = queue.broker().endpoints().addresses(0);
      brokers.push_back(
          {.broker = queue.broker(),
           .address = to_string(HostPort{address.host(), static_cast<uint16_t>(address.port())})});
      found = brokers.end() - 1;
    }
    if (queue.permission() == rmq::WRITE || queue.permission() == rmq::READ_WRITE) {
      found->writable_queues.push_back(queue.id());
    }
    found->readable |= queue.permission() == rmq::READ || queue.permission() == rmq::READ_WRITE;
  }
  return brokers;
}

rmq::Settings ClientSession::producer_settings(const std::string& topic) const {
  rmq::Settings settings;
  settings.set_client_type(rmq::PRODUCER);
  settings.mutable_publishing()->add_topics()->set_name(topic);
  *settings.mutable_request_timeout() = to_duration(kClientCallTimeoutMs);
  settings.mutable_user_agent()->set_language(rmq::CPP);
  return settings;
}

rmq::Settings ClientSession::consumer_settings(const ReceiveOptions& options) const {
  rmq::Settings settings;
  settings.set_client_type(rmq::SIMPLE_CONSUMER);
  rmq::Subscription& subscription = *settings.mutable_subscription();
  subscription.mutable_group()->set_name(options.group);
  rmq::SubscriptionEntry& entry = *subscription.add_subscriptions();
  entry.mutable_topic()->set_name(options.topic);
  entry.mutable_expression()->set_type(rmq::TAG);
  entry.mutable_expression()->set_expression(options.tags);
  *settings.mutable_request_timeout() = to_duration(kClientCallTimeoutMs);
  settings.mutable_user_agent()->set_language(rmq::CPP);
  return settings;
}

absl::Status ClientSession::greet(const std::string& address, const rmq::Settings& settings) {
  std::unique_ptr<Telemetry>& telemetry = telemetry_[address];
  if (telemetry != nullptr) {
    return absl::OkStatus();
  }
  auto opened = std::make_unique<Telemetry>();
  // The stream is open as long as this object lives, and a call is bounded by its own deadline;
  // this one bounds a program that hangs.
  constexpr int64_t kStreamTimeoutMs = 24LL * 3600 * 1000;
  prepare(opened->context, kStreamTimeoutMs);
  Watchdog watchdog(opened->context, kFirstAnswerTimeoutMs);
  opened->stream = stub(address).Telemetry(&opened->context);
  const bool answered = exchange_settings(*opened->stream, settings);
  const bool in_time = watchdog.call_off();
  if (answered && in_time) {
    telemetry = std::move(opened);
    return absl::OkStatus();
  }
  const grpc::Status status = opened->stream->Finish();
  opened->stream.reset();
  if (!in_time) {
    return absl::DeadlineExceededError(
        concat(address, " did not answer within ", kFirstAnswerTimeoutMs / 1000, " s"));
  }
  return status.ok() ? absl::UnavailableError(concat(address, " ended the connection"))
                     : ops::from_grpc(status, connection(address));
}

}  // namespace petrel::cli
