// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

namespace apache::rocketmq::v2 {
class Settings;
}

// The telemetry handshake: a client sends its Settings and waits for the same message with the
// server's values merged in. Clients are strict: client_type, access_point and the case of pub_sub
// come back as sent, and a backoff strategy is always set.

namespace petrel {

// What a server tells every client.
struct ServerSettings {
  int32_t body_size_bytes_max = 4 * 1024 * 1024;
  // The client refuses by itself what the topic does not accept.
  bool validate_message_type = true;
  int32_t receive_batch_max = 32;
  int64_t long_polling_timeout_ms = 20'000;
};

// What a server tells a consumer about its group. The defaults answer for an unknown group.
struct GroupSettings {
  bool fifo = false;
  int32_t attempts_max = 17;  // the first delivery and 16 more
  // Before redelivery n; the last repeats. Empty: redelivery_ladder_ms().
  std::vector<int64_t> backoff_ms;
};

// RocketMQ's delays before redelivery 1, 2, ...: 1s 5s 10s 30s 1m..10m 20m 30m 1h 2h.
const std::vector<int64_t>& redelivery_ladder_ms();

// The client's settings with the server's values in place. `group` is used for consumers only.
// InvalidArgument when the client says neither publishing nor subscription.
absl::StatusOr<apache::rocketmq::v2::Settings> merge_settings(
    const apache::rocketmq::v2::Settings& client, const ServerSettings& server,
    const GroupSettings& group = {});

}  // namespace petrel
