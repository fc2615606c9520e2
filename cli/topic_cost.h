// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "google/protobuf/repeated_ptr_field.h"
#include "operator/resources/resource.h"
#include "petrel/admin/v1/admin.pb.h"

// What a change of a topic hides or costs, in sentences for people. Pure.

namespace petrel::cli {

using GroupStatuses = google::protobuf::RepeatedPtrField<petrel::admin::v1::GroupStatus>;

struct Costs {
  // Messages that nobody will be able to read, though they were not read. These need leave.
  std::vector<std::string> losses;
  // What the topic's clients will see.
  std::vector<std::string> notes;
};

// Of a topic on one broker that becomes as `after` says. `groups` are all of the broker, with
// DETAIL_FULL. `now_ms` is the wall clock.
Costs cost_of_change(const std::string& broker, const petrel::admin::v1::TopicStatus& before,
                     const ops::TopicSettings& after, const GroupStatuses& groups, int64_t now_ms);

// Of a topic on one broker that is deleted: one sentence, or "" when it has no messages that are
// not acknowledged by all groups that receive from it, of which there is at least one.
std::string cost_of_deletion(const std::string& broker, const petrel::admin::v1::TopicStatus& topic,
                             const GroupStatuses& groups);

}  // namespace petrel::cli
