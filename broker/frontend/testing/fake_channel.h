// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "broker/frontend/client_channel.h"

namespace petrel::frontend {

// Remembers what a client would have been told.
class FakeChannel final : public ClientChannel {
 public:
  void ask_to_reconnect(std::string_view broker_address) override {
    reconnects.emplace_back(broker_address);
  }
  void end() override { ++ends; }

  std::vector<std::string> reconnects;
  int ends = 0;
};

}  // namespace petrel::frontend
