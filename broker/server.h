// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "broker/config.h"
#include "store/disk/disk.h"

namespace petrel::broker {

// A whole broker: store, core, front end, administration, registration, metrics. Started and
// stopped by main().
//
// Start: health is served first, as opening and replaying the store may take long; then the store,
// then calls; a nameserver hears of the broker last, and the broker is ready once one holds its
// topics or each was tried for some seconds. Stop goes the other way: not ready, nameservers told,
// clients sent elsewhere, calls end, the log is synced, and a last snapshot is written.
class Server {
 public:
  // `failed` is called once, on a thread of the broker's, if the store fails; then the broker must
  // stop. `disk` holds the store.
  static absl::StatusOr<std::unique_ptr<Server>> start(
      const BrokerConfig& config, std::function<void()> failed,
      std::unique_ptr<store::Disk> disk = store::make_posix_disk());
  ~Server();

  // Serves on, not ready and out of routes, until producers have had the time to go to other
  // brokers (`process.leave-time`), none is connected, or the store fails. At once when no broker
  // takes over. Before stop().
  void leave();

  // Returns when everything is on disk. The error of the store, if it failed before or now.
  absl::Status stop();

  // What clients are told to connect to.
  const std::string& advertised() const;

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  const std::unique_ptr<State> state_;
};

}  // namespace petrel::broker
