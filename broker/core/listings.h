// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "broker/core/outbox.h"
#include "broker/core/publications.h"
#include "broker/core/request.h"
#include "broker/core/state.h"
#include "store/message_store.h"

namespace petrel::core {

// What administration is told of topics and groups. Core thread only; changes nothing.
class Listings {
 public:
  struct Parts {
    const store::MessageStore& store;
    const BrokerState& state;
    const Publications& publications;
    Outbox& outbox;
  };
  explicit Listings(const Parts& parts) : parts_(parts) {}

  void list_topics(std::unique_ptr<ListTopicsRequest> request) const;
  void list_groups(std::unique_ptr<ListGroupsRequest> request) const;

 private:
  ListTopicsRequest::Topic describe(const TopicConfig& config, Detail detail) const;
  ListGroupsRequest::Group describe(const GroupState& group, Detail detail) const;
  ListGroupsRequest::Subscription describe(const Subscription& subscription, Detail detail) const;
  void answer(std::unique_ptr<Request> request) const;

  const Parts parts_;
};

}  // namespace petrel::core
