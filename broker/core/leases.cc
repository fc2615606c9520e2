// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/leases.h"

#include "common/log.h"

namespace petrel::core {
namespace {

constexpr log::Logger kLog("broker");
constexpr int64_t kLookUs = 500'000;

}  // namespace

void Leases::lead() {
  last_turn_us_ = parts_.time.mono_us;
  was_away_ = false;
  begin_grace();
}

void Leases::begin_turn() {
  const int64_t away_us = parts_.time.mono_us - last_turn_us_;
  last_turn_us_ = parts_.time.mono_us;
  if (away_us < kAwayUs) {
    if (next_look_us_ <= parts_.time.mono_us) {
      look();
    }
    return;
  }
  was_away_ = true;
  begin_grace();
  if (!in_grace_.empty()) {
    kLog.warn("the broker stood still: clients have time to come back to what they work on",
              {{"stood_still_ms", away_us / 1000},
               {"clients", static_cast<int64_t>(in_grace_.size())},
               {"grace_ms", kGraceMs}});
  }
}

void Leases::begin_grace() {
  grace_ends_ms_ = parts_.time.log_ms + kGraceMs;
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
  next_look_us_ = parts_.time.mono_us + kLookUs;
  if (parts_.time.log_ms >= grace_ends_ms_) {
    in_grace_.clear();
    return;
  }
  absl::erase_if(in_grace_, [this](ClientId id) {
    const ClientTable::Client* const client = parts_.state.clients().find(id);
    return client == nullptr || client->open_deliveries == 0 || (!was_away_ && connected(id));
  });
}

std::optional<int64_t> Leases::next_deadline_us() const {
  const ClientTable& clients = parts_.state.clients();
  const bool somebody = clients.all().size() > clients.idle_count();
  return somebody || !in_grace_.empty() ? std::optional(next_look_us_) : std::nullopt;
}

}  // namespace petrel::core
