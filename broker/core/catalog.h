// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "broker/core/journal.h"
#include "broker/core/options.h"
#include "broker/core/outbox.h"
#include "broker/core/pop_service.h"
#include "broker/core/queue_writer.h"
#include "broker/core/registry.h"
#include "broker/core/request.h"
#include "broker/core/state.h"

namespace petrel::core {

// Topics and groups: created, changed, deleted, listed, or made on first use. Core thread only.
class Catalog {
 public:
  struct Parts {
    const CoreOptions& options;
    store::MessageStore& store;
    BrokerState& state;
    Journal& journal;
    Outbox& outbox;
    QueueWriter& writer;
    PopService& pop;
    Registry& registry;
  };
  explicit Catalog(const Parts& parts) : parts_(parts) {}

  // The topic or group, made if it is absent and configuration allows; null and an outcome
  // otherwise.
  TopicState* ensure_topic(std::string_view name, Outcome& outcome);
  GroupState* ensure_group(std::string_view name, Outcome& outcome);

  // Takes over what another broker had, as it is. Nothing if it is the same.
  void adopt(const TopicConfig& adopted);
  void adopt(const GroupConfig& config);

  void apply_topics(std::unique_ptr<ApplyTopicsRequest> request);
  void delete_topics(std::unique_ptr<DeleteTopicsRequest> request);
  void apply_groups(std::unique_ptr<ApplyGroupsRequest> request);
  void delete_groups(std::unique_ptr<DeleteGroupsRequest> request);
  void list_topics(std::unique_ptr<ListTopicsRequest> request) const;
  void list_groups(std::unique_ptr<ListGroupsRequest> request) const;

  // Tells the registry everything: after a restart.
  void publish_all();

 private:
  TopicState& set_topic(TopicConfig config);
  GroupState& set_group(GroupConfig config);
  Outcome complete_topic(TopicConfig& config) const;
  void warn_of_retention(const TopicConfig& config) const;
  // Whether the changes fit into one record of the log.
  template <typename Config>
  Outcome check_size(const std::vector<Config>& changes) const;
  bool has_messages(const TopicState& topic) const;
  ListTopicsRequest::Topic describe(const TopicConfig& config, const TopicTotals& totals,
                                    Detail detail) const;
  ListGroupsRequest::Group describe(const GroupState& group, Detail detail) const;
  int64_t next_version() const { return parts_.state.config_version() + 1; }

  Parts parts_;
};

}  // namespace petrel::core
