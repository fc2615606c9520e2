// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/client_registry.h"

#include <algorithm>
#include <utility>

namespace petrel::grpcfront {

void ClientRegistry::put(std::string_view client_id, Client client,
                         std::shared_ptr<TelemetryWriter> writer) {
  auto shared = std::make_shared<const Client>(std::move(client));
  const MutexLock lock(mutex_);
  Entry& entry = entries_[std::string(client_id)];
  entry.client = std::move(shared);
  entry.writer = std::move(writer);
  entry.expires_us = after_ms(kSilenceMs);
}

void ClientRegistry::stream_closed(std::string_view client_id, const TelemetryWriter* writer) {
  const MutexLock lock(mutex_);
  const auto it = entries_.find(client_id);
  if (it == entries_.end() || it->second.writer.get() != writer) return;
  it->second.writer.reset();
  it->second.expires_us = std::min(it->second.expires_us, after_ms(kStreamLossMs));
}

std::shared_ptr<const ClientRegistry::Client> ClientRegistry::heard(std::string_view client_id) {
  const MutexLock lock(mutex_);
  const auto it = entries_.find(client_id);
  if (it == entries_.end()) return nullptr;
  it->second.expires_us = after_ms(kSilenceMs);
  return it->second.client;
}

std::shared_ptr<const ClientRegistry::Client> ClientRegistry::find(
    std::string_view client_id) const {
  const MutexLock lock(mutex_);
  const auto it = entries_.find(client_id);
  if (it == entries_.end() || it->second.expires_us <= clock_.mono_us()) return nullptr;
  return it->second.client;
}

bool ClientRegistry::remove(std::string_view client_id) {
  const MutexLock lock(mutex_);
  const auto it = entries_.find(client_id);
  if (it == entries_.end()) return false;
  entries_.erase(it);
  return true;
}

void ClientRegistry::expire() {
  for (const auto& writer : take_expired()) {
    writer->finish(TelemetryWriter::End::kOk, "");
  }
}

std::vector<std::shared_ptr<TelemetryWriter>> ClientRegistry::take_expired() {
  std::vector<std::shared_ptr<TelemetryWriter>> writers;
  const MutexLock lock(mutex_);
  const int64_t now_us = clock_.mono_us();
  absl::erase_if(entries_, [now_us, &writers](auto& e) {
    if (e.second.expires_us > now_us) return false;
    if (e.second.writer != nullptr) writers.push_back(std::move(e.second.writer));
    return true;
  });
  return writers;
}

std::vector<std::shared_ptr<TelemetryWriter>> ClientRegistry::writers() const {
  std::vector<std::shared_ptr<TelemetryWriter>> writers;
  const MutexLock lock(mutex_);
  for (const auto& [id, entry] : entries_) {
    if (entry.writer != nullptr) writers.push_back(entry.writer);
  }
  return writers;
}

void ClientRegistry::broadcast(const rmq::TelemetryCommand& command) const {
  for (const auto& writer : writers()) writer->write(command);
}

void ClientRegistry::end_streams() const {
  for (const auto& writer : writers()) writer->finish(TelemetryWriter::End::kOk, "");
}

size_t ClientRegistry::size() const {
  const MutexLock lock(mutex_);
  return entries_.size();
}

int32_t ClientRegistry::clients_of_group(std::string_view group) const {
  const MutexLock lock(mutex_);
  return static_cast<int32_t>(
      std::count_if(entries_.begin(), entries_.end(),
                    [group](const auto& e) { return e.second.client->group == group; }));
}

std::vector<std::shared_ptr<const ClientRegistry::Client>> ClientRegistry::clients() const {
  std::vector<std::shared_ptr<const Client>> clients;
  const MutexLock lock(mutex_);
  clients.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) clients.push_back(entry.client);
  return clients;
}

}  // namespace petrel::grpcfront
