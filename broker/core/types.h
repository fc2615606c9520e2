// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/strong_type.h"
#include "store/types.h"

namespace petrel::core {

// Events of the log and deliveries name topics, groups and clients by these instead of names. An id
// is never given again: a topic's and a group's is the config version at which it was made, a
// client's comes from a counter of its own. Above 0; 0 means none.
using TopicId = StrongInt<struct TopicIdTag, int64_t>;
using GroupId = StrongInt<struct GroupIdTag, int64_t>;
using ClientId = StrongInt<struct ClientIdTag, int64_t>;

// How a request, or one of its items, went. Each front end maps all of them to its protocol in one
// exhaustive switch.
enum class OutcomeCode {
  kOk,
  kTopicNotFound,
  kGroupNotFound,
  kMessageTypeConflict,   // the topic does not accept messages of this type
  kNoWritableQueue,       // the topic's permission or queue count does not allow sending
  kNoReadableQueue,       // likewise receiving, or consumption is disabled for the group
  kNoMessage,             // nothing arrived while waiting
  kInvalidReceiptHandle,  // of no delivery that is in flight: expired, acknowledged, or never given
  kInvalidArgument,
  kTooLarge,    // would not be taken later either
  kOverloaded,  // a bounded queue is full, or the disk does not keep up: try again later
  kDiskFull,
  kCancelled,
  kStoreFailed,  // a write or sync failed; the broker is stopping
  kUnsupported,
  kFlushDiskTimeout,      // appended, and perhaps not durable: the sync took too long
  kFlushReplicaTimeout,   // likewise, as replicas took too long
  kReplicasNotAvailable,  // not enough replicas are there to promise what is asked for
  kNotServing,            // no engine serves just now: try again soon
  kForbidden,             // the principal may not
  kShuttingDown,
};

struct Outcome {
  OutcomeCode code = OutcomeCode::kOk;
  std::string text;  // for people; empty when ok
  bool ok() const { return code == OutcomeCode::kOk; }
};

// Numbers of apache.rocketmq.v2.MessageType.
enum class MessageType : int32_t {
  kUnspecified = 0,
  kNormal = 1,
  kFifo = 2,
  kDelay = 3,
  kTransaction = 4
};

namespace permission {
inline constexpr int32_t kRead = 4;
inline constexpr int32_t kWrite = 2;
}  // namespace permission

inline constexpr int32_t kQueuesPerTopicMax = 1024;
// Of a topic's own retention.
inline constexpr int64_t kRetentionMsMin = 1'000;
inline constexpr int64_t kRetentionMsMax = int64_t{10} * 365 * 24 * 3'600'000;

struct TopicConfig {
  std::string name;
  int32_t read_queues = 0;
  int32_t write_queues = 0;
  int32_t permission = 0;
  MessageType message_type = MessageType::kUnspecified;
  // Older messages are deleted, though the log keeps their bytes as long as others'. 0: when the
  // log deletes them, which a longer time does not change.
  int64_t retention_ms = 0;
  int64_t version = 0;      // config_version of the last change
  int64_t incarnation = 0;  // tells it from an earlier topic of the same name: its TopicId

  // Same in all that a user can set.
  bool same_settings(const TopicConfig& o) const {
    return read_queues == o.read_queues && write_queues == o.write_queues &&
           permission == o.permission && message_type == o.message_type &&
           retention_ms == o.retention_ms;
  }
};

// Where a group begins in a queue that it has not begun (queue_begins.h).
enum class ConsumeFrom : int32_t {
  // Nobody has said: with the first message while none is deleted yet, else with what comes.
  kUndeclared = 0,
  kFirst = 1,  // the first message that there is
  kLast = 2,   // what was sent from the declaration on
  kTime = 3,   // the first message stored at a time or later, at most from the declaration on
};

// The first delivery and 16 more, as RocketMQ.
inline constexpr int32_t kAttemptsMaxDefault = 17;
inline constexpr int32_t kAttemptsMaxMost = 10'000;

struct GroupConfig {
  std::string name;
  bool consume_enabled = true;
  // Deliveries of a message before it moves to the dead letter queue; 0: kAttemptsMaxDefault.
  int32_t attempts_max = 0;
  std::vector<int64_t>
      backoff_ms;  // before redelivery n; the last repeats; empty: RocketMQ's ladder
  ConsumeFrom consume_from = ConsumeFrom::kUndeclared;
  int64_t consume_from_ms = 0;      // with kTime: Unix time
  store::LogOffset declared_at{0};  // the log's end when consume_from was declared as it is
  int64_t version = 0;
  int64_t incarnation = 0;  // tells it from an earlier group of the same name: its GroupId

  bool same_settings(const GroupConfig& o) const {
    return consume_enabled == o.consume_enabled && deliveries_max() == o.deliveries_max() &&
           backoff_ms == o.backoff_ms && same_begin(o);
  }
  int32_t deliveries_max() const { return attempts_max == 0 ? kAttemptsMaxDefault : attempts_max; }
  bool same_begin(const GroupConfig& o) const {
    return consume_from == o.consume_from && consume_from_ms == o.consume_from_ms;
  }
};

// One delivery of one message. The wire text is a front end's business.
struct ReceiptHandle {
  int32_t queue_id = 0;
  store::QueueOffset queue_offset{0};
  store::LogOffset log_offset{0};
  int64_t delivery_id = 0;  // wall clock ms at delivery, strictly growing in each queue of a group
  int64_t invisible_ms = 0;
};

}  // namespace petrel::core
