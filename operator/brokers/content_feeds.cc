// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/brokers/content_feeds.h"

#include <utility>
#include <vector>

namespace petrel::ops {

ContentFeeds::ContentFeeds(ContentFeed::Options options, OnChange on_change)
    : options_(std::move(options)), on_change_(std::move(on_change)) {}

ContentFeeds::~ContentFeeds() { stop(); }

void ContentFeeds::set(const std::string& cluster, const std::map<MemberId, Connection>& brokers) {
  // What ends is stopped after the lock is given back, as that waits for other threads.
  std::vector<std::shared_ptr<ContentFeed>> ended;
  {
    const MutexLock lock(mutex_);
    if (stopped_) {
      return;
    }
    Feeds& feeds = clusters_[cluster];
    for (auto it = feeds.begin(); it != feeds.end();) {
      const auto wanted = brokers.find(it->first);
      const bool keep = wanted != brokers.end() && wanted->second == it->second->connection();
      if (!keep) {
        ended.push_back(std::move(it->second));
      }
      it = keep ? std::next(it) : feeds.erase(it);
    }
    for (const auto& [broker, connection] : brokers) {
      if (!feeds.contains(broker)) {
        feeds[broker] = make(cluster, broker, connection);
      }
    }
    if (feeds.empty()) {
      clusters_.erase(cluster);
    }
  }
  for (const auto& feed : ended) {
    feed->stop();
  }
}

void ContentFeeds::stop() {
  std::map<std::string, Feeds> ended;
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    ended = std::exchange(clusters_, {});
  }
  for (const auto& [cluster, feeds] : ended) {
    for (const auto& [broker, feed] : feeds) {
      feed->stop();
    }
  }
}

std::shared_ptr<ContentFeed> ContentFeeds::find(const std::string& cluster,
                                                const MemberId& broker) const {
  const MutexLock lock(mutex_);
  const auto feeds = clusters_.find(cluster);
  if (feeds == clusters_.end()) {
    return nullptr;
  }
  const auto found = feeds->second.find(broker);
  return found == feeds->second.end() ? nullptr : found->second;
}

std::map<MemberId, std::shared_ptr<const BrokerContent>> ContentFeeds::contents(
    const std::string& cluster) const {
  std::map<MemberId, std::shared_ptr<const BrokerContent>> contents;
  const MutexLock lock(mutex_);
  const auto feeds = clusters_.find(cluster);
  if (feeds == clusters_.end()) {
    return contents;
  }
  for (const auto& [broker, feed] : feeds->second) {
    if (auto content = feed->content()) {
      contents.emplace(broker, std::move(content));
    }
  }
  return contents;
}

std::shared_ptr<ContentFeed> ContentFeeds::make(const std::string& cluster, const MemberId& broker,
                                                const Connection& connection) const {
  ContentFeed::Options options = options_;
  options.connection = connection;
  auto feed = std::make_shared<ContentFeed>(
      std::move(options), std::make_unique<SystemRandom>(),
      [this, cluster, broker](ContentChange change) { on_change_(cluster, broker, change); });
  feed->start();
  return feed;
}

}  // namespace petrel::ops
