// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <grpcpp/grpcpp.h>

#include <string>

#include "apache/rocketmq/v2/service.grpc.pb.h"
#include "nameserver/route_messages.h"
#include "nameserver/services.h"
#include "nameserver/telemetry_stream.h"
#include "proto/names.h"
#include "proto/resource_name.h"

namespace petrel::nameserver {
namespace {

namespace rmq = ::apache::rocketmq::v2;
using Context = grpc::CallbackServerContext;
using Unary = grpc::ServerUnaryReactor;

std::string header(const Context& context, const char* key) {
  const auto found = context.client_metadata().find(key);
  return found == context.client_metadata().end()
             ? std::string()
             : std::string(found->second.data(), found->second.size());
}

void set_status(rmq::Code code, const std::string& message, rmq::Status* status) {
  status->set_code(code);
  status->set_message(message);
}

template <typename Response>
Unary* answer(Context* context, rmq::Code code, const std::string& message, Response* response) {
  set_status(code, message, response->mutable_status());
  Unary* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

constexpr char kNoClientId[] = "the header x-mq-client-id is missing";
constexpr char kNoMessages[] = "a nameserver has no messages; ask a broker of the topic's route";

bool has_client_id(const Context& context) { return !header(context, "x-mq-client-id").empty(); }

// OK for a client that says who it is.
template <typename Response>
Unary* accept(Context* context, Response* response) {
  return has_client_id(*context) ? answer(context, rmq::OK, "", response)
                                 : answer(context, rmq::CLIENT_ID_REQUIRED, kNoClientId, response);
}

template <typename Response>
Unary* unsupported(Context* context, Response* response) {
  return has_client_id(*context) ? answer(context, rmq::NOT_IMPLEMENTED, kNoMessages, response)
                                 : answer(context, rmq::CLIENT_ID_REQUIRED, kNoClientId, response);
}

// The same as the only message of a stream.
template <typename Response>
class UnsupportedStream final : public grpc::ServerWriteReactor<Response> {
 public:
  explicit UnsupportedStream(const Context& context) {
    if (has_client_id(context)) {
      set_status(rmq::NOT_IMPLEMENTED, kNoMessages, response_.mutable_status());
    } else {
      set_status(rmq::CLIENT_ID_REQUIRED, kNoClientId, response_.mutable_status());
    }
    this->StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  Response response_;
};

class MessagingService final : public rmq::MessagingService::CallbackService {
 public:
  MessagingService(const Registry& registry, const Clock& clock, NameserverMetrics& metrics)
      : registry_(registry), clock_(clock), metrics_(metrics) {}

  Unary* QueryRoute(Context* context, const rmq::QueryRouteRequest* request,
                    rmq::QueryRouteResponse* response) override {
    const int64_t start_us = clock_.mono_us();
    const Answer found = find(*context, request->topic(), &Registry::find_client_route);
    if (found.code == rmq::OK) {
      write_route(request->topic(), found.routes, response);
    }
    metrics_.route_queried(found.result, clock_.mono_us() - start_us);
    return answer(context, found.code, found.message, response);
  }

  Unary* QueryAssignment(Context* context, const rmq::QueryAssignmentRequest* request,
                         rmq::QueryAssignmentResponse* response) override {
    const int64_t start_us = clock_.mono_us();
    // A broker that is leaving goes on handing out what it has.
    Answer found = find(*context, request->topic(), &Registry::find_route);
    if (found.code == rmq::OK) {
      check_group(*context, request->group(), &found);
    }
    if (found.code == rmq::OK) {
      write_assignments(request->topic(), found.routes, response);
      if (response->assignments().empty()) {
        found = {rmq::FORBIDDEN, "no readable queue", NameserverMetrics::RouteQuery::kNotFound, {}};
      }
    }
    metrics_.route_queried(found.result, clock_.mono_us() - start_us);
    return answer(context, found.code, found.message, response);
  }

  // Settings are the same for all clients here.
  grpc::ServerBidiReactor<rmq::TelemetryCommand, rmq::TelemetryCommand>* Telemetry(
      Context* context) override {
    return start_telemetry_stream(has_client_id(*context), name_space(*context));
  }

  Unary* Heartbeat(Context* context, const rmq::HeartbeatRequest* /*request*/,
                   rmq::HeartbeatResponse* response) override {
    return accept(context, response);
  }
  Unary* NotifyClientTermination(Context* context,
                                 const rmq::NotifyClientTerminationRequest* /*request*/,
                                 rmq::NotifyClientTerminationResponse* response) override {
    return accept(context, response);
  }

  Unary* SendMessage(Context* context, const rmq::SendMessageRequest* /*request*/,
                     rmq::SendMessageResponse* response) override {
    return unsupported(context, response);
  }
  grpc::ServerWriteReactor<rmq::ReceiveMessageResponse>* ReceiveMessage(
      Context* context, const rmq::ReceiveMessageRequest* /*request*/) override {
    return new UnsupportedStream<rmq::ReceiveMessageResponse>(*context);
  }
  Unary* AckMessage(Context* context, const rmq::AckMessageRequest* /*request*/,
                    rmq::AckMessageResponse* response) override {
    return unsupported(context, response);
  }
  Unary* ForwardMessageToDeadLetterQueue(
      Context* context, const rmq::ForwardMessageToDeadLetterQueueRequest* /*request*/,
      rmq::ForwardMessageToDeadLetterQueueResponse* response) override {
    return unsupported(context, response);
  }
  grpc::ServerWriteReactor<rmq::PullMessageResponse>* PullMessage(
      Context* context, const rmq::PullMessageRequest* /*request*/) override {
    return new UnsupportedStream<rmq::PullMessageResponse>(*context);
  }
  Unary* UpdateOffset(Context* context, const rmq::UpdateOffsetRequest* /*request*/,
                      rmq::UpdateOffsetResponse* response) override {
    return unsupported(context, response);
  }
  Unary* GetOffset(Context* context, const rmq::GetOffsetRequest* /*request*/,
                   rmq::GetOffsetResponse* response) override {
    return unsupported(context, response);
  }
  Unary* QueryOffset(Context* context, const rmq::QueryOffsetRequest* /*request*/,
                     rmq::QueryOffsetResponse* response) override {
    return unsupported(context, response);
  }
  Unary* EndTransaction(Context* context, const rmq::EndTransactionRequest* /*request*/,
                        rmq::EndTransactionResponse* response) override {
    return unsupported(context, response);
  }
  Unary* ChangeInvisibleDuration(Context* context,
                                 const rmq::ChangeInvisibleDurationRequest* /*request*/,
                                 rmq::ChangeInvisibleDurationResponse* response) override {
    return unsupported(context, response);
  }
  Unary* RecallMessage(Context* context, const rmq::RecallMessageRequest* /*request*/,
                       rmq::RecallMessageResponse* response) override {
    return unsupported(context, response);
  }
  Unary* SyncLiteSubscription(Context* context, const rmq::SyncLiteSubscriptionRequest* /*request*/,
                              rmq::SyncLiteSubscriptionResponse* response) override {
    return unsupported(context, response);
  }

 private:
  struct Answer {
    rmq::Code code = rmq::OK;
    std::string message;
    NameserverMetrics::RouteQuery result = NameserverMetrics::RouteQuery::kFound;
    std::vector<GroupRoute> routes;
  };

  static std::string name_space(const Context& context) {
    return header(context, "x-mq-namespace");
  }

  // The name that brokers know.
  static std::string full_name(const Context& context, const rmq::Resource& resource) {
    return petrel::full_name(resource, name_space(context));
  }

  using Find = std::vector<GroupRoute> (Registry::*)(std::string_view topic, bool creatable) const;
  Answer find(const Context& context, const rmq::Resource& topic, Find find_routes) const {
    if (!has_client_id(context)) {
      return {rmq::CLIENT_ID_REQUIRED, kNoClientId, NameserverMetrics::RouteQuery::kRefused, {}};
    }
    const std::string name = full_name(context, topic);
    if (const absl::Status valid = validate_topic_name(name); !valid.ok()) {
      return {rmq::ILLEGAL_TOPIC,
              std::string(valid.message()),
              NameserverMetrics::RouteQuery::kRefused,
              {}};
    }
    const bool creatable = !is_retry_topic(name) && !is_dead_letter_topic(name);
    std::vector<GroupRoute> routes = (registry_.*find_routes)(name, creatable);
    if (routes.empty()) {
      return {rmq::TOPIC_NOT_FOUND,
              "no broker has topic " + name,
              NameserverMetrics::RouteQuery::kNotFound,
              {}};
    }
    return {rmq::OK, "", NameserverMetrics::RouteQuery::kFound, std::move(routes)};
  }

  static void check_group(const Context& context, const rmq::Resource& group, Answer* answer) {
    const absl::Status valid = validate_group_name(full_name(context, group));
    if (!valid.ok()) {
      *answer = {rmq::ILLEGAL_CONSUMER_GROUP,
                 std::string(valid.message()),
                 NameserverMetrics::RouteQuery::kRefused,
                 {}};
    }
  }

  const Registry& registry_;
  const Clock& clock_;
  NameserverMetrics& metrics_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_messaging_service(const Registry& registry, const Clock& clock,
                                                      NameserverMetrics& metrics) {
  return std::make_unique<MessagingService>(registry, clock, metrics);
}

}  // namespace petrel::nameserver
