// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "apache/rocketmq/v2/service.pb.h"
#include "broker/core/principal.h"
#include "broker/frontend/client_channel.h"
#include "store/log/record.h"

// The seam between handlers and the transport that carries calls. A handler gets a call, and ends
// it exactly once from any thread; it knows neither HTTP/2 nor gRPC. grpc_transport.h is one
// transport, the fakes of the tests are another.
namespace petrel::grpcfront {

namespace rmq = ::apache::rocketmq::v2;

// What the metadata of a call tells. Views live as long as the call.
struct CallContext {
  std::string_view client_id;
  std::string_view language;
  std::string_view client_version;
  std::string_view request_id;
  std::string_view resource_namespace;
  // Left until the call's deadline when it arrived; -1: none.
  int64_t remaining_ms = -1;
  core::Principal principal = {};  // who has logged in: nobody can, so far
};

class Call {
 public:
  const CallContext& context() const { return context_; }
  // The client's address; zeros when it is none of IP.
  virtual store::HostAddress peer() const = 0;

 protected:
  ~Call() = default;
  CallContext context_;
};

// One request, one response. Owned by the transport: gone after finish().
template <typename RequestT, typename ResponseT>
class UnaryCall : public Call {
 public:
  using Request = RequestT;
  using Response = ResponseT;
  const Request& request() const { return *request_; }
  Response& response() { return *response_; }
  // Sends the response. Exactly once, any thread; the call must not be touched afterwards.
  virtual void finish() = 0;

 protected:
  ~UnaryCall() = default;
  const Request* request_ = nullptr;
  Response* response_ = nullptr;
};

// The messages that answer a streaming call, made one by one as the connection takes them, so that
// a slow client holds one of them in memory. Used by one transport thread at a time.
template <typename ResponseT>
class StreamBody {
 public:
  virtual ~StreamBody() = default;
  // Fills the next message; true if more follow. There is at least one. When the next one is asked
  // for, the connection has taken the one before.
  virtual bool next(ResponseT& into) = 0;
  // Once, last. False: the client went away before it took all, perhaps before the first.
  virtual void closed(bool complete) = 0;
};

// One request, a stream of responses. Owned by the transport: gone after send().
template <typename RequestT, typename ResponseT>
class StreamCall : public Call {
 public:
  using Request = RequestT;
  using Response = ResponseT;
  const Request& request() const { return *request_; }
  // `cancelled` runs at most once, on a transport thread, if the client goes away before send().
  // At most one; set by the handler before it returns.
  virtual void on_cancel(absl::AnyInvocable<void() &&> cancelled) = 0;
  // Streams the body and ends the call with success. Exactly once, any thread, also after a
  // cancellation; the call must not be touched afterwards.
  virtual void send(std::unique_ptr<StreamBody<Response>> body) = 0;

 protected:
  ~StreamCall() = default;
  const Request* request_ = nullptr;
};

// The write side of one client's telemetry stream. Any thread; outlives the stream, after which
// calls do nothing.
class TelemetryWriter : public frontend::ClientChannel {
 public:
  // Queued; a client that does not read loses its stream when kTelemetryQueueMax are waiting.
  virtual void write(const rmq::TelemetryCommand& command) = 0;
  enum class End { kOk, kInvalidArgument, kPermissionDenied, kResourceExhausted };
  // Ends the stream after what was queued. Further calls do nothing.
  virtual void finish(End end, std::string_view text) = 0;

  void ask_to_reconnect(std::string_view broker_address) final {
    rmq::TelemetryCommand command;
    command.mutable_reconnect_endpoints_command()->set_nonce(broker_address.data(),
                                                             broker_address.size());
    write(command);
  }
  void end() final { finish(End::kOk, ""); }
};
inline constexpr size_t kTelemetryQueueMax = 64;

// The read side: what the handler of a telemetry stream is told. One transport thread at a time.
class TelemetrySession {
 public:
  virtual ~TelemetrySession() = default;
  // False when the session ended the stream, and wants no more.
  virtual bool on_command(const rmq::TelemetryCommand& command) = 0;
  // The client will send no more.
  virtual void on_half_close() = 0;
  // The stream is gone; last.
  virtual void on_closed() = 0;
};

using QueryRouteCall = UnaryCall<rmq::QueryRouteRequest, rmq::QueryRouteResponse>;
using QueryAssignmentCall = UnaryCall<rmq::QueryAssignmentRequest, rmq::QueryAssignmentResponse>;
using HeartbeatCall = UnaryCall<rmq::HeartbeatRequest, rmq::HeartbeatResponse>;
using SendMessageCall = UnaryCall<rmq::SendMessageRequest, rmq::SendMessageResponse>;
using ReceiveMessageCall = StreamCall<rmq::ReceiveMessageRequest, rmq::ReceiveMessageResponse>;
using AckMessageCall = UnaryCall<rmq::AckMessageRequest, rmq::AckMessageResponse>;
using ChangeInvisibleCall =
    UnaryCall<rmq::ChangeInvisibleDurationRequest, rmq::ChangeInvisibleDurationResponse>;
using ForwardToDeadLettersCall = UnaryCall<rmq::ForwardMessageToDeadLetterQueueRequest,
                                           rmq::ForwardMessageToDeadLetterQueueResponse>;
using NotifyTerminationCall =
    UnaryCall<rmq::NotifyClientTerminationRequest, rmq::NotifyClientTerminationResponse>;

}  // namespace petrel::grpcfront
