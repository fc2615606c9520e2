// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "store/log/record.h"
#include "store/types.h"

namespace petrel::core {

struct CoreOptions {
  store::FlushMode flush_mode = store::FlushMode::kAsync;
  store::HostAddress store_host;  // written into the broker's own records

  bool auto_create_topics = false;
  bool auto_create_groups = true;
  int32_t auto_create_groups_max = 10'000;  // with so many, only administration makes others
  int32_t default_queues = 8;
  // How long the log keeps messages: a topic cannot keep them longer.
  int64_t log_retention_ms = int64_t{72} * 3'600'000;

  // Of one group, neither acknowledged nor due again: receives get redeliveries only beyond.
  int32_t in_flight_per_queue_max = 20'000;
  // What a group may have open in a queue, in memory, due or not; likewise beyond. About 400,000
  // neighbours, or 100,000 messages far from one another.
  int64_t open_bytes_per_queue_max = 16 << 20;
  // Records that one receive is answered with; a larger one comes alone.
  int64_t receive_bytes_max = 4 << 20;
  int32_t waiting_receives_max = 65'536;
  int32_t waiting_receives_per_client_max = 1'024;
  int64_t unwritten_bytes_max = 32 << 20;  // sends are refused beyond; below the log's own limit
  // A receive looks at so many entries that its filter refuses before others get their turn.
  int32_t scan_entries_max = 8'192;
  // Queues, and topics and groups without, that lists look at in one turn; they go on in the next.
  int32_t listed_at_once_max = 4'096;

  // What the changes of one request may come to in the log; see state_record_bytes_max().
  int64_t state_record_bytes_max = 4 << 20;

  // At a start the log is applied and committed in pieces of this size, as what is applied and not
  // committed is kept in memory.
  int64_t applied_at_once_bytes = 64 << 20;

  // From a change to its answer at the latest, though the disk has not confirmed it by then.
  int64_t flush_timeout_ms = 5'000;  // RocketMQ's syncFlushTimeout
  // Bytes of records that the core itself is having read.
  int64_t loading_bytes_max = 16 << 20;

  int64_t renew_interval_ms = 60'000;
  int64_t renew_total_ms = 3 * 3'600'000;
};

// Bytes that wait to be written beyond which all requests are refused: between the limit of sends
// and the log's own, which is twice as much.
inline int64_t far_behind_bytes(const CoreOptions& options) {
  return options.unwritten_bytes_max + options.unwritten_bytes_max / 2;
}

// The changes of one request become one record, with what came before in the turn as far as it was
// not enough for a record. The log must take all of that, also into half of what it keeps in
// reserve when the disk is full (CommitLog::reserve_runs_out): so much of a file ...
inline int64_t reserved_state_record_bytes(int64_t segment_bytes) { return segment_bytes / 16; }
// ... and as a record.
inline int64_t state_record_bytes_max(int64_t segment_bytes, int64_t record_bytes_max) {
  constexpr int64_t kMost = 4 << 20;
  return std::min({kMost, record_bytes_max * 2 / 5, reserved_state_record_bytes(segment_bytes)});
}

}  // namespace petrel::core
