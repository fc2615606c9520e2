// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "broker/core/registry.h"
#include "petrel/nameserver/v1/registration.pb.h"

namespace petrel::broker {

// Keeps this broker registered with every configured nameserver: a stream to each, with the whole
// topic table first, then what changes, and a heartbeat every 30 s. A lost stream is opened again,
// after 100 ms at first and 5 s at last with jitter; the nameserver's address is
// resolved anew each time. Over TLS; ca_file says whose certificates they may show (empty:
// anyone's).
//
// One thread for each nameserver. start() -> config_changed() from any thread -> stop().
class Registrar {
 public:
  Registrar(std::vector<std::string> nameservers, nameserver::v1::BrokerIdentity identity,
            std::string ca_file, const core::Registry& registry);
  ~Registrar();

  void start();
  // Tells every nameserver that holds the broker's table that it is about to stop, so that routes
  // lead clients to others. Returns once they have answered, or a moment later: whether one of them
  // has others take over. After start(), before stop().
  bool leave();
  // Ends the streams, which takes the broker out of the nameservers' tables.
  void stop();
  void config_changed();
  size_t nameservers() const { return links_.size(); }
  // How many of them hold the broker's current table.
  size_t registered() const;
  // One of them has held it, or each has been tried for some 5 s: no longer worth waiting for. Once
  // true it stays so: a broker that serves goes on without nameservers.
  bool settled() const;

 private:
  class Link;
  std::vector<std::unique_ptr<Link>> links_;
};

}  // namespace petrel::broker
