// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/core/state.h"
#include "petrel/state/v1/state.pb.h"

// Short ways to write events of the state, for tests.
namespace petrel::core::events {

using state::v1::Event;

// A topic with two queues. Made, if no id is given: its id is its version then.
Event topic_set(const std::string& name, int64_t version, int64_t id = 0, int64_t retention_ms = 0);
Event topic_removed(int64_t id, int64_t version);
Event group_set(const std::string& name, int64_t version, int64_t id = 0);
Event group_removed(int64_t id, int64_t version);
Event client_set(int64_t id, const std::string& name);
Event client_removed(int64_t id);

struct Queue {
  int64_t group = 0;
  int64_t topic = 0;
  int32_t queue_id = 0;
};
struct DeliveryFields {
  std::vector<int64_t> offsets;
  int64_t id = 0;
  int64_t visible_at_ms = 0;
  int64_t next = 0;
  int64_t client = 0;
  int64_t renew_until_ms = 0;
};
Event delivery(const Queue& queue, const DeliveryFields& fields);
Event acknowledged(const Queue& queue, const std::vector<int64_t>& offsets);
struct ExtensionFields {
  int64_t offset = 0;
  int64_t id = 0;
  int64_t visible_at_ms = 0;
  bool suspend = false;
  bool keep_renewing = false;
};
Event extension(const Queue& queue, const ExtensionFields& fields);
Event position(const Queue& queue, int64_t next);
Event queue_shortened(const std::string& topic, int32_t queue_id, int64_t min);

// The same event in the first format, as it was written when the state was this one. Of kinds 10 to
// 19 without those of clients, which had none.
Event in_first_format(const Event& event, const BrokerState& state);

// Fails a check if one does not fit.
void apply_all(const std::vector<Event>& events, BrokerState& into);

// Equal if and only if the states are.
std::string bytes_of(const BrokerState& state);

}  // namespace petrel::core::events
