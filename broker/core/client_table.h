// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "broker/core/types.h"
#include "common/string_map.h"

namespace petrel::core {

// The clients that deliveries refer to: those for which the broker renews deliveries while they are
// connected. A client stays until an event removes it, which is possible while it has no open
// delivery. Part of BrokerState; core thread only.
class ClientTable {
 public:
  struct Client {
    ClientId id;
    std::string name;
    int64_t open_deliveries = 0;   // follows from the queues; not in a snapshot
    mutable uint32_t capture = 0;  // the last capture that has saved it
  };
  using Clients = absl::btree_map<ClientId, std::unique_ptr<Client>>;

  const Client* find(ClientId id) const;
  std::optional<ClientId> find(std::string_view name) const;
  const Clients& all() const { return clients_; }
  // Ids grow; the next client gets a higher one than any before it had.
  ClientId last_id() const { return last_id_; }
  // Those without an open delivery: how many, and the oldest up to `limit` of them. The latter
  // looks at all clients.
  size_t idle_count() const { return idle_count_; }
  std::vector<ClientId> idle(size_t limit) const;

  // --- changes ---
  // Neither the id nor the name is there.
  const Client& add(ClientId id, std::string_view name);
  // It is there and has no open delivery.
  void remove(ClientId id);
  // So many open deliveries of the client more, or fewer.
  void count(ClientId id, int64_t open_deliveries);
  void restore_last_id(ClientId id) { last_id_ = id; }

 private:
  Clients clients_;
  StringMap<ClientId> ids_by_name_;
  ClientId last_id_;
  size_t idle_count_ = 0;
  Client* last_counted_ = nullptr;  // most changes come in runs for one client
};

}  // namespace petrel::core
