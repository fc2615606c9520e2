// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/status.h>

#include "broker/core/request.h"
#include "petrel/admin/v1/admin.pb.h"

// Between the core's values and petrel.admin.v1. Pure functions.
namespace petrel::broker {

grpc::Status to_status(const core::Outcome& outcome);

core::TopicConfig read_topic(const admin::v1::TopicSpec& spec);
core::GroupConfig read_group(const admin::v1::GroupSpec& spec);
void write_topic(const core::ListTopicsRequest::Topic& topic, admin::v1::TopicStatus* status);
void write_group(const core::ListGroupsRequest::Group& group, int32_t clients,
                 admin::v1::GroupStatus* status);

}  // namespace petrel::broker
