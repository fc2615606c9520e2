// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "broker/core/request.h"
#include "broker/grpc/call.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "common/string_map.h"

namespace petrel::grpcfront {

// The clients that are connected: who they are, and how to tell them something. Any thread.
//
// A client enters with its settings and leaves when it says so, when it is silent for kSilenceMs,
// or kStreamLossMs after its telemetry stream broke unless it is heard again.
class ClientRegistry final : public core::ClientLiveness {
 public:
  static constexpr int64_t kSilenceMs = 120'000;
  static constexpr int64_t kStreamLossMs = 15'000;
  static constexpr int64_t kDefaultRequestTimeoutMs = 3'000;

  struct Client {
    std::string language;
    std::string version;
    rmq::ClientType type = rmq::CLIENT_TYPE_UNSPECIFIED;
    std::string group;  // of a consumer, with its namespace
    int64_t request_timeout_ms = kDefaultRequestTimeoutMs;
  };

  explicit ClientRegistry(const Clock& clock) : clock_(clock) {}

  // Settings arrived on the stream of `writer`, which replaces an earlier stream of the client.
  void put(std::string_view client_id, Client client, std::shared_ptr<TelemetryWriter> writer);
  void stream_closed(std::string_view client_id, const TelemetryWriter* writer);
  // Null for a client whose settings are not known; otherwise it counts as heard now.
  std::shared_ptr<const Client> heard(std::string_view client_id);
  std::shared_ptr<const Client> find(std::string_view client_id) const;
  bool remove(std::string_view client_id);

  bool connected(std::string_view client_id) const override { return find(client_id) != nullptr; }

  // Drops those that were silent too long and ends their streams; called about every second. A
  // Java client that closes while it renews its stream waits in close() for the end of that stream.
  void expire();
  // Sends a command to every client with a stream.
  void broadcast(const rmq::TelemetryCommand& command) const;
  // Ends every stream, after what was sent.
  void end_streams() const;

  size_t size() const;
  int32_t clients_of_group(std::string_view group) const;
  std::vector<std::shared_ptr<const Client>> clients() const;

 private:
  struct Entry {
    std::shared_ptr<const Client> client;
    std::shared_ptr<TelemetryWriter> writer;  // null: no stream at the moment
    int64_t expires_us = 0;
  };
  std::vector<std::shared_ptr<TelemetryWriter>> writers() const;
  std::vector<std::shared_ptr<TelemetryWriter>> take_expired();
  int64_t after_ms(int64_t ms) const { return clock_.mono_us() + ms * 1000; }

  const Clock& clock_;
  mutable Mutex mutex_;
  StringMap<Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace petrel::grpcfront
