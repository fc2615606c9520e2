// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "broker/core/registry.h"
#include "common/mutex.h"
#include "petrel/admin/v1/admin.pb.h"

namespace petrel::broker {

// The streams of WatchConfig. Each is told what changed since it was last told, once it has taken
// that: a slow watcher costs nothing and misses nothing. Any thread.
class ConfigWatchers {
 public:
  static constexpr size_t kWatchersMax = 1'000;

  // What a broker says of itself, told with each message. Any thread; cheap.
  using Signs = std::function<admin::v1::BrokerSigns()>;

  explicit ConfigWatchers(
      const core::Registry& registry, Signs signs = [] { return admin::v1::BrokerSigns(); });
  ~ConfigWatchers();

  admin::v1::BrokerSigns signs() const { return signs_(); }
  // A new stream, told the current version at once; the result is for the gRPC library.
  grpc::ServerWriteReactor<admin::v1::ConfigChanged>* watch();
  // The registry has a new version, or signs may have changed. Not from the core thread: it writes
  // to connections.
  void notify();
  // Ends all streams, and those that come later.
  void close();

 private:
  class Watch;
  class Reactor;
  bool add(std::shared_ptr<Watch> watch);
  void remove(const Watch* watch);

  const core::Registry& registry_;
  const Signs signs_;
  Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::shared_ptr<Watch>> watches_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace petrel::broker
