// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace petrel::frontend {

// How a connected client is told something that it did not ask for: a stream of a protocol, or a
// connection. Any thread; outlives what it stands for, after which calls do nothing.
class ClientChannel {
 public:
  virtual ~ClientChannel() = default;
  // The client had better connect anew: the broker at this address is about to end. Not waited for.
  virtual void ask_to_reconnect(std::string_view broker_address) = 0;
  // Ends the channel once it has sent what it was given. Further calls do nothing.
  virtual void end() = 0;
};

}  // namespace petrel::frontend
