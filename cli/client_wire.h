// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "apache/rocketmq/v2/service.pb.h"
#include "cli/client.h"

// The client's values and the protocol's messages. Pure functions.

namespace petrel::cli {

namespace rmq = apache::rocketmq::v2;

// The server's sentence and the name of its code. OK for OK only.
absl::Status from_status(const rmq::Status& status);

// Fills everything but message_id.
void to_wire(const OutgoingMessage& message, const std::string& topic, int64_t now_ms,
             rmq::Message* wire);

// DataLoss when the body cannot be uncompressed.
absl::StatusOr<ReceivedMessage> from_wire(const rmq::Message& wire, const std::string& broker);

// The body that a GZIP one (gzip or zlib, as clients send) stands for, of at most bytes_max.
absl::StatusOr<std::string> uncompress(const std::string& body, size_t bytes_max);

// An id of RocketMQ 5's form: 34 hexadecimal digits, made of version, machine, process, time and
// number.
std::string make_message_id(uint64_t machine, int64_t now_ms, uint32_t number);

}  // namespace petrel::cli
