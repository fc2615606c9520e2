// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "operator/brokers/channel.h"
#include "operator/plan/plan.h"
#include "petrel/admin/v1/admin.pb.h"

namespace petrel::ops {

namespace admin = petrel::admin::v1;

// The admin service of one broker, as blocking calls. One thread at a time. Unavailable and
// DeadlineExceeded mean that the broker was not reached, Cancelled that cancel() was called; all
// other errors are its answer.
class BrokerAdmin {
 public:
  explicit BrokerAdmin(const Connection& connection);
  // Over a channel that others use, too.
  BrokerAdmin(const std::shared_ptr<grpc::Channel>& channel, Connection connection);
  ~BrokerAdmin();

  const std::string& address() const { return connection_.address; }

  absl::StatusOr<admin::DescribeBrokerResponse> describe();
  // Of all topics when no names are given.
  absl::StatusOr<admin::ListTopicsResponse> list_topics(bool include_system,
                                                        const std::vector<std::string>& names);
  absl::StatusOr<admin::ListGroupsResponse> list_groups(const std::vector<std::string>& names);
  // Of these groups, also of topics that they have not received from; of groups, too, that the
  // broker does not have. By group: topics.
  absl::StatusOr<admin::ListGroupsResponse> list_interests(
      const std::map<std::string, std::vector<std::string>>& interests);
  // All that are connected; with a group, its consumers.
  absl::StatusOr<std::vector<admin::ClientStatus>> list_clients(const std::string& group);
  absl::StatusOr<admin::QueryMessagesResponse> query_messages(
      const admin::QueryMessagesRequest& request);
  absl::StatusOr<admin::BrowseMessagesResponse> browse_messages(
      const admin::BrowseMessagesRequest& request);
  // NotFound when the broker does not have it.
  absl::StatusOr<admin::StoredMessage> get_message(const std::string& offset_id,
                                                   int64_t body_bytes_max);
  // What the planner compares with: the store's id, signs, all topics that are not the system's,
  // and all groups. Read in pages, so that a change meanwhile may show in part.
  absl::StatusOr<BrokerContent> content();
  // Topics and groups that are named, as far as they exist, and no more.
  absl::StatusOr<BrokerContent> content(const std::vector<std::string>& topics,
                                        const std::vector<std::string>& groups);

  // These return the names that were changed or existed. With only_empty, FailedPrecondition when
  // some were kept because they are not; all others are deleted then.
  absl::StatusOr<std::vector<std::string>> apply_topics(const std::vector<TopicSettings>& topics);
  absl::StatusOr<std::vector<std::string>> apply_groups(const std::vector<GroupSettings>& groups);
  // only_empty: topics that have messages, and groups with unread or open messages or with clients,
  // are left alone.
  absl::StatusOr<std::vector<std::string>> delete_topics(const std::vector<std::string>& names,
                                                         bool only_empty = false);
  absl::StatusOr<std::vector<std::string>> delete_groups(const std::vector<std::string>& names,
                                                         bool only_empty = false);
  // Does an action that is_content(); the names are of no interest.
  absl::Status write(const Action& action);
  // Closes the broker's store, or lets go of it as a crash would, and opens it again. How long that
  // took, in milliseconds.
  absl::StatusOr<int64_t> restart_engine(bool drop);
  // The broker's config_version with the last of these changes, or -1; ContentFeed::wait_for takes
  // it.
  int64_t written_version() const { return written_version_; }

  // Any thread: the call under way and all later ones end, with Cancelled.
  void cancel();

 private:
  // Fills in TopicContent::closing where there are such queues, which is seldom.
  absl::Status add_closing(BrokerContent& content);

  class Calls;
  const Connection connection_;
  int64_t written_version_ = -1;
  std::unique_ptr<Calls> calls_;
};

// Settings in the admin service's messages, and back.
void to_message(const TopicSettings& settings, admin::TopicSpec* message);
void to_message(const GroupSettings& settings, admin::GroupSpec* message);
BrokerSigns from_message(const admin::BrokerSigns& message);
TopicSettings from_message(const admin::TopicSpec& message);
GroupSettings from_message(const admin::GroupSpec& message);

}  // namespace petrel::ops
