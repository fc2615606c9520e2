// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/status.h>

#include "broker/core/request.h"
#include "broker/frontend/client_registry.h"
#include "petrel/admin/v1/admin.pb.h"

// Between the core's values and petrel.admin.v1. Pure functions.
namespace petrel::broker {

grpc::Status to_status(const absl::Status& status);
grpc::Status to_status(const core::Outcome& outcome);

core::Detail read_detail(admin::v1::Detail detail);
// `limit` as asked for: 0 is none, and more than a page is a page.
core::ListRange read_range(const google::protobuf::RepeatedPtrField<std::string>& names,
                           const std::string& after, int32_t limit);
// InvalidArgument for what would be told twice, or in two ways: `names` beside `interests`, a group
// with two interests, a topic twice in one.
absl::Status validate(const admin::v1::ListGroupsRequest& request);

core::TopicConfig read_topic(const admin::v1::TopicSpec& spec);
core::GroupConfig read_group(const admin::v1::GroupSpec& spec);
void write_topic(const core::ListTopicsRequest::Topic& topic, core::Detail detail,
                 admin::v1::TopicStatus* status);
void write_group(const core::ListGroupsRequest::Group& group, core::Detail detail, int32_t clients,
                 admin::v1::GroupStatus* status);

void write_client(const frontend::ClientRegistry::Connected& connected,
                  admin::v1::ClientStatus* status);

}  // namespace petrel::broker
