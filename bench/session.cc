// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/session.h"

#include <algorithm>
#include <chrono>

#include "apache/rocketmq/v2/service.grpc.pb.h"
#include "bench/connection.h"

namespace petrel::bench {
namespace {

constexpr std::chrono::seconds kCallTimeout{5};
constexpr std::chrono::seconds kHeartbeatInterval{10};

std::string address_text(const rmq::Endpoints& endpoints) {
  if (endpoints.addresses().empty()) return "";
  const rmq::Address& address = endpoints.addresses(0);
  const std::string port = std::to_string(address.port());
  if (endpoints.scheme() == rmq::IPv6) return "[" + address.host() + "]:" + port;
  return address.host() + ":" + port;
}

// What went wrong in a call, or in the status that it answered.
absl::Status to_status(const std::string& call, const grpc::Status& transport,
                       const rmq::Status& answer) {
  if (!transport.ok()) {
    return absl::UnavailableError(call + ": " + transport.error_message());
  }
  if (answer.code() != rmq::OK) {
    return absl::FailedPreconditionError(call + ": " + rmq::Code_Name(answer.code()) + " " +
                                         answer.message());
  }
  return absl::OkStatus();
}

bool is_usable(const rmq::MessageQueue& queue, bool consumer) {
  const rmq::Permission wanted = consumer ? rmq::READ : rmq::WRITE;
  return queue.permission() == wanted || queue.permission() == rmq::READ_WRITE;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Session>> Session::open(const Options& options) {
  std::unique_ptr<Session> session(new Session(options));
  if (absl::Status status = session->query_route(); !status.ok()) return status;
  if (absl::Status status = session->start_telemetry(); !status.ok()) return status;
  if (absl::Status status = session->send_heartbeats(); !status.ok()) return status;
  session->heartbeat_thread_ = std::thread([raw = session.get()] { raw->heartbeat_loop(); });
  return session;
}

Session::Session(const Options& options) : options_(options), client_id_(make_client_id()) {}

Session::~Session() {
  if (heartbeat_thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    closing_changed_.notify_all();
    heartbeat_thread_.join();
    notify_termination();
  }
  telemetry_.clear();
}

void Session::add_metadata(grpc::ClientContext& context) const {
  add_client_metadata(context, client_id_);
}

rmq::ClientType Session::client_type() const {
  return options_.group.empty() ? rmq::PRODUCER : rmq::SIMPLE_CONSUMER;
}

absl::Status Session::query_route() {
  const absl::StatusOr<rmq::Endpoints> endpoints = parse_endpoint(options_.endpoint);
  if (!endpoints.ok()) return endpoints.status();
  rmq::QueryRouteRequest request;
  request.mutable_topic()->set_name(options_.topic);
  *request.mutable_endpoints() = *endpoints;
  const auto stub = rmq::MessagingService::NewStub(make_channel(options_.endpoint, options_.tls));
  grpc::ClientContext context;
  add_metadata(context);
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
  rmq::QueryRouteResponse route;
  const grpc::Status transport = stub->QueryRoute(&context, request, &route);
  absl::Status status = to_status("QueryRoute of " + options_.topic + " at " + options_.endpoint,
                                  transport, route.status());
  if (!status.ok()) return status;
  for (const rmq::MessageQueue& queue : route.message_queues()) {
    if (status = add_queue(queue); !status.ok()) return status;
  }
  if (brokers_.empty()) return absl::NotFoundError("no usable queue of " + options_.topic);
  return absl::OkStatus();
}

absl::Status Session::add_queue(const rmq::MessageQueue& queue) {
  constexpr int kMasterId = 0;
  if (queue.broker().id() != kMasterId || !is_usable(queue, !options_.group.empty())) {
    return absl::OkStatus();
  }
  const std::string address = address_text(queue.broker().endpoints());
  if (address.empty()) return absl::DataLossError("the route has a broker without an address");
  auto broker = std::find_if(brokers_.begin(), brokers_.end(),
                             [&](const Broker& known) { return known.address == address; });
  if (broker == brokers_.end()) {
    Broker added{.address = address, .broker = queue.broker(), .queue_ids = {}, .channels = {}};
    for (int i = 0; i < options_.connections; ++i) {
      added.channels.push_back(make_channel(address, options_.tls));
    }
    broker = brokers_.insert(brokers_.end(), std::move(added));
  }
  broker->queue_ids.push_back(queue.id());
  return absl::OkStatus();
}

rmq::Settings Session::settings() const {
  rmq::Settings settings;
  settings.set_client_type(client_type());
  settings.mutable_request_timeout()->set_seconds(kCallTimeout.count());
  if (auto endpoints = parse_endpoint(options_.endpoint); endpoints.ok()) {
    *settings.mutable_access_point() = *std::move(endpoints);
  }
  settings.mutable_user_agent()->set_language(rmq::CPP);
  settings.mutable_user_agent()->set_version("5.0.0");
  if (options_.group.empty()) {
    settings.mutable_publishing()->add_topics()->set_name(options_.topic);
    return settings;
  }
  rmq::Subscription& subscription = *settings.mutable_subscription();
  subscription.mutable_group()->set_name(options_.group);
  rmq::SubscriptionEntry& entry = *subscription.add_subscriptions();
  entry.mutable_topic()->set_name(options_.topic);
  entry.mutable_expression()->set_type(rmq::TAG);
  entry.mutable_expression()->set_expression("*");
  subscription.mutable_long_polling_timeout()->set_seconds(20);
  return settings;
}

absl::Status Session::start_telemetry() {
  for (const Broker& broker : brokers_) {
    telemetry_.push_back(std::make_unique<TelemetryStream>(broker.channels.front(), client_id_));
    absl::Status status = telemetry_.back()->exchange_settings(settings(), kCallTimeout);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Session::send_heartbeats() {
  rmq::HeartbeatRequest request;
  request.set_client_type(client_type());
  if (!options_.group.empty()) request.mutable_group()->set_name(options_.group);
  for (const Broker& broker : brokers_) {
    grpc::ClientContext context;
    add_metadata(context);
    context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
    rmq::HeartbeatResponse response;
    const grpc::Status transport = rmq::MessagingService::NewStub(broker.channels.front())
                                       ->Heartbeat(&context, request, &response);
    absl::Status status = to_status("Heartbeat", transport, response.status());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

void Session::heartbeat_loop() {
  std::unique_lock lock(mutex_);
  while (!closing_changed_.wait_for(lock, kHeartbeatInterval, [this] { return closing_; })) {
    lock.unlock();
    // A broker that is away shows in the calls that are measured; the next beat finds it again.
    send_heartbeats().IgnoreError();
    lock.lock();
  }
}

void Session::notify_termination() {
  rmq::NotifyClientTerminationRequest request;
  if (!options_.group.empty()) request.mutable_group()->set_name(options_.group);
  for (const Broker& broker : brokers_) {
    grpc::ClientContext context;
    add_metadata(context);
    context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
    rmq::NotifyClientTerminationResponse response;
    rmq::MessagingService::NewStub(broker.channels.front())
        ->NotifyClientTermination(&context, request, &response);
  }
}

}  // namespace petrel::bench
