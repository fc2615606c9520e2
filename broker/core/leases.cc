// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/leases.h"

namespace petrel::core {

void Leases::begin() {
  grace_ends_ms_ = parts_.time.log_ms + parts_.options.lease_grace_ms;
  for (const auto& [id, client] : parts_.state.clients().all()) {
    if (client->open_deliveries > 0) {
      in_grace_.insert(id);
    }
  }
  look();
}

bool Leases::connected(ClientId client) const {
  return parts_.liveness.connected(parts_.state.client_name(client));
}

std::optional<int64_t> Leases::renewed_until_ms(ClientId client) const {
  if (connected(client)) {
    return parts_.time.log_ms + parts_.options.renew_interval_ms;
  }
  if (in_grace_.contains(client) && parts_.time.log_ms < grace_ends_ms_) {
    return grace_ends_ms_;
  }
  return std::nullopt;
}

void Leases::look() {
  if (parts_.time.log_ms >= grace_ends_ms_) {
    in_grace_.clear();
    return;
  }
  absl::erase_if(in_grace_, [this](ClientId id) {
    const ClientTable::Client* const client = parts_.state.clients().find(id);
    return client == nullptr || client->open_deliveries == 0 || connected(id);
  });
}

}  // namespace petrel::core
