// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "broker/frontend/access.h"
#include "petrel/admin/v1/admin.pb.h"

// What each RPC of petrel.admin.v1.BrokerAdmin needs leave for, by the type of its request. Pure.
// An RPC cannot be handed to its handler (admin_service.cc) without standing here.
namespace petrel::broker {

using Needs = std::vector<frontend::Need>;

Needs needs_of(const admin::v1::DescribeBrokerRequest& request);
Needs needs_of(const admin::v1::ListTopicsRequest& request);
Needs needs_of(const admin::v1::ApplyTopicsRequest& request);
Needs needs_of(const admin::v1::DeleteTopicsRequest& request);
Needs needs_of(const admin::v1::ListGroupsRequest& request);
Needs needs_of(const admin::v1::ApplyGroupsRequest& request);
Needs needs_of(const admin::v1::DeleteGroupsRequest& request);
Needs needs_of(const admin::v1::ListClientsRequest& request);
Needs needs_of(const admin::v1::QueryMessagesRequest& request);
Needs needs_of(const admin::v1::GetMessageRequest& request);
Needs needs_of(const admin::v1::BrowseMessagesRequest& request);
Needs needs_of(const admin::v1::WatchConfigRequest& request);
Needs needs_of(const admin::v1::RestartEngineRequest& request);

}  // namespace petrel::broker
