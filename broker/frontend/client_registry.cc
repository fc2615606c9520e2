// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/client_registry.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace petrel::frontend {

void ClientRegistry::put(std::string_view client_id, Client client,
                         std::shared_ptr<ClientChannel> channel) {
  PETREL_CHECK(channel != nullptr);
  auto shared = std::make_shared<const Client>(std::move(client));
  const MutexLock lock(mutex_);
  Entry& entry = entries_[std::string(client_id)];
  if (entry.client == nullptr) {
    entry.since_ms = clock_.wall_ms();
  }
  entry.client = std::move(shared);
  entry.channel = std::move(channel);
  entry.lost = false;
  entry.expires_us = after_ms(kSilenceMs);
}

void ClientRegistry::channel_closed(std::string_view client_id, const ClientChannel* channel) {
  const MutexLock lock(mutex_);
  const auto it = entries_.find(client_id);
  if (it == entries_.end() || it->second.channel.get() != channel) {
    return;
  }
  it->second.channel.reset();
  it->second.lost = true;
  it->second.expires_us = std::min(it->second.expires_us, after_ms(kChannelLossMs));
}

std::shared_ptr<const Client> ClientRegistry::heard(std::string_view client_id) {
  const MutexLock lock(mutex_);
  const auto it = entries_.find(client_id);
  if (it == entries_.end()) {
    return nullptr;
  }
  it->second.lost = false;
  it->second.expires_us = after_ms(kSilenceMs);
  return it->second.client;
}

std::shared_ptr<const Client> ClientRegistry::find(std::string_view client_id) const {
  const MutexLock lock(mutex_);
  const auto it = entries_.find(client_id);
  if (it == entries_.end() || it->second.expires_us <= clock_.mono_us()) {
    return nullptr;
  }
  return it->second.client;
}

void ClientRegistry::answer_sent(core::SentAnswer answer) {
  const MutexLock lock(sent_mutex_);
  sent_.push_back(std::move(answer));
}

std::vector<core::SentAnswer> ClientRegistry::take_sent() {
  const MutexLock lock(sent_mutex_);
  return std::exchange(sent_, {});
}

bool ClientRegistry::remove(std::string_view client_id) {
  const MutexLock lock(mutex_);
  const auto it = entries_.find(client_id);
  if (it == entries_.end()) {
    return false;
  }
  entries_.erase(it);
  return true;
}

void ClientRegistry::expire() {
  for (const auto& channel : take_expired()) {
    channel->end();
  }
}

std::vector<std::shared_ptr<ClientChannel>> ClientRegistry::take_expired() {
  std::vector<std::shared_ptr<ClientChannel>> channels;
  const MutexLock lock(mutex_);
  const int64_t now_us = clock_.mono_us();
  absl::erase_if(entries_, [now_us, &channels](auto& e) {
    if (e.second.expires_us > now_us) {
      return false;
    }
    if (e.second.channel != nullptr) {
      channels.push_back(std::move(e.second.channel));
    }
    return true;
  });
  return channels;
}

std::vector<std::shared_ptr<ClientChannel>> ClientRegistry::channels() const {
  std::vector<std::shared_ptr<ClientChannel>> channels;
  const MutexLock lock(mutex_);
  for (const auto& [id, entry] : entries_) {
    if (entry.channel != nullptr) {
      channels.push_back(entry.channel);
    }
  }
  return channels;
}

void ClientRegistry::ask_to_reconnect(std::string_view broker_address) const {
  for (const auto& channel : channels()) {
    channel->ask_to_reconnect(broker_address);
  }
}

void ClientRegistry::end_channels() const {
  for (const auto& channel : channels()) {
    channel->end();
  }
}

size_t ClientRegistry::size() const {
  const MutexLock lock(mutex_);
  return entries_.size();
}

int32_t ClientRegistry::producers() const {
  const MutexLock lock(mutex_);
  return static_cast<int32_t>(std::count_if(entries_.begin(), entries_.end(), [](const auto& e) {
    return e.second.client->is_producer();
  }));
}

int32_t ClientRegistry::clients_of_group(std::string_view group) const {
  const MutexLock lock(mutex_);
  return static_cast<int32_t>(
      std::count_if(entries_.begin(), entries_.end(),
                    [group](const auto& e) { return e.second.client->group == group; }));
}

std::vector<std::shared_ptr<const Client>> ClientRegistry::clients() const {
  std::vector<std::shared_ptr<const Client>> clients;
  const MutexLock lock(mutex_);
  clients.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) {
    clients.push_back(entry.client);
  }
  return clients;
}

std::vector<ClientRegistry::Connected> ClientRegistry::list(std::string_view group,
                                                            std::string_view after,
                                                            size_t limit) const {
  std::vector<Connected> found;
  const MutexLock lock(mutex_);
  for (auto it = entries_.upper_bound(after); it != entries_.end() && found.size() < limit; ++it) {
    const auto& [id, entry] = *it;
    if (group.empty() || entry.client->group == group) {
      found.push_back({.client_id = id,
                       .client = entry.client,
                       .since_ms = entry.since_ms,
                       .lost = entry.lost});
    }
  }
  return found;
}

}  // namespace petrel::frontend
