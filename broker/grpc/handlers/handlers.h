// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "broker/grpc/call.h"
#include "broker/grpc/front_end.h"

// One function per RPC, called by dispatch.h: validate, translate into a core request, post; the
// answer is filled in on a reply thread. None blocks.
namespace petrel::grpcfront {

void query_route(FrontEnd& front, QueryRouteCall& call);
void query_assignment(FrontEnd& front, QueryAssignmentCall& call);
void heartbeat(FrontEnd& front, HeartbeatCall& call);
void send_message(FrontEnd& front, SendMessageCall& call);
void receive_message(FrontEnd& front, ReceiveMessageCall& call);
void ack_message(FrontEnd& front, AckMessageCall& call);
void change_invisible_duration(FrontEnd& front, ChangeInvisibleCall& call);
void forward_to_dead_letters(FrontEnd& front, ForwardToDeadLettersCall& call);
void notify_client_termination(FrontEnd& front, NotifyTerminationCall& call);

// The session of a telemetry stream. The writer is kept while the client is connected.
std::unique_ptr<TelemetrySession> open_telemetry(FrontEnd& front, const CallContext& context,
                                                 const store::HostAddress& peer,
                                                 std::shared_ptr<TelemetryWriter> writer);

}  // namespace petrel::grpcfront
