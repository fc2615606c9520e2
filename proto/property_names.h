// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// Names of the properties of a stored message in which RocketMQ keeps what clients say of it beside
// the body. Pure; any thread.
namespace petrel::property {

inline constexpr std::string_view kTag = "TAGS";
inline constexpr std::string_view kKeys = "KEYS";
inline constexpr std::string_view kKeySeparator = " ";
inline constexpr std::string_view kMessageId = "UNIQ_KEY";
inline constexpr std::string_view kBornHost = "__BORNHOST";
inline constexpr std::string_view kBornTimestamp = "BORN_TIMESTAMP";
inline constexpr std::string_view kProducerGroup = "PGROUP";
inline constexpr std::string_view kTraceContext = "TRACE_CONTEXT";
inline constexpr std::string_view kDeadLetterTopic = "DLQ_ORIGIN_TOPIC";
inline constexpr std::string_view kDeadLetterMessageId = "DLQ_ORIGIN_MESSAGE_ID";
// Of the whole record; the store writes and checks it.
inline constexpr std::string_view kChecksum = "__CRC32#";

// Of the broker's own properties, as where a dead letter came from.
inline constexpr std::string_view kOwnPrefix = "__PETREL_";

// RocketMQ's 54 reserved names and the broker's own: users may not set them, and do not see them
// among their own.
bool is_reserved(std::string_view name);

}  // namespace petrel::property
