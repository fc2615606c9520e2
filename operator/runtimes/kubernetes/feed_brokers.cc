// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/kubernetes/feed_brokers.h"

#include <utility>

#include "common/concat.h"
#include "common/status.h"
#include "operator/brokers/broker_admin.h"

namespace petrel::ops {

namespace {

// A broker tells of a change within milliseconds; without its word the content is older than the
// write, and the next round writes the same again, which changes nothing.
constexpr int64_t kReadBackTimeoutMs = 2'000;

}  // namespace

FeedBrokers::FeedBrokers(ContentFeeds& feeds, std::string cluster)
    : feeds_(feeds), cluster_(std::move(cluster)) {}

FeedBrokers::~FeedBrokers() { feeds_.set(cluster_, {}); }

void FeedBrokers::set(const std::map<MemberId, Address>& brokers) {
  std::map<MemberId, Connection> connections;
  for (const auto& [id, address] : brokers) {
    connections[id] = {.address = address.host_port};
  }
  feeds_.set(cluster_, connections);
  std::erase_if(admins_, [&](const auto& entry) {
    const auto found = brokers.find(entry.first);
    return found == brokers.end() || found->second.host_port != entry.second->address();
  });
  for (const auto& [id, address] : brokers) {
    if (admins_[id] == nullptr) {
      admins_[id] = std::make_unique<BrokerAdmin>(Connection{.address = address.host_port});
    }
    if (const auto feed = feeds_.find(cluster_, id);
        address.ready && feed != nullptr && feed->content() == nullptr) {
      feed->connect_now();
    }
  }
}

std::map<MemberId, std::shared_ptr<const BrokerContent>> FeedBrokers::contents() {
  return feeds_.contents(cluster_);
}

absl::Status FeedBrokers::write(const Action& action) {
  const auto admin = admins_.find(action.member);
  if (admin == admins_.end()) {
    return absl::UnavailableError(concat(action.member.name(), " has no address"));
  }
  const absl::Status written = admin->second->write(action);
  const auto feed = feeds_.find(cluster_, action.member);
  if (absl::IsFailedPrecondition(written) && feed != nullptr) {
    feed->refresh_stats();  // it was decided by older ones
  }
  PETREL_RETURN_IF_ERROR(written);
  if (feed != nullptr) {
    feed->wait_for(admin->second->written_version(), kReadBackTimeoutMs);
  }
  return absl::OkStatus();
}

}  // namespace petrel::ops
