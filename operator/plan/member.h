// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>

namespace petrel::ops {

enum class Role { kNameserver, kBroker };

// One process of a cluster. A broker's index is that of its group: groups have one member.
struct MemberId {
  Role role = Role::kNameserver;
  int index = 0;

  // "nameserver-0", "broker-1"; for a broker also the name of its group.
  std::string name() const {
    return (role == Role::kNameserver ? "nameserver-" : "broker-") + std::to_string(index);
  }
  // Nameservers first.
  friend auto operator<=>(const MemberId&, const MemberId&) = default;
};

}  // namespace petrel::ops
