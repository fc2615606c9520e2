// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "broker/frontend/access.h"
#include "broker/grpc/call.h"

// What each RPC of the service needs leave for, by the type of its request: topics and groups with
// their namespaces, as the client names them. Where a request names none, it is being connected.
// Pure. An RPC cannot be handed to its handler (dispatch.h) without standing here.
namespace petrel::grpcfront {

using Needs = std::vector<frontend::Need>;

// Opening a telemetry stream, and its commands that say nothing of topics and groups.
Needs needs_to_connect();

Needs needs_of(const CallContext& context, const rmq::QueryRouteRequest& request);
Needs needs_of(const CallContext& context, const rmq::QueryAssignmentRequest& request);
Needs needs_of(const CallContext& context, const rmq::HeartbeatRequest& request);
Needs needs_of(const CallContext& context, const rmq::SendMessageRequest& request);
Needs needs_of(const CallContext& context, const rmq::ReceiveMessageRequest& request);
Needs needs_of(const CallContext& context, const rmq::AckMessageRequest& request);
Needs needs_of(const CallContext& context, const rmq::ChangeInvisibleDurationRequest& request);
Needs needs_of(const CallContext& context, const rmq::NotifyClientTerminationRequest& request);
Needs needs_of(const CallContext& context, const rmq::TelemetryCommand& command);
Needs needs_of(const CallContext& context,
               const rmq::ForwardMessageToDeadLetterQueueRequest& request);
Needs needs_of(const CallContext& context, const rmq::PullMessageRequest& request);
Needs needs_of(const CallContext& context, const rmq::UpdateOffsetRequest& request);
Needs needs_of(const CallContext& context, const rmq::GetOffsetRequest& request);
Needs needs_of(const CallContext& context, const rmq::QueryOffsetRequest& request);
Needs needs_of(const CallContext& context, const rmq::EndTransactionRequest& request);
Needs needs_of(const CallContext& context, const rmq::RecallMessageRequest& request);
Needs needs_of(const CallContext& context, const rmq::SyncLiteSubscriptionRequest& request);

}  // namespace petrel::grpcfront
