// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "operator/brokers/content_feeds.h"
#include "operator/runtimes/kubernetes/cluster_brokers.h"

namespace petrel::ops {

class BrokerAdmin;

// The brokers of one cluster through their admin services: contents from feeds that all clusters
// share, writes by calls of its own. When it ends, so do its feeds.
class FeedBrokers final : public ClusterBrokers {
 public:
  // `cluster` is what ContentFeeds knows the cluster by. The feeds outlive this.
  FeedBrokers(ContentFeeds& feeds, std::string cluster);
  ~FeedBrokers() override;

  void set(const std::map<MemberId, Address>& brokers) override;
  std::map<MemberId, std::shared_ptr<const BrokerContent>> contents() override;
  absl::Status write(const Action& action) override;

 private:
  ContentFeeds& feeds_;
  const std::string cluster_;
  std::map<MemberId, std::unique_ptr<BrokerAdmin>> admins_;
};

}  // namespace petrel::ops
