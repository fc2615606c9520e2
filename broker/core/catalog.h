// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/adopted.h"
#include "broker/core/changes.h"
#include "broker/core/log_writer.h"
#include "broker/core/options.h"
#include "broker/core/outbox.h"
#include "broker/core/request.h"
#include "broker/core/state.h"
#include "store/message_store.h"

namespace petrel::core {

// Topics and groups: created, changed, deleted, made on first use, taken over from another broker.
// Core thread only. What is listed of them is in listings.h.
class Catalog {
 public:
  struct Parts {
    const CoreOptions& options;
    const store::MessageStore& store;
    const BrokerState& state;
    Changes& changes;
    LogWriter& writer;
    Outbox& outbox;
  };
  explicit Catalog(const Parts& parts) : parts_(parts) {}

  // The topic, or the request's group, made if it is absent and configuration allows; null and an
  // outcome otherwise.
  const TopicState* ensure_topic(std::string_view name, Outcome& outcome);
  const GroupState* ensure_group(ReceiveRequest& request);
  void ensure_topic(std::unique_ptr<EnsureTopicRequest> request);
  // Where messages go that the group gives up; made if it is absent.
  void ensure_dead_letter_topic(std::string_view group);

  // Takes over what another broker did with the directory, once.
  void adopt(const Adopted& adopted);

  void apply_topics(std::unique_ptr<ApplyTopicsRequest> request);
  void delete_topics(std::unique_ptr<DeleteTopicsRequest> request);
  void apply_groups(std::unique_ptr<ApplyGroupsRequest> request);
  void delete_groups(std::unique_ptr<DeleteGroupsRequest> request);

 private:
  Outcome complete_topic(TopicConfig& config) const;
  void complete_begin(const GroupState* known, GroupConfig& config) const;
  void warn_of_retention(const TopicConfig& config) const;
  // Whether the changes fit into one record of the log.
  template <typename Config>
  Outcome check_size(const std::vector<Config>& changes) const;
  bool has_messages(const TopicState& topic) const;
  void adopt(const TopicConfig& topic);
  void adopt(const GroupConfig& group);
  void adopt(const Adopted::Position& position);

  // At the limit of groups that are made on first use.
  Outcome refuse_group(const ReceiveRequest& request);

  const Parts parts_;
  int64_t refused_at_version_ = -1;  // of the configuration, when the log last told of a refusal
};

}  // namespace petrel::core
