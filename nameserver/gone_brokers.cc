// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "nameserver/gone_brokers.h"

#include <algorithm>

namespace petrel::nameserver {

void GoneBrokers::left(const Broker& broker, int64_t now_ms) {
  brokers_[{broker.name, broker.id}] = {.broker = std::make_shared<const Broker>(broker),
                                        .last_heard_wall_ms = now_ms};
  std::erase_if(brokers_, [&](const auto& entry) {
    return entry.second.last_heard_wall_ms < now_ms - kKeptMs;
  });
  if (brokers_.size() > kMax) {
    brokers_.erase(
        std::min_element(brokers_.begin(), brokers_.end(), [](const auto& a, const auto& b) {
          return a.second.last_heard_wall_ms < b.second.last_heard_wall_ms;
        }));
  }
}

std::vector<RouteTable::BrokerInfo> GoneBrokers::list(int64_t now_ms) const {
  std::vector<RouteTable::BrokerInfo> gone;
  for (const auto& [key, info] : brokers_) {
    if (info.last_heard_wall_ms >= now_ms - kKeptMs) {
      gone.push_back(info);
    }
  }
  return gone;
}

}  // namespace petrel::nameserver
