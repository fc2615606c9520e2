// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/client_table.h"

#include <algorithm>

#include "common/check.h"

namespace petrel::core {

const ClientTable::Client* ClientTable::find(ClientId id) const {
  const auto found = clients_.find(id);
  return found == clients_.end() ? nullptr : found->second.get();
}

std::optional<ClientId> ClientTable::find(std::string_view name) const {
  const auto found = ids_by_name_.find(name);
  if (found == ids_by_name_.end()) {
    return std::nullopt;
  }
  return found->second;
}

std::vector<ClientId> ClientTable::idle(size_t limit) const {
  std::vector<ClientId> ids;
  for (const auto& [id, client] : clients_) {
    if (ids.size() == std::min(limit, idle_count_)) {
      break;
    }
    if (client->open_deliveries == 0) {
      ids.push_back(id);
    }
  }
  return ids;
}

const ClientTable::Client& ClientTable::add(ClientId id, std::string_view name) {
  auto client = std::make_unique<Client>();
  client->id = id;
  client->name = std::string(name);
  const bool name_is_new = ids_by_name_.emplace(client->name, id).second;
  const auto [added, id_is_new] = clients_.emplace(id, std::move(client));
  PETREL_CHECK(name_is_new && id_is_new) << "client " << id.value() << " '" << name << "'";
  last_id_ = std::max(last_id_, id);
  ++idle_count_;
  return *added->second;
}

void ClientTable::remove(ClientId id) {
  const auto found = clients_.find(id);
  PETREL_CHECK(found != clients_.end()) << "client " << id.value();
  PETREL_CHECK_EQ(found->second->open_deliveries, 0) << "of client " << id.value();
  PETREL_CHECK_EQ(ids_by_name_.erase(found->second->name), 1u);
  if (last_counted_ == found->second.get()) {
    last_counted_ = nullptr;
  }
  clients_.erase(found);
  --idle_count_;
}

void ClientTable::count(ClientId id, int64_t open_deliveries) {
  if (last_counted_ == nullptr || last_counted_->id != id) {
    const auto found = clients_.find(id);
    PETREL_CHECK(found != clients_.end()) << "client " << id.value();
    last_counted_ = found->second.get();
  }
  Client& client = *last_counted_;
  const bool was_idle = client.open_deliveries == 0;
  client.open_deliveries += open_deliveries;
  PETREL_CHECK_GE(client.open_deliveries, 0) << "of client " << id.value();
  const bool is_idle = client.open_deliveries == 0;
  if (was_idle && !is_idle) {
    --idle_count_;
  } else if (is_idle && !was_idle) {
    ++idle_count_;
  }
}

}  // namespace petrel::core
