// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nameserver/broker.h"
#include "nameserver/route_table.h"

namespace petrel::nameserver {

// Brokers that went away and have not come back, for those who list a cluster; routes know nothing
// of them. The latest kMax of the last kKeptMs. Pure: no threads, no clock.
class GoneBrokers {
 public:
  static constexpr size_t kMax = 1024;
  static constexpr int64_t kKeptMs = 24LL * 3600 * 1000;

  // A broker left, or fell silent.
  void left(const Broker& broker, int64_t now_ms);
  // A broker of this name and id is there.
  void came(const std::string& name, int32_t id) { brokers_.erase({name, id}); }
  // Ascending by name and id.
  std::vector<RouteTable::BrokerInfo> list(int64_t now_ms) const;

 private:
  std::map<std::pair<std::string, int32_t>, RouteTable::BrokerInfo> brokers_;
};

}  // namespace petrel::nameserver
