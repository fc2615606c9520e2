// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/frontend/testing/fake_core.h"
#include "broker/grpc/front_end.h"
#include "common/clock.h"

// A front end without core and transport, for tests: calls are plain objects, requests to the core
// are collected, and the test answers them.
namespace petrel::grpcfront {

class FakeRoutes final : public RouteSource {
 public:
  void find(const std::string& topic, Done done) override {
    asked = topic;
    std::move(done)(route);
  }
  std::shared_ptr<Route> route = std::make_shared<Route>();
  std::string asked;
};

class FakeMetrics final : public FrontMetrics {
 public:
  void sent(std::string_view, int64_t messages, int64_t body_bytes) override {
    sent_messages += messages;
    sent_bytes += body_bytes;
  }
  void delivered(std::string_view, std::string_view, int64_t messages, int64_t) override {
    delivered_messages += messages;
  }
  void finished(Rpc, rmq::Code, int64_t) override {}
  int64_t sent_messages = 0;
  int64_t sent_bytes = 0;
  int64_t delivered_messages = 0;
};

struct TestFront {
  ManualClock clock;
  frontend::FakeCore core;
  core::Registry registry;
  frontend::ClientRegistry clients{clock};
  FakeRoutes routes;
  frontend::FakeReaders readers;
  FakeMetrics metrics;
  std::map<int64_t, std::string> cold_records;  // by log offset
  absl::Status cold_failure;                    // of reading them
  frontend::AllowAll access;
  frontend::AnswerMemory answer_memory{clock};
  frontend::SilenceTimers answers_under_way{clock};
  frontend::SilenceTimers undescribed_streams{clock};
  frontend::DeliveryLoader deliveries{
      core, clients, [this](store::LogOffset offset, int32_t) { return read(offset); }, readers,
      answer_memory};
  FrontEnd front{.options = {.broker_name = "broker-a",
                             .store_host = {},
                             .settings = {.body_size_bytes_max = 1000}},
                 .clock = clock,
                 .core = core,
                 .registry = registry,
                 .clients = clients,
                 .access = access,
                 .routes = routes,
                 .deliveries = deliveries,
                 .answers_under_way = answers_under_way,
                 .undescribed_streams = undescribed_streams,
                 .metrics = metrics};

  absl::StatusOr<store::LogSlice> read(store::LogOffset offset) const {
    if (!cold_failure.ok()) {
      return cold_failure;
    }
    const auto it = cold_records.find(offset.value());
    if (it == cold_records.end()) {
      return absl::DataLossError("no record");
    }
    return store::LogSlice(nullptr, it->second);
  }
};

template <typename CallT>
class FakeUnary final : public CallT {
 public:
  FakeUnary() {
    this->request_ = &asked;
    this->response_ = &answer;
    context().client_id = "client-1";
  }
  CallContext& context() { return this->context_; }
  store::HostAddress peer() const override { return {.ip = {10, 0, 0, 1}, .port = 4000}; }
  void finish() override { ++finished; }

  typename CallT::Request asked;
  typename CallT::Response answer;
  int finished = 0;
};

class FakeReceive final : public ReceiveMessageCall {
 public:
  FakeReceive() {
    request_ = &asked;
    context().client_id = "client-1";
    context().remaining_ms = 30'000;
  }
  CallContext& context() { return context_; }
  store::HostAddress peer() const override { return {}; }
  void on_cancel(absl::AnyInvocable<void() &&> run) override { cancelled = std::move(run); }
  void send(std::unique_ptr<StreamBody<Response>> sent) override { body = std::move(sent); }

  // Takes messages until the end, or until so many were taken; then closes.
  std::vector<Response> take(size_t max = SIZE_MAX) {
    std::vector<Response> taken;
    bool more = true;
    while (more && taken.size() < max) {
      more = body->next(taken.emplace_back());
    }
    body->closed(!more);
    return taken;
  }

  Request asked;
  std::unique_ptr<StreamBody<Response>> body;
  absl::AnyInvocable<void() &&> cancelled;
};

class FakeWriter final : public TelemetryWriter {
 public:
  void write(const rmq::TelemetryCommand& command) override { written.push_back(command); }
  void finish(End how, std::string_view) override { ended.push_back(how); }
  std::vector<rmq::TelemetryCommand> written;
  std::vector<End> ended;
};

}  // namespace petrel::grpcfront
