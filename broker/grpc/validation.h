// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "apache/rocketmq/v2/definition.pb.h"
#include "broker/core/message_filter.h"
#include "broker/core/types.h"
#include "broker/grpc/status_map.h"

// What clients may ask, with the limits and codes of RocketMQ's proxy. Pure functions.
namespace petrel::grpcfront {

inline constexpr int kUserPropertiesMax = 128;
inline constexpr size_t kPropertyBytesMax = 16384;
inline constexpr size_t kMessageGroupBytesMax = 63;
inline constexpr int64_t kInvisibleMsMax = 12 * 3600 * 1000;
inline constexpr int64_t kReceiveInvisibleMsMin = 10'000;
inline constexpr int32_t kReceiveBatchMax = 32;
inline constexpr int64_t kPollMsMin = 5'000;
inline constexpr int64_t kPollMsMax = 20'000;

// Names with their namespace joined.
Verdict check_topic(std::string_view full_name);
Verdict check_group(std::string_view full_name);

// Body, properties, tag, keys, id and group of one message. Not its topic.
Verdict check_message(const rmq::Message& message, int64_t body_bytes_max);

// The type that the message's properties make it; a message that says another one is in conflict,
// and so is one with properties of two types.
Verdict derive_message_type(const rmq::SystemProperties& properties, core::MessageType* type);

// Null for everything.
Verdict parse_filter(const rmq::FilterExpression& expression,
                     std::shared_ptr<const core::MessageFilter>* filter);

Verdict check_invisible_ms(int64_t invisible_ms, int64_t min_ms);

// How long a receive may wait for its first message.
struct PollTimes {
  int64_t asked_ms = -1;               // long_polling_timeout; -1: not given
  int64_t remaining_ms = -1;           // until the call's deadline; -1: none
  int64_t request_timeout_ms = 3'000;  // from the client's settings
};
// Asked for, or else what the deadline leaves after half a request timeout; between kPollMsMin and
// kPollMsMax, and never past the deadline. `illegal` is the code to refuse with, which depends on
// the age of the client.
Verdict choose_poll_ms(const PollTimes& times, rmq::Code illegal, int64_t* poll_ms);
// ILLEGAL_POLLING_TIME for clients from 5.0.3 on, BAD_REQUEST for older ones, which do not know it.
rmq::Code illegal_polling_code(std::string_view client_version);

int64_t to_ms(const google::protobuf::Duration& duration);

}  // namespace petrel::grpcfront
