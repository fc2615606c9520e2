// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/mutex.h"
#include "operator/brokers/content_feed.h"

namespace petrel::ops {

// The feeds of all brokers of all clusters, as members come and go. Any thread.
class ContentFeeds {
 public:
  // As ContentFeed::OnChange: on the thread of that broker's feed.
  using OnChange =
      std::function<void(const std::string& cluster, const MemberId& broker, ContentChange change)>;
  // Of each feed; its connection is not used.
  explicit ContentFeeds(ContentFeed::Options options, OnChange on_change);
  ~ContentFeeds();

  // From now on these are the cluster's brokers, and how to reach them. Feeds of others end, and
  // those of brokers with a new address begin anew. Not from an OnChange. After stop(), nothing.
  void set(const std::string& cluster, const std::map<MemberId, Connection>& brokers);
  // Ends all of them.
  void stop();

  // Null when set() did not name it.
  std::shared_ptr<ContentFeed> find(const std::string& cluster, const MemberId& broker) const;
  // Of those that answer: what Snapshot::brokers wants.
  std::map<MemberId, std::shared_ptr<const BrokerContent>> contents(
      const std::string& cluster) const;

 private:
  using Feeds = std::map<MemberId, std::shared_ptr<ContentFeed>>;
  std::shared_ptr<ContentFeed> make(const std::string& cluster, const MemberId& broker,
                                    const Connection& connection) const;

  const ContentFeed::Options options_;
  const OnChange on_change_;
  mutable Mutex mutex_;
  std::map<std::string, Feeds> clusters_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace petrel::ops
