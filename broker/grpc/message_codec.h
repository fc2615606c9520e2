// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "apache/rocketmq/v2/definition.pb.h"
#include "broker/core/request.h"
#include "broker/grpc/status_map.h"
#include "store/log/record.h"

// Protocol messages to store records and back. Pure functions; run on I/O and reply threads.
namespace petrel::grpcfront {

// What a message in a request does not tell about itself.
struct SendOrigin {
  std::string_view topic;  // with its namespace
  store::HostAddress born_host;
  store::HostAddress store_host;
  int64_t now_ms = 0;  // stands in for a missing born_timestamp
};

// Encodes a message that check_message accepted; copies the body once. Fills record. Properties
// stand in a fixed order: the system's, then the user's sorted by name.
Verdict encode_message(const rmq::Message& message, const SendOrigin& origin,
                       core::SendRequest::Message* out);

// What a record does not tell about its delivery.
struct DeliveryTexts {
  const rmq::Resource& topic;  // as the client named it
  std::string receipt_handle;
  int32_t attempt = 1;
};

void decode_message(const store::RecordView& record, DeliveryTexts delivery, rmq::Message* out);

// Upper-case hexadecimal MD5, which clients check every body against.
std::string md5_hex(std::string_view body);

void set_timestamp_ms(int64_t ms, google::protobuf::Timestamp* timestamp);

}  // namespace petrel::grpcfront
